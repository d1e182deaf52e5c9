//! Being written.
use serde::Serialize;
/// A path of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PathEntry {
    path: String,
}
