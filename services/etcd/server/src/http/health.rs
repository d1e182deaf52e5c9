//! Health: `/health`, and the checks of `/livez` and `/readyz`, each alone or together.
//!
//! Source: etcd v3.7 etcdserver/api/etcdhttp/health.go.

use bytes::Bytes;
use etcd_api::{
    Error,
    etcdserverpb::{AlarmType, RangeRequest},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use kit_http::{Body, Response, error_response};
use prost::Message as _;
use tokio::time::timeout;
use tracing::{error, warn};

use super::typed;
use crate::{call::Caller, front::Front, method::Method};

/// A check by its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Check {
    DataCorruption,
    SerializableRead,
    LinearizableRead,
    NonLearner,
}

impl Check {
    const LIVEZ: &[Self] = &[Self::SerializableRead];
    const READYZ: &[Self] = &[
        Self::DataCorruption,
        Self::SerializableRead,
        Self::LinearizableRead,
        Self::NonLearner,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::DataCorruption => "data_corruption",
            Self::SerializableRead => "serializable_read",
            Self::LinearizableRead => "linearizable_read",
            Self::NonLearner => "non_learner",
        }
    }

    /// Returns upstream's words for what is wrong.
    async fn run(self, front: &Front) -> Result<(), String> {
        match self {
            Self::SerializableRead => read(front, true).await,
            Self::LinearizableRead => read(front, false).await,
            Self::DataCorruption => {
                let corrupt = AlarmType::Corrupt as i32;
                match front.board().alarms().iter().any(|it| it.alarm == corrupt) {
                    true => Err("alarm activated: CORRUPT".to_owned()),
                    false => Ok(()),
                }
            }
            Self::NonLearner if front.board().is_learner() => {
                Err("not supported for learner".to_owned())
            }
            Self::NonLearner => Ok(()),
        }
    }
}

/// Returns the checks of a path, and what they are counted under.
fn checks(path: &str) -> Option<(&'static str, &'static [Check], bool)> {
    let rest = path.strip_prefix('/')?;
    let (group, name) = match rest.split_once('/') {
        Some((group, name)) => (group, Some(name)),
        None => (rest, None),
    };
    let (group, all) = match group {
        "livez" => ("livez", Check::LIVEZ),
        "readyz" => ("readyz", Check::READYZ),
        _ => return None,
    };
    let Some(name) = name else {
        return Some((group, all, true));
    };
    let index = all.iter().position(|check| check.name() == name)?;
    Some((group, &all[index..=index], false))
}

/// Says whether a path is about health.
pub(crate) fn is_path(path: &str) -> bool {
    path == "/health" || checks(path).is_some()
}

/// Answers a path for which [`is_path`] holds.
pub(crate) async fn answer(front: &Front, path: &str, query: &[(String, String)]) -> Response {
    let has = |name: &str| query.iter().any(|(it, _)| it == name);
    let excluded = |name: &str| {
        query
            .iter()
            .any(|(it, value)| it == "exclude" && value == name)
    };
    let Some((group, checks, is_root)) = checks(path) else {
        let serializable = query.iter().find(|(name, _)| name == "serializable");
        let is_serializable = serializable.is_some_and(|(_, value)| value == "true");
        return health(front, excluded, is_serializable).await;
    };
    let mut text = String::new();
    let mut is_good = true;
    for check in checks {
        let name = check.name();
        if is_root && excluded(name) {
            continue;
        }
        let outcome = check.run(front).await;
        let (line, status) = match &outcome {
            Ok(()) => (format!("[+]{name} ok\n"), "success"),
            Err(words) => (format!("[-]{name} failed: {words}\n"), "error"),
        };
        text.push_str(&line);
        is_good &= outcome.is_ok();
        let server = &front.metrics().server;
        let level = if outcome.is_ok() { 1.0 } else { 0.0 };
        server.healthcheck.with([group, name]).set(level);
        server
            .healthchecks_total
            .with([group, name, status])
            .increment();
    }
    if !is_good {
        error!(path, reason = text, "Health check error"); // upstream's text
        return error_response(StatusCode::SERVICE_UNAVAILABLE, &text);
    }
    if !has("verbose") {
        text.clear();
    }
    text.push_str("ok\n");
    let mut response = typed("text/plain; charset=utf-8", text);
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// Answers `/health`.
async fn health(front: &Front, excluded: impl Fn(&str) -> bool, is_serializable: bool) -> Response {
    let reason = ailment(front, excluded, is_serializable).await;
    let server = &front.metrics().server;
    let Some(reason) = reason else {
        server.health_success.increment();
        let body = Body::from(r#"{"health":"true","reason":""}"#);
        let mut response = Response::new(body);
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        return response;
    };
    server.health_failures.increment();
    let output = serde_json::json!({"health": "false", "reason": reason}).to_string();
    warn!(output, "status-code" = 503, "/health error"); // upstream's text
    error_response(StatusCode::SERVICE_UNAVAILABLE, &output)
}

/// Returns upstream's words for what is wrong; none if nothing is.
async fn ailment(
    front: &Front,
    excluded: impl Fn(&str) -> bool,
    is_serializable: bool,
) -> Option<String> {
    for alarm in front.board().alarms() {
        let name = AlarmType::try_from(alarm.alarm).map_or("UNKNOWN", |it| it.as_str_name());
        if excluded(name) {
            continue;
        }
        let name = if name == "NONE" { "UNKNOWN" } else { name };
        return Some(format!("ALARM {name}"));
    }
    if !is_serializable && !front.board().has_leader() {
        return Some("RAFT NO LEADER".to_owned());
    }
    let error = read(front, is_serializable).await.err()?;
    Some(format!("RANGE ERROR:{error}"))
}

/// Reads one key as the member itself, whichever it is.
async fn read(front: &Front, serializable: bool) -> Result<(), String> {
    let request = RangeRequest {
        // Upstream's health check asks for no key at all, past the check that a key is there; the first key of all is as good.
        key: Bytes::from_static(b"\0"),
        limit: 1,
        keys_only: true,
        serializable,
        ..RangeRequest::default()
    };
    let message = request.encode_to_vec().into();
    let answer = front.ask(Method::Range, message, Caller::internal());
    match timeout(front.config().request_timeout, answer).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(status)) => Err(status.message().to_owned()),
        Err(_) => Err(Error::Timeout.text().to_owned()),
    }
}
