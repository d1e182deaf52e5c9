//! A client's identity that follows its files.
//!
//! rustls lets a client without an identity only stay anonymous, which would hide broken files behind a server's
//! refusal. So a broken identity is one whose key signs nothing and says why.
//!
//! Source: etcd client/pkg/transport/listener.go `GetClientCertificate`.

use std::{fmt, path::PathBuf, sync::Arc};

use rustls::{
    Error, OtherError, SignatureAlgorithm, SignatureScheme,
    client::ResolvesClientCert,
    sign::{CertifiedKey, Signer, SigningKey},
};

use super::{Identity, IdentityError};
use crate::tls::reload::Watched;

/// What a client does in a handshake while the files of its identity are broken.
#[derive(Clone)]
pub enum OnBrokenFiles {
    /// End the handshake with the reason, as upstream.
    FailHandshake,
    /// Go on with the last good identity; the function is told the reason.
    KeepLast(Arc<dyn Fn(&IdentityError) + Send + Sync>),
}

impl fmt::Debug for OnBrokenFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FailHandshake => "FailHandshake",
            Self::KeepLast(_) => "KeepLast",
        })
    }
}

/// An identity for the files as they are at each handshake.
#[derive(Debug)]
pub(in crate::tls) struct FollowedIdentity {
    files: Watched<Identity, IdentityError>,
    on_broken: OnBrokenFiles,
}

impl FollowedIdentity {
    pub(in crate::tls) fn new(
        certificate: PathBuf,
        key: PathBuf,
        on_broken: OnBrokenFiles,
    ) -> Result<Self, IdentityError> {
        let paths = vec![certificate.clone(), key.clone()];
        let files = Watched::new(paths, move || Identity::from_files(&certificate, &key))?;
        Ok(Self { files, on_broken })
    }
}

impl ResolvesClientCert for FollowedIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let (last, error) = self.files.get_or_last();
        let last = last.certified_key().clone();
        match (error, &self.on_broken) {
            (None, _) => Some(last),
            (Some(error), OnBrokenFiles::KeepLast(tell)) => {
                tell(&error);
                Some(last)
            }
            (Some(error), OnBrokenFiles::FailHandshake) => {
                let key = Arc::new(BrokenKey(OtherError(Arc::new(error))));
                Some(Arc::new(CertifiedKey::new(last.cert.clone(), key)))
            }
        }
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A key that only says why there is none.
#[derive(Clone, Debug)]
struct BrokenKey(OtherError);

impl SigningKey for BrokenKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = *offered.first()?;
        Some(Box::new(BrokenSigner(self.clone(), scheme)))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::Anonymous
    }
}

#[derive(Debug)]
struct BrokenSigner(BrokenKey, SignatureScheme);

impl Signer for BrokenSigner {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::Other(self.0.0.clone()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.1
    }
}
