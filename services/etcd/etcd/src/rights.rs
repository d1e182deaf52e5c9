//! What a member needs once it runs, for the guard: its addresses, its files, and nobody to connect to.

use std::path::{Path, PathBuf};

use crypto::settings::{Mode, ReportTarget, Settings};
use kit_guard::{
    preflight::Need,
    rights::{Connect, Listen, PathRight, Rights},
};
use kit_http::listen::Address;
use kit_telemetry::ZapOutput;

use crate::{Config, config::TlsConfig, member::listen_addresses};

/// Returns what to leave the program. The crypto module must be installed: its report may be written once more.
#[must_use]
pub fn rights(config: &Config) -> Rights {
    let mut paths = vec![right(
        config.data_dir.clone(),
        Need::LockDirectory,
        "--data-dir",
    )];
    if !config.wal_dir.as_os_str().is_empty() {
        paths.push(right(
            config.wal_dir.clone(),
            Need::LockDirectory,
            "--wal-dir",
        ));
    }
    paths.extend(certificates(
        &config.client_tls,
        &[
            "--cert-file",
            "--key-file",
            "--trusted-ca-file",
            "--client-crl-file",
        ],
    ));
    let peer = [
        "--peer-cert-file",
        "--peer-key-file",
        "--peer-trusted-ca-file",
        "--peer-crl-file",
    ];
    paths.extend(certificates(&config.peer_tls, &peer));
    paths.extend(config.log.outputs.iter().filter_map(log_file));
    for key in crate::auth_token::key_files(&config.auth.token) {
        paths.push(right(key, Need::PrivateFile, "--auth-token"));
    }
    if let ReportTarget::File(path) = Settings::current().report {
        paths.push(right(path, Need::WriteFile, "CRYPTO_REPORT"));
    }
    let addresses = listen_addresses(config);
    paths.extend(
        addresses
            .iter()
            .filter_map(|(_, address)| socket_folder(address)),
    );
    Rights {
        listen: addresses
            .into_iter()
            .map(|(_, address)| address.into_right())
            .collect::<Vec<Listen>>(),
        listen_origin: "--listen-client-urls",
        paths,
        // A member that is alone asks nobody.
        connect: Connect::Nobody,
        executes: false,
        rebinds_low_ports: false,
        is_fips: Mode::current().is_fips(),
        // What a member calls was not traced yet: no strict profile.
        system_calls: "",
    }
}

fn right(path: PathBuf, need: Need, origin: &'static str) -> PathRight {
    PathRight { path, need, origin }
}

fn certificates(tls: &TlsConfig, origins: &[&'static str; 4]) -> Vec<PathRight> {
    let [certificate, key, authorities, revoked] = *origins;
    let files = [
        (&tls.cert_file, Need::ReadFile, certificate),
        (&tls.key_file, Need::PrivateFile, key),
        (&tls.trusted_ca_file, Need::ReadFile, authorities),
        (&tls.crl_file, Need::ReadFile, revoked),
    ];
    let named = files
        .into_iter()
        .filter(|(path, ..)| !path.as_os_str().is_empty());
    named
        .map(|(path, need, origin)| right(path.clone(), need, origin))
        .collect()
}

fn log_file(output: &ZapOutput) -> Option<PathRight> {
    match output {
        ZapOutput::File(path) => Some(right(path.clone(), Need::WriteFile, "--log-outputs")),
        ZapOutput::Rotated(path, _) => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or_else(|| Path::new("."));
            Some(right(
                folder.to_owned(),
                Need::CreateDirectory,
                "--log-outputs",
            ))
        }
        ZapOutput::Stderr | ZapOutput::Stdout | ZapOutput::Journal => None,
    }
}

/// The path of a socket is removed at the end.
fn socket_folder(address: &Address) -> Option<PathRight> {
    let Address::Unix(path) = address else {
        return None;
    };
    Some(right(
        path.clone(),
        Need::ReplaceFile,
        "--listen-client-urls",
    ))
}
