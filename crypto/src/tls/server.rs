//! Server configurations.

use std::sync::Arc;

use crate::{
    settings::Settings,
    tls::{ClientAuth, Dialect, Identity, TlsError, TrustStore, Version},
};

/// What a builder made: the configuration, and what an operator should hear about it.
#[derive(Clone, Debug)]
pub struct Built<T> {
    /// The finished configuration.
    pub config: Arc<T>,
    /// One line each: names dropped from the configured lists, versions raised.
    pub warnings: Vec<String>,
}

/// Builds a `rustls::ServerConfig` on our provider and policy.
#[derive(Clone, Debug)]
pub struct ServerConfigBuilder {
    identity: Identity,
    dialect: Dialect,
    settings: Settings,
    client_auth: ClientAuth,
    client_ca: Option<TrustStore>,
    allowed_sans: Option<Vec<String>>,
    versions: (Option<Version>, Option<Version>),
    cipher_suites: Vec<String>,
    curves: Vec<String>,
    alpn: Vec<Vec<u8>>,
}

impl ServerConfigBuilder {
    /// Starts with Go's defaults: TLS 1.2 and 1.3, every suite and group allowed, no client certificates, no ALPN.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            dialect: Dialect::default(),
            settings: Settings::current(),
            client_auth: ClientAuth::default(),
            client_ca: None,
            allowed_sans: None,
            versions: (None, None),
            cipher_suites: Vec::new(),
            curves: Vec::new(),
            alpn: Vec::new(),
        }
    }

    /// Sets whose names and error texts the lists use (default: the toolkit's).
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Sets what clients must present. Without a trust store a verifying mode trusts the system's certificates, as Go
    /// does.
    #[must_use]
    pub fn client_auth(mut self, mode: ClientAuth, ca: Option<TrustStore>) -> Self {
        self.client_auth = mode;
        self.client_ca = ca;
        self
    }

    /// Accepts only client certificates that carry one of these DNS names, e-mail addresses, IPs or URIs, exactly
    /// (default: any; an empty list accepts none, as upstream).
    #[must_use]
    pub fn allowed_sans(mut self, sans: Vec<String>) -> Self {
        self.allowed_sans = Some(sans);
        self
    }

    /// Sets the range of protocol versions (default: 1.2 to 1.3).
    #[must_use]
    pub fn versions(mut self, min: Option<Version>, max: Option<Version>) -> Self {
        self.versions = (min, max);
        self
    }

    /// Sets the TLS 1.2 suites by Go's names (default and empty: all).
    #[must_use]
    pub fn cipher_suites(mut self, names: &[String]) -> Self {
        self.cipher_suites = names.to_vec();
        self
    }

    /// Sets the groups by the toolkit's names (default and empty: all).
    #[must_use]
    pub fn curves(mut self, names: &[String]) -> Self {
        self.curves = names.to_vec();
        self
    }

    /// Sets the application protocols, best first (default: none).
    #[must_use]
    pub fn alpn(mut self, protocols: &[&[u8]]) -> Self {
        self.alpn = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        self
    }

    /// Uses these settings instead of the process's (for tests).
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Makes the configuration.
    ///
    /// # Errors
    /// [`TlsError`] with upstream's text for names it does not know, POL-004 to POL-006 when nothing usable is left.
    pub fn build(self) -> Result<Built<rustls::ServerConfig>, TlsError> {
        Err(TlsError::Rustls(rustls::Error::General(
            "server configurations are not built yet".to_owned(),
        )))
    }
}
