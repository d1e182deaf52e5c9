//! Which sockets there are, and what each is for.
//!
//! Source: etcd v3.7 server/embed/etcd.go `configurePeerListeners`, `configureClientListeners`, `serveMetrics`.

use std::{ffi::OsString, fs, os::unix::ffi::OsStringExt as _, path::PathBuf};

use etcd_server::Traffic;
use kit_cli::value::Url;
use kit_http::{
    TlsFiles,
    listen::{self, Address, Listener},
};
use tracing::{error, info, warn};

use super::{MemberError, certificates::Certificates};
use crate::{Config, config::TlsConfig};

/// Why addresses cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// TLS without a certificate.
    #[error(
        "TLS key/cert (--cert-file, --key-file) must be provided for client url {0} with HTTPS scheme"
    )] // upstream's text
    NoCertificate(String),
    /// The same, for metrics.
    #[error(
        "client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url"
    )] // upstream's text
    NoCertificateForMetrics,
    /// The same, for peers.
    #[error("cannot listen on TLS for {0}: KeyFile and CertFile are not presented")]
    // upstream's text
    NoCertificateForPeers(String),
    /// One address for both.
    #[error(
        "cannot bind both --listen-client-urls and --listen-client-http-urls on the same url {0}"
    )] // upstream's text
    Both(String),
}

/// A socket that nobody accepts from yet.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) listener: Listener,
    /// `host:port` or a path, as bound.
    pub(super) address: String,
    /// As written.
    pub(super) url: String,
    pub(super) tls: Option<TlsFiles>,
    pub(super) traffic: Traffic,
    /// In the file system.
    pub(super) path: Option<SocketPath>,
}

/// The path of a socket, which is removed once nobody listens on it.
#[derive(Debug)]
pub(super) struct SocketPath(PathBuf);

impl Drop for SocketPath {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = fs::remove_file(&self.0);
    }
}

/// What the URLs of a flag are for.
struct Group<'a> {
    urls: &'a [Url],
    traffic: Traffic,
    flag: &'static str,
}

fn groups(config: &Config) -> [Group<'_>; 4] {
    let addresses = &config.addresses;
    let client = match addresses.listen_client_http.is_empty() {
        true => Traffic::All,
        false => Traffic::Grpc,
    };
    let group = |urls, traffic, flag| Group {
        urls,
        traffic,
        flag,
    };
    [
        group(&addresses.listen_peer, Traffic::Peers, "--listen-peer-urls"),
        group(&addresses.listen_client, client, "--listen-client-urls"),
        group(
            &addresses.listen_client_http,
            Traffic::Http,
            "--listen-client-http-urls",
        ),
        group(
            &addresses.listen_metrics,
            Traffic::Metrics,
            "--listen-metrics-urls",
        ),
    ]
}

/// Returns every address that [`open`] binds, with its flag, in this order.
#[must_use]
pub fn listen_addresses(config: &Config) -> Vec<(&'static str, Address)> {
    let of = |group: Group<'_>| {
        let mut addresses: Vec<_> = group
            .urls
            .iter()
            .map(|url| (group.flag, address(config, url)))
            .collect();
        // An address that is written twice is bound once, as upstream has it for clients.
        if group.traffic != Traffic::Peers {
            let mut seen = Vec::new();
            addresses.retain(|it| {
                !seen.contains(it) && {
                    seen.push(it.clone());
                    true
                }
            });
        }
        addresses
    };
    groups(config).into_iter().flat_map(of).collect()
}

/// Opens all of them.
pub(super) fn open(
    config: &Config,
    certificates: &Certificates,
) -> Result<Vec<Socket>, MemberError> {
    let addresses = &config.addresses;
    let mut sockets = Vec::new();
    if addresses.reuse_address || addresses.reuse_port {
        info!(
            "reuse-address" = addresses.reuse_address,
            "reuse-port" = addresses.reuse_port,
            "configuring socket options" // upstream's text
        );
    }
    let [peers, rest @ ..] = groups(config);
    info!("listen-peer-urls" = ?kit_telemetry::json(&super::texts(peers.urls)), "configuring peer listeners"); // upstream's text
    certificates.tell_of_peers(config);
    for url in peers.urls {
        warn_of_peer(config, url);
        let opened = socket(config, url, &peers, certificates.peer.as_ref());
        sockets.push(opened.inspect_err(|cause| {
            error!(error = cause.to_string(), "creating peer listener failed"); // upstream's text
        })?);
    }
    info!("listen-client-urls" = ?kit_telemetry::json(&super::texts(&addresses.listen_client)), "configuring client listeners"); // upstream's text
    for url in addresses
        .listen_client
        .iter()
        .chain(&addresses.listen_client_http)
    {
        check_client(config, url, certificates.client.is_some())?;
    }
    let shared = |url: &&Url| {
        addresses
            .listen_client
            .iter()
            .any(|other| address(config, other) == address(config, url))
    };
    if let Some(url) = addresses.listen_client_http.iter().find(shared) {
        return Err(AddressError::Both(url.to_string()).into());
    }
    for group in rest {
        for (index, url) in group.urls.iter().enumerate() {
            if group.traffic == Traffic::Metrics && is_secure(url) && certificates.client.is_none()
            {
                return Err(AddressError::NoCertificateForMetrics.into());
            }
            let is_known = group.urls[..index]
                .iter()
                .any(|other| address(config, other) == address(config, url));
            if !is_known {
                sockets.push(socket(config, url, &group, certificates.client.as_ref())?);
            }
        }
    }
    Ok(sockets)
}

fn warn_of_peer(config: &Config, url: &Url) {
    if url.scheme() != "http" {
        return;
    }
    let url = url.to_string();
    if has_certificates(&config.peer_tls) {
        warn!(
            "peer-url" = url,
            "scheme is HTTP while key and cert files are present; ignoring key and cert files"
        ); // upstream's text
    }
    if config.peer_tls.client_cert_auth {
        warn!(
            "peer-url" = url,
            "scheme is HTTP while --peer-client-cert-auth is enabled; ignoring client cert auth for this URL"
        ); // upstream's text
    }
}

fn check_client(config: &Config, url: &Url, has_tls: bool) -> Result<(), AddressError> {
    if is_secure(url) {
        return match has_tls {
            true => Ok(()),
            false => Err(AddressError::NoCertificate(url.to_string())),
        };
    }
    let url = url.to_string();
    if has_tls {
        warn!(
            "client-url" = url,
            "scheme is http or unix while key and cert files are present; ignoring key and cert files"
        ); // upstream's text
    }
    if config.client_tls.client_cert_auth {
        warn!(
            "client-url" = url,
            "scheme is http or unix while --client-cert-auth is enabled; ignoring client cert auth for this URL"
        ); // upstream's text
    }
    Ok(())
}

fn has_certificates(tls: &TlsConfig) -> bool {
    tls.auto || !tls.is_empty()
}

fn is_secure(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "unixs")
}

/// Returns what a URL means as an address. In `unix://name` the name is a path, too.
fn address(config: &Config, url: &Url) -> Address {
    if matches!(url.scheme(), "unix" | "unixs") {
        let path = [url.host(), url.path()].concat();
        return Address::Unix(OsString::from_vec(path).into());
    }
    let host = String::from_utf8_lossy(url.host()).into_owned();
    match config.addresses.reuse_port {
        true => Address::SharedTcp(host),
        false => Address::Tcp(host),
    }
}

fn socket(
    config: &Config,
    url: &Url,
    group: &Group<'_>,
    tls: Option<&TlsFiles>,
) -> Result<Socket, MemberError> {
    let tls = tls.filter(|_| is_secure(url)).cloned();
    if is_secure(url) && tls.is_none() {
        let host = String::from_utf8_lossy(url.host()).into_owned();
        return Err(AddressError::NoCertificateForPeers(host).into());
    }
    let address = address(config, url);
    let listener = listen::bind(&address, group.flag)?;
    let path = match address {
        Address::Unix(path) if !path.as_os_str().as_encoded_bytes().starts_with(b"@") => {
            Some(SocketPath(path))
        }
        _ => None,
    };
    Ok(Socket {
        address: listener.shown(),
        listener,
        url: url.to_string(),
        tls,
        traffic: group.traffic,
        path,
    })
}
