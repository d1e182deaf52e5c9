//! Client configurations.

use crate::{
    settings::Settings,
    tls::{Built, Dialect, Identity, TlsError, TrustStore, Version},
};

/// Builds a `rustls::ClientConfig` on our provider and policy.
#[derive(Clone, Debug)]
pub struct ClientConfigBuilder {
    roots: TrustStore,
    identity: Option<Identity>,
    dialect: Dialect,
    settings: Settings,
    versions: (Option<Version>, Option<Version>),
    cipher_suites: Vec<String>,
    curves: Vec<String>,
    alpn: Vec<Vec<u8>>,
    server_name: Option<String>,
    insecure_skip_verify: bool,
}

impl ClientConfigBuilder {
    /// Starts with Go's defaults: TLS 1.2 and 1.3, every suite and group allowed, no client certificate, no ALPN.
    #[must_use]
    pub fn new(roots: TrustStore) -> Self {
        Self {
            roots,
            identity: None,
            dialect: Dialect::default(),
            settings: Settings::current(),
            versions: (None, None),
            cipher_suites: Vec::new(),
            curves: Vec::new(),
            alpn: Vec::new(),
            server_name: None,
            insecure_skip_verify: false,
        }
    }

    /// Makes the configuration.
    ///
    /// # Errors
    /// As [`crate::tls::ServerConfigBuilder::build`].
    pub fn build(self) -> Result<Built<rustls::ClientConfig>, TlsError> {
        Err(TlsError::Rustls(rustls::Error::General(
            "client configurations are not built yet".to_owned(),
        )))
    }
}
