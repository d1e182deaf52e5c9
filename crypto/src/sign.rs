//! Private keys of programs: loaded from files as Go loads them, made anew, written, and signing.
//!
//! How keys stand in their containers is `pki::key`; what the provider does with them is `provider::sign`; the public
//! half is [`verify`](crate::verify).
//!
//! Source: Go crypto/tls `X509KeyPair`, `parsePrivateKey`.

mod error;
pub(crate) mod fixed;
pub(crate) mod generate;
mod scheme;

use std::{fmt, sync::Arc};

use rustls::sign::SigningKey as _;
use zeroize::Zeroizing;

pub(crate) use self::scheme::no_p521;
pub use self::{
    error::{KeyError, SignError},
    scheme::{Hash, Scheme},
};
pub use crate::provider::verify::Curve;
use crate::{
    pki::{
        key::{KeyMaterial, ParseKeyError},
        pem::{self, Block},
    },
    policy,
    provider::{self, sign::refuse_ed25519_if_strict},
    settings::Mode,
    verify::PublicKey,
};

/// What kind of key to make.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyKind {
    /// RSA of 2048 bits. ring makes none.
    Rsa2048,
    /// RSA of 3072 bits. ring makes none.
    Rsa3072,
    /// RSA of 4096 bits. ring makes none.
    Rsa4096,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521. ring has none.
    P521,
    /// Ed25519.
    Ed25519,
}

/// A private key. Cheap to clone; its material is wiped when the last clone goes, and nothing prints it.
#[derive(Clone)]
pub struct PrivateKey {
    key: provider::sign::PrivateKey,
    material: Arc<KeyMaterial>,
}

impl PrivateKey {
    /// Takes the first block of `text` that is a private key, in any of the containers PKCS#1, PKCS#8 and SEC1.
    ///
    /// # Errors
    /// [`KeyError`], with Go's text for the same input.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        Self::from_pem_for_mode(Mode::current(), text)
    }

    pub(crate) fn from_pem_for_mode(mode: Mode, text: &[u8]) -> Result<Self, KeyError> {
        let der = Zeroizing::new(key_block(pem::blocks(text))?.bytes);
        Self::from_der_for_mode(mode, &der)
    }

    /// Takes DER in any of the containers PKCS#1, PKCS#8 and SEC1.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_der_for_mode(Mode::current(), der)
    }

    fn from_der_for_mode(mode: Mode, der: &[u8]) -> Result<Self, KeyError> {
        let material = KeyMaterial::parse(der).map_err(|error| match error {
            ParseKeyError::Malformed => KeyError::Malformed,
            ParseKeyError::UnknownType => KeyError::Purpose,
            ParseKeyError::Curve(oid) => {
                policy::curve_not_listed(mode, "a private key", &oid.to_string()).into()
            }
        })?;
        let key = provider::sign::PrivateKey::load(&material, mode).map_err(KeyError::from)?;
        Ok(Self {
            key,
            material: Arc::new(material),
        })
    }

    /// Makes a key with the module's randomness, and signs and verifies once with it before anybody else does. A
    /// process whose keys fail this test ends at once (SIGABRT, with POL-013 on standard error).
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for RSA and P-521 on ring; POL-002 for Ed25519 under the strict policy.
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        Self::generate_for_mode(Mode::current(), kind)
    }

    fn generate_for_mode(mode: Mode, kind: KeyKind) -> Result<Self, KeyError> {
        if kind == KeyKind::Ed25519 {
            refuse_ed25519_if_strict(mode)?;
        }
        let pkcs8 = generate::pkcs8(kind)?;
        let key = Self::from_der_for_mode(mode, &pkcs8)?;
        generate::prove(&key, &key.public());
        Ok(key)
    }

    /// Returns the signature over `message`; ECDSA signatures are DER.
    ///
    /// # Errors
    /// [`SignError::Scheme`] for a scheme not among [`PrivateKey::schemes`].
    pub fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signer = scheme
            .tls()
            .and_then(|scheme| self.key.choose_scheme(&[scheme]))
            .ok_or(SignError::Scheme(scheme))?;
        signer.sign(message).map_err(|_| SignError::Module)
    }

    /// As [`PrivateKey::sign`], but an ECDSA signature is two numbers of the curve's length side by side, as JWS has
    /// it.
    ///
    /// # Errors
    /// As [`PrivateKey::sign`].
    pub fn sign_fixed(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.sign(scheme, message)?;
        match scheme {
            Scheme::Ecdsa(curve, _) => fixed::from_der(curve, &signature).ok_or(SignError::Module),
            _ => Ok(signature),
        }
    }

    /// The schemes this key signs with, strongest digest first.
    pub fn schemes(&self) -> impl Iterator<Item = Scheme> {
        let own = self.key.schemes();
        scheme::ALL
            .iter()
            .rev()
            .copied()
            .filter(|scheme| scheme.tls().is_some_and(|scheme| own.contains(&scheme)))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::own(self.key.spki())
    }

    /// DER of the public half, as certificates hold it (`SubjectPublicKeyInfo`).
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        self.key.spki()
    }

    /// The key as a block `PRIVATE KEY` (PKCS#8).
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        let der = self.material.to_pkcs8(self.public().bits());
        Zeroizing::new(pem::encode("PRIVATE KEY", &der))
    }

    /// The key as a block `EC PRIVATE KEY` (SEC1), as Go's `MarshalECPrivateKey` writes it; `None` when it is on no
    /// curve.
    #[must_use]
    pub fn to_sec1_pem(&self) -> Option<Zeroizing<String>> {
        let der = self.material.to_sec1(self.public().bits())?;
        Some(Zeroizing::new(pem::encode("EC PRIVATE KEY", &der)))
    }

    /// The key for rustls.
    pub(crate) fn for_tls(&self) -> provider::sign::PrivateKey {
        self.key.clone()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

fn key_block(blocks: Vec<Block>) -> Result<Block, KeyError> {
    let mut skipped = Vec::new();
    for block in blocks {
        if block.label == "PRIVATE KEY" || block.label.ends_with(" PRIVATE KEY") {
            return Ok(block);
        }
        skipped.push(block);
    }
    // The three texts below are Go's.
    Err(KeyError::Pem(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in key input".to_owned(),
        [only] if only.label == "CERTIFICATE" => {
            "tls: found a certificate rather than a key in the PEM for the private key".to_owned()
        }
        _ => format!(
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks \
             of the following types: {}",
            pem::labels(&skipped)
        ),
    }))
}

#[cfg(test)]
mod tests;
