//! Which sockets there are, and what each is for.
//!
//! Source: etcd v3.7 server/embed/etcd.go `configureClientListeners`, `serveMetrics`.

use etcd_server::Traffic;
use kit_cli::value::Url;
use kit_http::{
    TlsFiles,
    listen::{self, Address, ListenError, Listener},
};
use tracing::warn;

use super::MemberError;
use crate::Config;

/// Why addresses cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// TLS without a certificate.
    #[error(
        "TLS key/cert (--cert-file, --key-file) must be provided for client url {0} with HTTPS scheme"
    )] // upstream's text
    NoCertificate(String),
    /// One address for both.
    #[error(
        "cannot bind both --listen-client-urls and --listen-client-http-urls on the same url {0}"
    )] // upstream's text
    Both(String),
    /// A socket in the file system.
    #[error("this release does not listen on unix sockets: {0}")]
    Unix(String),
}

/// A socket that nobody accepts from yet.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) listener: Listener,
    /// `host:port`, as written.
    pub(super) address: String,
    pub(super) tls: Option<TlsFiles>,
    pub(super) traffic: Traffic,
}

/// Opens all of them.
pub(super) fn open(config: &Config, tls: Option<&TlsFiles>) -> Result<Vec<Socket>, MemberError> {
    let addresses = &config.addresses;
    for url in addresses
        .listen_client
        .iter()
        .chain(&addresses.listen_client_http)
    {
        check_scheme(config, url, tls)?;
    }
    let client = match addresses.listen_client_http.is_empty() {
        true => Traffic::All,
        false => Traffic::Grpc,
    };
    let shared = |url: &&Url| {
        addresses
            .listen_client
            .iter()
            .any(|other| other.host() == url.host())
    };
    if let Some(url) = addresses.listen_client_http.iter().find(shared) {
        return Err(AddressError::Both(url.to_string()).into());
    }
    let groups = [
        (&addresses.listen_client, client, "--listen-client-urls"),
        (
            &addresses.listen_client_http,
            Traffic::Http,
            "--listen-client-http-urls",
        ),
        (
            &addresses.listen_metrics,
            Traffic::Metrics,
            "--listen-metrics-urls",
        ),
    ];
    let mut sockets = Vec::new();
    for (urls, traffic, flag) in groups {
        for url in urls {
            sockets.push(socket(url, traffic, flag, tls)?);
        }
    }
    Ok(sockets)
}

fn check_scheme(config: &Config, url: &Url, tls: Option<&TlsFiles>) -> Result<(), AddressError> {
    if matches!(url.scheme(), "unix" | "unixs") {
        return Err(AddressError::Unix(url.to_string()));
    }
    match (url.scheme(), tls) {
        ("https", None) => Err(AddressError::NoCertificate(url.to_string())),
        ("http", Some(_)) => {
            warn!(
                "client-url" = url.to_string(),
                "scheme is http or unix while key and cert files are present; ignoring key and cert files" // upstream's text
            );
            if config.client_tls.client_cert_auth {
                warn!(
                    "client-url" = url.to_string(),
                    "scheme is http or unix while --client-cert-auth is enabled; ignoring client cert auth for this URL" // upstream's text
                );
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn socket(
    url: &Url,
    traffic: Traffic,
    flag: &str,
    tls: Option<&TlsFiles>,
) -> Result<Socket, ListenError> {
    let address = String::from_utf8_lossy(url.host()).into_owned();
    Ok(Socket {
        listener: listen::bind(&Address::Tcp(address.clone()), flag)?,
        address,
        tls: tls.filter(|_| url.scheme() == "https").cloned(),
        traffic,
    })
}
