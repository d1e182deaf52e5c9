//! What the Pushgateway needs once it runs, for the guard: its addresses, its files, and nobody to connect to.

use crypto::settings::{Mode, ReportTarget, Settings};
use kit_guard::{
    preflight::Need,
    rights::{Connect, PathRight, Rights},
};
use kit_http::listen;

use crate::Config;

/// Returns what to leave the program. The crypto module must be installed: its report may be written once more.
#[must_use]
pub fn rights(config: &Config) -> Rights {
    let mut paths = Vec::new();
    if let Some(file) = &config.web_config {
        paths.extend(kit_http::web_config_rights(file));
    }
    if let Some(file) = &config.persistence.file {
        paths.push(PathRight {
            path: file.clone(),
            need: Need::ReplaceFile,
            origin: "--persistence.file",
        });
    }
    if let ReportTarget::File(path) = Settings::current().report {
        paths.push(PathRight {
            path,
            need: Need::WriteFile,
            origin: "CRYPTO_REPORT",
        });
    }
    Rights {
        listen: listen::rights(&config.listen_addresses, config.systemd_socket),
        listen_origin: "--web.listen-address",
        paths,
        connect: Connect::Nobody,
        executes: false,
        rebinds_low_ports: false,
        is_fips: Mode::current().is_fips(),
        system_calls: include_str!("system_calls.txt"),
    }
}
