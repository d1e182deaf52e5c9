//! Certificates that were made, and those that make others.

use std::fmt;

use super::X509Error;
use crate::{
    digest,
    pki::{
        certificate::{Certificate as Parsed, SubjectKey},
        pem,
    },
    sign::PrivateKey,
};

/// A certificate and key that sign others.
#[derive(Clone)]
pub struct Authority {
    pub(super) certificate: Parsed,
    pub(super) key: PrivateKey,
}

impl Authority {
    /// Reads the first certificate and the first key of two PEM texts.
    ///
    /// # Errors
    /// [`X509Error::NotAnAuthority`] without `CA:TRUE` or without the right to sign certificates,
    /// [`X509Error::KeyMismatch`], and for texts that do not parse.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, X509Error> {
        let mut blocks = pem::blocks(certificate).into_iter();
        let block = blocks.find(|block| block.label == "CERTIFICATE");
        let der = block.ok_or(X509Error::Malformed)?.bytes;
        let certificate = Parsed::parse(&der).map_err(|_| X509Error::Malformed)?;
        let key = PrivateKey::from_pem(key)?;
        let extensions = &certificate.extensions;
        let is_authority = extensions
            .basic_constraints
            .is_some_and(|basic| basic.is_ca);
        if !is_authority || extensions.may_sign_certificates == Some(false) {
            return Err(X509Error::NotAnAuthority);
        }
        if SubjectKey::parse(key.spki_der()).ok().as_ref() != Some(&certificate.key) {
            return Err(X509Error::KeyMismatch);
        }
        Ok(Self { certificate, key })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.certificate.common_name.as_deref();
        write!(f, "Authority({:?}, ***)", name.unwrap_or_default())
    }
}

/// A certificate that was made here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate(pub(super) Vec<u8>);

impl Certificate {
    /// Its DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// Its DER as a block `CERTIFICATE`.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.0)
    }

    /// As [`fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        fingerprint(&self.0)
    }
}

/// Returns the SHA-256 of a certificate's DER, by which people compare certificates.
#[must_use]
pub fn fingerprint(certificate: &[u8]) -> [u8; 32] {
    digest::sha256(certificate)
}
