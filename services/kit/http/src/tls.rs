//! The TLS part of the web configuration at work: one configuration for each state of its files, and the handshake.
//!
//! What TLS may offer, and how certificates are loaded and verified, is crypto's.
//!
//! Source: exporter-toolkit web/tls_config.go `ConfigToTLSConfig`; Go net/http server.go `conn.serve`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crypto::tls::{
    AllowedClients, Built, Identity, IdentityError, ServerConfigBuilder, TlsError, TrustStore,
    http2_cipher_check, reload::Watched,
};
use parking_lot::Mutex;
use tokio_rustls::rustls::ServerConfig;
use tracing::warn;

use crate::web_config::{ConfigFile, Document, TlsSection, WebConfigError, go_io_text};

pub(crate) mod handshake;
pub(crate) mod replay;

/// Why there is no TLS configuration. The texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// The web configuration is broken.
    #[error(transparent)]
    WebConfig(#[from] WebConfigError),
    /// The TLS part was there at start and is gone.
    #[error("TLS config is not present")] // upstream's text
    Gone,
    /// No certificate is configured.
    #[error("missing one of cert or cert_file")] // upstream's text
    NoCertificate,
    /// No key is configured.
    #[error("missing one of key or key_file")] // upstream's text
    NoKey,
    /// The certificate's or the key's file cannot be read.
    #[error("failed to read {key} ({}): {}", .path.display(), go_io_text(.path, .reason))]
    // upstream's text
    ReadIdentity {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What happened; part of the text, as upstream.
        reason: io::Error,
    },
    /// The certificate and the key do not load.
    #[error("failed to load X509KeyPair")] // upstream's text
    Identity(#[source] IdentityError),
    /// The file of the client authorities cannot be read.
    #[error("{}", go_io_text(.path, .reason))] // Go's text
    ReadClientCa {
        /// The file.
        path: PathBuf,
        /// What happened; part of the text, as upstream.
        reason: io::Error,
    },
    /// Refused by crypto: unknown names, nothing left to offer, policy.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Where each handshake gets its configuration from.
#[derive(Debug)]
pub(crate) enum Tls {
    /// The web configuration and the files it names.
    Web(WebTls),
    /// What the service has made.
    Made(TlsFiles),
}

impl Tls {
    /// Returns the configuration for the files as they are now.
    ///
    /// # Errors
    /// [`TlsSetupError`] as long as they are broken.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, TlsSetupError> {
        match self {
            Self::Web(web) => web.config(),
            Self::Made(files) => Ok(files.get()?.config.clone()),
        }
    }
}

/// A TLS configuration that follows its files. Listeners may share one.
pub type TlsFiles = Arc<Watched<Built<ServerConfig>, TlsError>>;

/// Gives each handshake the configuration for the files of the web configuration as they are then.
#[derive(Debug)]
pub(crate) struct WebTls {
    file: Arc<ConfigFile>,
    /// Whether h2 is offered; fixed at start, as upstream.
    http2: bool,
    current: Mutex<Current>,
}

/// The TLS part last seen, and its files followed.
#[derive(Debug)]
struct Current {
    document: Arc<Document>,
    watched: Watched<Built<ServerConfig>, TlsSetupError>,
}

impl WebTls {
    /// Makes the first configuration; none when the file has no TLS part.
    ///
    /// # Errors
    /// [`TlsSetupError`] when it has a part that does not work.
    pub(crate) fn new(
        file: Arc<ConfigFile>,
        document: &Arc<Document>,
    ) -> Result<Option<Self>, TlsSetupError> {
        if !document.tls.is_present() {
            return Ok(None);
        }
        let http2 = document.http2;
        let watched = watch(&file, document, http2)?;
        for warning in &watched.get()?.warnings {
            warn!("{warning}");
        }
        let current = Mutex::new(Current {
            document: document.clone(),
            watched,
        });
        Ok(Some(Self {
            file,
            http2,
            current,
        }))
    }

    /// Says whether h2 is offered.
    pub(crate) fn http2(&self) -> bool {
        self.http2
    }

    /// Refuses what Go's HTTP/2 refuses to start with.
    ///
    /// # Errors
    /// [`TlsError::Http2Cipher`].
    pub(crate) fn check_http2(&self) -> Result<(), TlsSetupError> {
        if self.http2 {
            http2_cipher_check(&self.current.lock().document.tls.cipher_suites)?;
        }
        Ok(())
    }

    /// Returns the configuration for the files as they are now.
    ///
    /// # Errors
    /// [`TlsSetupError`] as long as they are broken.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, TlsSetupError> {
        let document = self.file.current()?;
        if !document.tls.is_present() {
            return Err(TlsSetupError::Gone);
        }
        let mut current = self.current.lock();
        if !Arc::ptr_eq(&current.document, &document) {
            let watched = watch(&self.file, &document, self.http2)?;
            *current = Current { document, watched };
        }
        Ok(current.watched.get()?.config.clone())
    }
}

impl TlsSection {
    /// Says whether any of the keys that make TLS wanted is set.
    fn is_present(&self) -> bool {
        [
            &self.cert_file,
            &self.cert,
            &self.key_file,
            &self.key,
            &self.client_ca_file,
            &self.client_ca,
            &self.client_auth_type,
        ]
        .into_iter()
        .any(|value| !value.is_empty())
    }
}

/// Follows the files that a TLS part names.
fn watch(
    file: &ConfigFile,
    document: &Arc<Document>,
    http2: bool,
) -> Result<Watched<Built<ServerConfig>, TlsSetupError>, TlsSetupError> {
    let path = |name: &String| (!name.is_empty()).then(|| file.resolve(name));
    let tls = &document.tls;
    let files = Files {
        certificate: path(&tls.cert_file),
        key: path(&tls.key_file),
        client_ca: path(&tls.client_ca_file),
    };
    let all = [&files.certificate, &files.key, &files.client_ca];
    let paths = all.into_iter().flatten().cloned().collect();
    let document = document.clone();
    Watched::new(paths, move || build(&document.tls, &files, http2))
}

struct Files {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    client_ca: Option<PathBuf>,
}

/// Makes a configuration, checking in upstream's order.
fn build(
    tls: &TlsSection,
    files: &Files,
    http2: bool,
) -> Result<Built<ServerConfig>, TlsSetupError> {
    if tls.cert_file.is_empty() && tls.cert.is_empty() {
        return Err(TlsSetupError::NoCertificate);
    }
    if tls.key_file.is_empty() && tls.key.is_empty() {
        return Err(TlsSetupError::NoKey);
    }
    let certificate = file_or_inline("cert_file", files.certificate.as_deref(), &tls.cert)?;
    let key = file_or_inline("key_file", files.key.as_deref(), &tls.key)?;
    let identity = Identity::from_pem(&certificate, &key).map_err(TlsSetupError::Identity)?;
    let client_ca = client_ca(tls, files)?;
    let builder = ServerConfigBuilder::new(identity)
        .client_auth(tls.client_auth_type.parse()?, client_ca)
        .versions(tls.min_version, tls.max_version)
        .cipher_suites(&tls.cipher_suites)
        .curves(&tls.curve_preferences)
        .alpn(if http2 { &[b"h2", b"http/1.1"] } else { &[] });
    let builder = match &tls.client_allowed_sans {
        Some(sans) => builder.allowed_clients(AllowedClients::Sans(sans.clone())),
        None => builder,
    };
    Ok(builder.build()?)
}

fn file_or_inline(
    key: &'static str,
    path: Option<&Path>,
    inline: &str,
) -> Result<Vec<u8>, TlsSetupError> {
    let Some(path) = path else {
        return Ok(inline.as_bytes().to_vec());
    };
    fs::read(path).map_err(|reason| TlsSetupError::ReadIdentity {
        key,
        path: path.to_owned(),
        reason,
    })
}

fn client_ca(tls: &TlsSection, files: &Files) -> Result<Option<TrustStore>, TlsSetupError> {
    if let Some(path) = &files.client_ca {
        let pem = fs::read(path).map_err(|reason| TlsSetupError::ReadClientCa {
            path: path.clone(),
            reason,
        })?;
        return Ok(Some(TrustStore::from_pem(&pem)));
    }
    let inline = Some(&tls.client_ca).filter(|text| !text.is_empty());
    Ok(inline.map(|text| TrustStore::from_pem(text.as_bytes())))
}
