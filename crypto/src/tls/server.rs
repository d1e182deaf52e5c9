//! Server configurations.

use std::{path::PathBuf, sync::Arc};

use rustls::server::NoServerSessionStorage;

use crate::{
    provider::ticket,
    settings::Settings,
    tls::{
        AllowedClients, ClientAuth, Dialect, Identity, TlsError, TrustStore, Version,
        selection::{self, Wishes},
        verify::{ClientRules, PeerVerifier},
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
    allowed: AllowedClients,
    revocation_list: Option<PathBuf>,
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
            allowed: AllowedClients::Any,
            revocation_list: None,
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

    /// Sets which clients with a certificate are let in (default: any; an empty list lets none in, as upstream).
    #[must_use]
    pub fn allowed_clients(mut self, allowed: AllowedClients) -> Self {
        self.allowed = allowed;
        self
    }

    /// Refuses clients that present a certificate, of any place in their chain, whose serial number stands in this
    /// revocation list (DER). The file is read for every such client, at most 64 MiB of it; one that cannot be read
    /// refuses the client. Issuer and signature of the list are not looked at (default: no list).
    ///
    /// Source: etcd transport/tls_listener.go `checkCRL`.
    #[must_use]
    pub fn revocation_list(mut self, path: PathBuf) -> Self {
        self.revocation_list = Some(path);
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
        let judges_clients = verifier.as_ref().is_some_and(PeerVerifier::judges);
        let builder = rustls::ServerConfig::builder_with_provider(selection.provider)
            .with_protocol_versions(&selection.versions)?;
        let mut config = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(Arc::new(verifier)),
            None => builder.with_no_client_auth(),
        }
        .with_cert_resolver(self.identity.for_server());
        config.alpn_protocols = self.alpn;
        config.require_ems = self.settings.mode().is_fips();
        if judges_clients {
            // A resumed session does not come to the verifier: a certificate revoked or expired since would get in.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        } else {
            // A configuration that is built anew has new keys, so no ticket survives a change of certificates.
            config.ticketer = ticket::rotating()?;
        }
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
        let rules = ClientRules {
            is_mandatory: mode.is_mandatory() || self.allowed != AllowedClients::Any,
            allowed: self.allowed.clone(),
            revocation_list: self.revocation_list.clone(),
        };
        let hinted = self.client_ca.as_ref();
        Ok(Some(PeerVerifier::of_clients(
            self.settings.mode(),
            roots,
            hinted,
            rules,
        )))
    }
}
