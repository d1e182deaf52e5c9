//! Server configurations.

use std::sync::Arc;

use crate::{
    provider::ticket,
    settings::Settings,
    tls::{
        ClientAuth, Dialect, Identity, TlsError, TrustStore, Version,
        selection::{self, Wishes},
        verify::PeerVerifier,
    },
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
    wishes: Wishes,
    settings: Settings,
    client_auth: ClientAuth,
    client_ca: Option<TrustStore>,
    allowed_sans: Option<Vec<String>>,
    alpn: Vec<Vec<u8>>,
}

impl ServerConfigBuilder {
    /// Starts with Go's defaults: TLS 1.2 and 1.3, every suite and group allowed, no client certificates, no ALPN.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            wishes: Wishes::default(),
            settings: Settings::current(),
            client_auth: ClientAuth::default(),
            client_ca: None,
            allowed_sans: None,
            alpn: Vec::new(),
        }
    }

    /// Sets whose names and error texts the lists use (default: the toolkit's).
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.wishes.dialect = dialect;
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
        self.wishes.min = min;
        self.wishes.max = max;
        self
    }

    /// Sets the TLS 1.2 suites by Go's names (default and empty: all).
    #[must_use]
    pub fn cipher_suites(mut self, names: &[String]) -> Self {
        self.wishes.cipher_suites = names.to_vec();
        self
    }

    /// Sets the groups by the toolkit's names (default and empty: all).
    #[must_use]
    pub fn curves(mut self, names: &[String]) -> Self {
        self.wishes.curves = names.to_vec();
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
        let selection = selection::select(&self.settings, &self.wishes)?;
        let verifier = self.client_verifier()?;
        let builder = rustls::ServerConfig::builder_with_provider(selection.provider)
            .with_protocol_versions(&selection.versions)?;
        let mut config = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(Arc::new(verifier)),
            None => builder.with_no_client_auth(),
        }
        .with_cert_resolver(self.identity.for_server());
        config.alpn_protocols = self.alpn;
        config.require_ems = self.settings.mode().is_fips();
        // A configuration that is built anew has new keys, so no ticket survives a change of the trusted certificates.
        config.ticketer = ticket::rotating()?;
        Ok(Built {
            config: Arc::new(config),
            warnings: selection.warnings,
        })
    }

    fn client_verifier(&self) -> Result<Option<PeerVerifier>, TlsError> {
        let mode = self.client_auth;
        if mode == ClientAuth::NoClientCert {
            return if self.client_ca.is_some() {
                Err(TlsError::ClientCaWithoutPolicy)
            } else {
                Ok(None)
            };
        }
        let roots = mode
            .verifies()
            .then(|| self.client_ca.clone().unwrap_or_else(TrustStore::system));
        Ok(Some(PeerVerifier::of_clients(
            self.settings.mode(),
            roots,
            self.client_ca.as_ref(),
            mode.is_mandatory(),
            self.allowed_sans.clone(),
        )))
    }
}
