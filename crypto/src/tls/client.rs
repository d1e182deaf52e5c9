//! Client configurations.

use std::{path::PathBuf, sync::Arc};

use rustls::client::{ResolvesClientCert, Resumption};

use crate::{
    settings::Settings,
    tls::{
        Built, Dialect, Identity, OnBrokenFiles, TlsError, TrustStore, Version,
        identity::FollowedIdentity,
        selection::{self, Wishes},
        verify::{PeerVerifier, ServerNameCheck},
    },
};

/// Builds a `rustls::ClientConfig` on our provider and policy.
#[derive(Clone, Debug)]
pub struct ClientConfigBuilder {
    roots: TrustStore,
    identity: ClientIdentity,
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
            identity: ClientIdentity::None,
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
        self.identity = ClientIdentity::Fixed(identity);
        self
    }

    /// Sets the files of the certificate and key (PEM) shown to servers that ask for one. A change acts on the next
    /// handshake, and a key is never shown with a certificate that is not its own.
    #[must_use]
    pub fn identity_files(
        mut self,
        certificate: PathBuf,
        key: PathBuf,
        on_broken: OnBrokenFiles,
    ) -> Self {
        self.identity = ClientIdentity::Files {
            certificate,
            key,
            on_broken,
        };
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
    /// As [`crate::tls::ServerConfigBuilder::build`]; [`TlsError::Identity`] when the files of the identity are broken
    /// now.
    pub fn build(self) -> Result<Built<rustls::ClientConfig>, TlsError> {
        let selection = selection::select(&self.settings, &self.wishes)?;
        let roots = (!self.insecure_skip_verify).then_some(self.roots);
        let verifier = PeerVerifier::of_server(self.settings.mode(), roots, self.server_name);
        let builder = rustls::ClientConfig::builder_with_provider(selection.provider)
            .with_protocol_versions(&selection.versions)?
            .dangerous() // rustls' word for any verifier that is not its own
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match self.identity.resolver()? {
            Some(resolver) => builder.with_client_cert_resolver(resolver),
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

/// Where a client's own certificate comes from.
#[derive(Clone, Debug)]
enum ClientIdentity {
    None,
    Fixed(Identity),
    Files {
        certificate: PathBuf,
        key: PathBuf,
        on_broken: OnBrokenFiles,
    },
}

impl ClientIdentity {
    fn resolver(self) -> Result<Option<Arc<dyn ResolvesClientCert>>, TlsError> {
        Ok(match self {
            Self::None => None,
            Self::Fixed(identity) => Some(identity.for_client()),
            Self::Files {
                certificate,
                key,
                on_broken,
            } => Some(Arc::new(FollowedIdentity::new(
                certificate,
                key,
                on_broken,
            )?)),
        })
    }
}

/// Servers a client keeps a session of.
const SESSIONS_KEPT_MAX: usize = 256;
