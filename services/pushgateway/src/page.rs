//! Page.
use kit_http::Response;
use kit_telemetry::BuildInfo;
use crate::store::{clock::Moment, state::State};
pub(crate) struct View { pub(crate) prefix: String, pub(crate) admin_api: bool, pub(crate) build: BuildInfo, pub(crate) flags: Vec<(String, String)>, pub(crate) started: Moment, pub(crate) query: String }
pub(crate) fn render(_view: &View, _state: &State) -> Response { Response::default() }
pub(crate) fn asset(_path: &str) -> Response { Response::default() }
