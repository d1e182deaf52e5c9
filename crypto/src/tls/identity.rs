//! A certificate chain with its private key, loaded the way Go's `tls.X509KeyPair` does, with its error texts.
//!
//! Source: Go crypto/tls tls.go.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::sign::CertifiedKey;

use crate::policy::{PolicyError, Unsupported};

/// Why a certificate and key do not make an identity. The texts are Go's.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Go's text says what was found instead.
    #[error("{0}")]
    Pem(String),
    /// The first certificate does not parse.
    #[error("x509: malformed certificate")]
    Certificate,
    /// The key does not parse in any container.
    #[error("tls: failed to parse private key")] // Go's text
    Key,
    /// The key is of another kind than the certificate's.
    #[error("tls: private key type does not match public key type")] // Go's text
    KeyType,
    /// The key is of the same kind, but not the certificate's.
    #[error("tls: private key does not match public key")] // Go's text
    KeyMismatch,
    /// The certificate's key is of no kind TLS uses.
    #[error("tls: unknown public key algorithm")] // Go's text
    UnknownAlgorithm,
    /// A key too small or of a kind the policy refuses.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A key of a kind the provider cannot use.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// A file could not be read.
    #[error("open {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

/// A certificate chain and the key of its first certificate, checked against each other.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Reads a chain and a key from PEM.
    ///
    /// # Errors
    /// [`IdentityError`] with the text Go's `tls.X509KeyPair` has for the same input; POL-002 and POL-003 for keys the
    /// policy refuses.
    pub fn from_pem(_certificates: &[u8], _key: &[u8]) -> Result<Self, IdentityError> {
        Err(IdentityError::Key)
    }

    /// Reads both files, then as [`Identity::from_pem`].
    ///
    /// # Errors
    /// [`IdentityError::Read`] naming the file, else as [`Identity::from_pem`].
    pub fn from_files(certificates: &Path, key: &Path) -> Result<Self, IdentityError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| IdentityError::Read {
                path: path.to_owned(),
                source,
            })
        };
        Self::from_pem(&read(certificates)?, &read(key)?)
    }

    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        self.0.clone()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.0.cert.len())
    }
}
