//! The line every program logs once about its crypto.

use crypto::Report;
use tracing::info;

/// Logs which provider and module the process runs on.
pub fn log_crypto(report: &Report) {
    info!("{}", report.log_line());
}
