//! Client configurations.

use std::sync::Arc;

use rustls::client::Resumption;

use crate::{
    settings::Settings,
    tls::{
        Built, Dialect, Identity, TlsError, TrustStore, Version,
        selection::{self, Wishes},
        verify::{PeerVerifier, ServerNameCheck},
    },
};

/// Builds a `rustls::ClientConfig` on our provider and policy.
#[derive(Clone, Debug)]
pub struct ClientConfigBuilder {
    roots: TrustStore,
    identity: Option<Identity>,
    wishes: Wishes,
    settings: Settings,
    alpn: Vec<Vec<u8>>,
    server_name: ServerNameCheck,
    insecure_skip_verify: bool,
}

impl ClientConfigBuilder {
    /// Starts with Go's defaults: TLS 1.2 and 1.3, every suite and group allowed, no client certificate, no ALPN.
    /// Servers must chain to `roots`; see [`TrustStore::system`].
    #[must_use]
    pub fn new(roots: TrustStore) -> Self {
        Self {
            roots,
            identity: None,
            wishes: Wishes::default(),
            settings: Settings::current(),
            alpn: Vec::new(),
            server_name: ServerNameCheck::Requested,
            insecure_skip_verify: false,
        }
    }

    /// Sets the certificate shown to servers that ask for one (default: none).
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Sets whose names and error texts the lists use (default: the toolkit's).
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.wishes.dialect = dialect;
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

    /// Expects this name in the server's certificate, whatever the connection is opened to.
    #[must_use]
    pub fn server_name(mut self, name: &str) -> Self {
        self.server_name = ServerNameCheck::Override(name.to_owned());
        self
    }

    /// Accepts any server certificate (default: false). The handshake signature and the key policy are still checked.
    #[must_use]
    pub fn insecure_skip_verify(mut self, skip: bool) -> Self {
        self.insecure_skip_verify = skip;
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
    /// As [`crate::tls::ServerConfigBuilder::build`].
    pub fn build(self) -> Result<Built<rustls::ClientConfig>, TlsError> {
        let selection = selection::select(&self.settings, &self.wishes)?;
        let roots = (!self.insecure_skip_verify).then_some(self.roots);
        let verifier = PeerVerifier::of_server(self.settings.mode(), roots, self.server_name);
        let builder = rustls::ClientConfig::builder_with_provider(selection.provider)
            .with_protocol_versions(&selection.versions)?
            .dangerous() // rustls' word for any verifier that is not its own
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match self.identity {
            Some(identity) => builder.with_client_cert_resolver(identity.for_client()),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn;
        config.require_ems = self.settings.mode().is_fips();
        config.resumption = Resumption::in_memory_sessions(SESSIONS_KEPT_MAX);
        Ok(Built {
            config: Arc::new(config),
            warnings: selection.warnings,
        })
    }
}

/// Servers a client keeps a session of.
const SESSIONS_KEPT_MAX: usize = 256;
