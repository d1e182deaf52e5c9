//! A certificate chain with its private key, loaded the way Go's `tls.X509KeyPair` does, with its error texts.
//!
//! Source: Go crypto/tls tls.go.

mod follow;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{client::ResolvesClientCert, server::ResolvesServerCert, sign::CertifiedKey};
use rustls_pki_types::{AlgorithmIdentifier, CertificateDer, alg_id};
use zeroize::Zeroizing;

use crate::{
    pki::{
        certificate::{Certificate, SubjectKey},
        pem::{self, Block},
    },
    policy::{PolicyError, Unsupported},
    settings::Mode,
    sign::{self, KeyError},
};

/// Why a certificate and key do not make an identity. The texts are Go's.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The PEM text does not hold what it should; Go's text says what was found instead.
    #[error("{0}")]
    Pem(String),
    /// The first certificate does not parse.
    #[error("x509: malformed certificate")]
    Certificate,
    /// The key does not parse in any container.
    #[error("tls: failed to parse private key")] // Go's text
    Key,
    /// The key is one that cannot sign, such as X25519.
    #[error("tls: found unknown private key type in PKCS#8 wrapping")] // Go's text
    KeyPurpose,
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
    #[error("open {}", .path.display())] // Go's text, up to the cause
    Read {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

pub(super) use self::follow::FollowedIdentity;
pub use self::follow::OnBrokenFiles;

/// A certificate chain and the key of its first certificate, checked against each other. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Reads a chain and a key from PEM.
    ///
    /// # Errors
    /// [`IdentityError`] with the text Go's `tls.X509KeyPair` has for the same input; POL-002 and POL-003 for keys the
    /// policy refuses.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        Self::for_mode(Mode::current(), certificates, key)
    }

    pub(crate) fn for_mode(
        mode: Mode,
        certificates: &[u8],
        key: &[u8],
    ) -> Result<Self, IdentityError> {
        let chain = certificate_blocks(pem::blocks(certificates))?;
        let leaf = Certificate::parse(&chain[0].bytes);
        let key = sign::PrivateKey::from_pem_for_mode(mode, key);
        // Go reports what is wrong with the key's text before the certificate, and its content after.
        if let Err(KeyError::Pem(text)) = key {
            return Err(IdentityError::Pem(text));
        }
        let leaf = leaf.map_err(|_| IdentityError::Certificate)?;
        let key = key?.for_tls();
        check_match(&leaf.key, key.spki())?;
        let chain = chain
            .into_iter()
            .map(|block| CertificateDer::from(block.bytes))
            .collect();
        Ok(Self(Arc::new(CertifiedKey::new(chain, Arc::new(key)))))
    }

    /// Reads both files, then as [`Identity::from_pem`].
    ///
    /// # Errors
    /// [`IdentityError::Read`] naming the file, else as [`Identity::from_pem`].
    pub fn from_files(certificates: &Path, key: &Path) -> Result<Self, IdentityError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| IdentityError::Read {
                path: path.to_owned(),
                source,
            })
        };
        Self::from_pem(&read(certificates)?, &Zeroizing::new(read(key)?))
    }

    /// A resolver that always presents this identity to clients.
    pub(crate) fn for_server(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::new(rustls::sign::SingleCertAndKey::from(self.0.clone()))
    }

    /// A resolver that always presents this identity to servers.
    pub(crate) fn for_client(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::new(rustls::sign::SingleCertAndKey::from(self.0.clone()))
    }

    pub(super) fn certified_key(&self) -> &Arc<CertifiedKey> {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.0.cert.len())
    }
}

fn certificate_blocks(blocks: Vec<Block>) -> Result<Vec<Block>, IdentityError> {
    let (found, skipped): (Vec<_>, Vec<_>) = blocks
        .into_iter()
        .partition(|block| block.label == "CERTIFICATE");
    if !found.is_empty() {
        return Ok(found);
    }
    // The three texts below are Go's.
    Err(IdentityError::Pem(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in certificate input".to_owned(),
        [only] if only.label.ends_with("PRIVATE KEY") => {
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may \
             have been switched"
                .to_owned()
        }
        _ => format!(
            "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the \
             following types: {}",
            pem::labels(&skipped)
        ),
    }))
}

impl From<KeyError> for IdentityError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Pem(text) => Self::Pem(text),
            KeyError::Malformed => Self::Key,
            KeyError::Purpose => Self::KeyPurpose,
            KeyError::Policy(error) => error.into(),
            KeyError::Unsupported(error) => error.into(),
        }
    }
}

/// The certificate's key must be the public half of ours.
fn check_match(leaf: &SubjectKey, own: &[u8]) -> Result<(), IdentityError> {
    let own = SubjectKey::parse(own).map_err(|_| IdentityError::Key)?;
    if *leaf == own {
        return Ok(());
    }
    let kind = |key: &SubjectKey| {
        KINDS
            .iter()
            .find(|(id, _)| key.algorithm == id.as_ref())
            .map(|(_, kind)| *kind)
    };
    match (kind(leaf), kind(&own)) {
        (None, _) => Err(IdentityError::UnknownAlgorithm),
        (Some(leaf), own) if own != Some(leaf) => Err(IdentityError::KeyType),
        _ => Err(IdentityError::KeyMismatch),
    }
}

/// Keys on different curves are of one kind to Go.
const KINDS: &[(AlgorithmIdentifier, &str)] = &[
    (alg_id::RSA_ENCRYPTION, "RSA"),
    (alg_id::ECDSA_P256, "ECDSA"),
    (alg_id::ECDSA_P384, "ECDSA"),
    (alg_id::ECDSA_P521, "ECDSA"),
    (alg_id::ED25519, "Ed25519"),
];

#[cfg(test)]
mod tests;
