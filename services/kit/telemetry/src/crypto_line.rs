//! The line every program logs once about its crypto.

use crypto::Report;
use tracing::info;

/// Logs which provider, mode and module the process runs on, and what the module's self-test found.
pub fn log_crypto(report: &Report) {
    info!(
        provider = report.provider(),
        mode = report.mode(),
        module = report.module_version(),
        certificate = report.certificate().unwrap_or("none"),
        self_test = report.self_test().summary(),
        "crypto"
    );
}
