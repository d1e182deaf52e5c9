//! The certificates towards clients and peers, given or made.
//!
//! Source: etcd v3.7 server/embed/config.go `ClientSelfCert`, `PeerSelfCert`; client/pkg/transport/listener.go.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use crypto::{
    sign::{KeyError, KeyKind, PrivateKey},
    tls::{AllowedClients, ClientAuth, Dialect, TlsError, reload::ServerFiles},
    x509::{Builder, KeyUsage, Purpose, X509Error},
};
use kit_cli::value::{Url, split_host_port};
use kit_http::TlsFiles;
use kit_telemetry::json;
use tracing::{info, warn};

use crate::{Config, config::TlsConfig};

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The files do not make a configuration.
    #[error(transparent)]
    Files(#[from] TlsError),
    /// Two lists of which one is the limit.
    #[error(
        "AllowedCNs and AllowedHostnames are mutually exclusive (cns={cns:?}, hostnames={hostnames:?})"
    )] // upstream's text
    BothLists {
        /// Common names.
        cns: Vec<String>,
        /// Host names.
        hostnames: Vec<String>,
    },
    /// No key could be made.
    #[error("make a key")]
    Key(#[from] KeyError),
    /// No certificate could be made.
    #[error("make a certificate")]
    Certificate(#[from] X509Error),
    /// What was made cannot be kept.
    #[error("write {}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// What TLS there is, following its files.
#[derive(Debug)]
pub(super) struct Certificates {
    /// Towards clients; none without certificates.
    pub(super) client: Option<TlsFiles>,
    /// Towards peers; none without certificates.
    pub(super) peer: Option<TlsFiles>,
}

/// Towards whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Client,
    Peer,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Peer => "peer",
        }
    }

    /// Returns the protocols offered. Peers speak HTTP/1.1 among themselves.
    const fn protocols(self) -> &'static [&'static [u8]] {
        match self {
            Self::Client => &[b"h2", b"http/1.1"],
            Self::Peer => &[b"http/1.1"],
        }
    }
}

impl Certificates {
    /// Reads or makes them.
    pub(super) fn open(config: &Config) -> Result<Self, CertificateError> {
        let addresses = &config.addresses;
        let client: Vec<&Url> = addresses
            .listen_client
            .iter()
            .chain(&addresses.listen_client_http)
            .collect();
        Ok(Self {
            peer: open(
                config,
                Side::Peer,
                &config.peer_tls,
                &addresses.listen_peer.iter().collect::<Vec<_>>(),
            )?,
            client: open(config, Side::Client, &config.client_tls, &client)?,
        })
    }

    /// Tells how peers are served.
    pub(super) fn tell_of_peers(&self, config: &Config) {
        if self.peer.is_some() {
            tell("starting with peer TLS", &config.peer_tls, config); // upstream's text
        }
    }

    /// Tells how clients are served.
    pub(super) fn tell_of_clients(&self, config: &Config) {
        if self.client.is_some() {
            tell("starting with client TLS", &config.client_tls, config); // upstream's text
        }
    }
}

fn tell(text: &str, tls: &TlsConfig, config: &Config) {
    let info = format!(
        "cert = {}, key = {}, client-cert={}, client-key={}, trusted-ca = {}, client-cert-auth = {}, crl-file = {}",
        tls.cert_file.display(),
        tls.key_file.display(),
        tls.client_cert_file.display(),
        tls.client_key_file.display(),
        tls.trusted_ca_file.display(),
        tls.client_cert_auth,
        tls.crl_file.display(),
    );
    info!("tls-info" = info, "cipher-suites" = ?json(&config.tls.cipher_suites), "{text}");
}

fn open(
    config: &Config,
    side: Side,
    tls: &TlsConfig,
    urls: &[&Url],
) -> Result<Option<TlsFiles>, CertificateError> {
    let mut tls = tls.clone();
    if tls.auto && !tls.is_empty() {
        match side {
            Side::Client => warn!("ignoring client auto TLS since certs given"), // upstream's text
            Side::Peer => warn!("ignoring peer auto TLS since certs given"),     // upstream's text
        }
    } else if tls.auto {
        let folder = config.data_dir.join("fixtures").join(side.name());
        let hosts = urls.iter().filter_map(|url| split_host_port(url.host()));
        let hosts = hosts.map(|(host, _)| String::from_utf8_lossy(host).into_owned());
        let (certificate, key) = self_signed(
            &folder,
            &hosts.collect::<Vec<_>>(),
            config.tls.self_signed_years,
        )?;
        tls.cert_file = certificate;
        tls.key_file = key;
    }
    if tls.is_empty() {
        return Ok(None);
    }
    follow(config, side, &tls).map(Some)
}

fn follow(config: &Config, side: Side, tls: &TlsConfig) -> Result<TlsFiles, CertificateError> {
    let allowed = allowed(tls)?;
    let asks = tls.client_cert_auth || !tls.trusted_ca_file.as_os_str().is_empty();
    let auth = match asks {
        true => ClientAuth::RequireAndVerifyClientCert,
        false => ClientAuth::NoClientCert,
    };
    let given = |path: &PathBuf| Some(path.clone()).filter(|path| !path.as_os_str().is_empty());
    let revoked = given(&tls.crl_file);
    let files = ServerFiles {
        certificate: tls.cert_file.clone(),
        key: tls.key_file.clone(),
        client_ca: given(&tls.trusted_ca_file),
    };
    let rules = config.tls.clone();
    let watched = files.watch(auth, move |builder| {
        let builder = builder
            .dialect(Dialect::Etcd)
            .alpn(side.protocols())
            .versions(rules.version_min, rules.version_max)
            .cipher_suites(&rules.cipher_suites)
            .allowed_clients(allowed.clone());
        match &revoked {
            Some(path) => builder.revocation_list(path.clone()),
            None => builder,
        }
    })?;
    Ok(Arc::new(watched))
}

fn allowed(tls: &TlsConfig) -> Result<AllowedClients, CertificateError> {
    match (tls.allowed_cn.is_empty(), tls.allowed_hostname.is_empty()) {
        (true, true) => Ok(AllowedClients::Any),
        (false, true) => Ok(AllowedClients::CommonNames(tls.allowed_cn.clone())),
        (true, false) => Ok(AllowedClients::HostNames(tls.allowed_hostname.clone())),
        (false, false) => Err(CertificateError::BothLists {
            cns: tls.allowed_cn.clone(),
            hostnames: tls.allowed_hostname.clone(),
        }),
    }
}

/// Makes a certificate and its key, unless both are there. Upstream's keys are on P-521, which ring does not have.
///
/// Source: etcd client/pkg/transport/listener.go `SelfCert`.
fn self_signed(
    folder: &Path,
    hosts: &[String],
    years: u64,
) -> Result<(PathBuf, PathBuf), CertificateError> {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    if certificate.exists() && key.exists() {
        return Ok((certificate, key));
    }
    let kind = if cfg!(feature = "ring") {
        KeyKind::P256
    } else {
        KeyKind::P521
    };
    let made = PrivateKey::generate(kind)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let until = now.saturating_add(years.saturating_mul(365 * 24 * 3600));
    let mut builder = Builder::new(now, until)
        .organization("etcd")
        .authority()
        .usage(&[
            KeyUsage::KeyEncipherment,
            KeyUsage::DigitalSignature,
            KeyUsage::CertSign,
        ])
        .purpose(&[Purpose::ServerAuth]);
    for host in hosts {
        builder = builder.name(host);
    }
    let signed = builder.self_signed(&made)?;
    let text = made.to_sec1_pem().unwrap_or_else(|| made.to_pkcs8_pem());
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::Write { path, source }
    };
    let mut folders = fs::DirBuilder::new();
    folders
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed(folder))?;
    write(&certificate, signed.to_pem().as_bytes()).map_err(failed(&certificate))?;
    write(&key, text.as_bytes()).map_err(failed(&key))?;
    info!(path = %certificate.display(), "created cert file"); // upstream's text
    info!(path = %key.display(), "created key file"); // upstream's text
    Ok((certificate, key))
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)
}
