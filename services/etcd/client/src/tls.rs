//! TLS of a client, from the files a user names.
//!
//! Source: etcd v3.7 client/v3/config.go, `newTLSConfig`; client/pkg/transport/listener.go, `ClientConfig`.

use std::{path::PathBuf, sync::Arc};

use crypto::tls::{
    ClientConfigBuilder, Dialect, IdentityError, OnBrokenFiles, TlsError, TrustStore,
};
use tokio_rustls::rustls;

use crate::endpoint::{Endpoint, Security};

/// What a user says about TLS. Empty paths and names are not given.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Certificate shown to servers that ask for one.
    pub certificate: String,
    /// Its key.
    pub key: String,
    /// Authorities that servers must be certified by; the system's when empty.
    pub authorities: String,
    /// Name expected in the server's certificate instead of the endpoint's host.
    pub server_name: String,
    /// Plain text unless something else asks for TLS.
    pub plain: bool,
    /// Takes any certificate.
    pub skip_verify: bool,
}

/// Why there is no TLS from the files.
#[derive(Debug, thiserror::Error)]
pub enum TlsFilesError {
    /// One of certificate and key is missing.
    #[error("KeyFile and CertFile must both be present[key: {key}, cert: {certificate}]")]
    Half {
        /// The key's path, perhaps empty.
        key: String,
        /// The certificate's path, perhaps empty.
        certificate: String,
    },
    /// The file of authorities.
    #[error(transparent)]
    Authorities(IdentityError),
    /// Anything else.
    #[error(transparent)]
    Tls(TlsError),
}

impl TlsFiles {
    /// Returns the configuration for connections to servers of which `first_endpoint` is the first, or none when they are
    /// in plain text. `variable` reads a variable of the process, for the places of the system's authorities.
    ///
    /// # Errors
    /// [`TlsFilesError`].
    pub fn load(
        &self,
        first_endpoint: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Arc<rustls::ClientConfig>>, TlsFilesError> {
        let mentioned = [
            &self.certificate,
            &self.key,
            &self.authorities,
            &self.server_name,
        ];
        let asked =
            mentioned.iter().any(|text| !text.is_empty()) || !self.plain || self.skip_verify;
        let wanted = match Endpoint::parse(first_endpoint).security {
            Security::Required => true,
            Security::Dropped => false,
            Security::Optional => asked,
        };
        if asked || wanted {
            let config = self.build(variable)?;
            return Ok(wanted.then_some(config));
        }
        Ok(None)
    }

    fn build(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Arc<rustls::ClientConfig>, TlsFilesError> {
        let paired = self.certificate.is_empty() == self.key.is_empty();
        if !paired {
            return Err(TlsFilesError::Half {
                key: self.key.clone(),
                certificate: self.certificate.clone(),
            });
        }
        let roots = if self.authorities.is_empty() {
            TrustStore::system_from_env(variable)
        } else {
            TrustStore::from_file(&PathBuf::from(&self.authorities))
                .map_err(TlsFilesError::Authorities)?
        };
        let mut builder = ClientConfigBuilder::new(roots)
            .dialect(Dialect::Etcd)
            .alpn(&[b"h2"])
            .insecure_skip_verify(self.skip_verify);
        if !self.certificate.is_empty() {
            builder = builder.identity_files(
                PathBuf::from(&self.certificate),
                PathBuf::from(&self.key),
                OnBrokenFiles::FailHandshake,
            );
        }
        if !self.server_name.is_empty() {
            builder = builder.server_name(&self.server_name);
        }
        Ok(builder.build().map_err(TlsFilesError::Tls)?.config)
    }
}
