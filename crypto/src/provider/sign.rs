//! Private keys that sign handshakes.

use std::{fmt, sync::Arc};

use rustls::{
    Error, SignatureAlgorithm, SignatureScheme,
    sign::{Signer, SigningKey, public_key_to_spki},
};
use rustls_pki_types::{SubjectPublicKeyInfoDer, alg_id};

use super::{twin, verify::Curve};
use crate::{
    imp::{
        rand::SystemRandom,
        signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair},
    },
    pki::key::{EcKey, KeyMaterial},
    policy::{self, PolicyCode, PolicyError, Refused, Unsupported},
    settings::Mode,
    sign::no_p521,
};

/// A loaded private key. Cheap to clone; the material stays inside the provider and is never printed.
#[derive(Clone)]
pub(crate) struct PrivateKey {
    pair: Pair,
    spki: Arc<SubjectPublicKeyInfoDer<'static>>,
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ecdsa(Arc<EcdsaKeyPair>, Curve),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// Why key material does not become a key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadKeyError {
    /// By rule, or for want of an implementation.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The numbers do not make a key.
    #[error("the key is inconsistent")]
    Inconsistent,
}

impl PrivateKey {
    /// Hands key material to the provider, under the policy of `mode`.
    pub(crate) fn load(material: &KeyMaterial, mode: Mode) -> Result<Self, LoadKeyError> {
        match material {
            KeyMaterial::Rsa { pkcs1, bits } => Self::load_rsa(pkcs1, *bits, mode),
            KeyMaterial::Ec(key) => Self::load_ec(key),
            KeyMaterial::Ed25519 { seed } => {
                refuse_ed25519_if_strict(mode).map_err(Refused::from)?;
                let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice());
                let pair = pair.map_err(|_| LoadKeyError::Inconsistent)?;
                let spki = public_key_to_spki(&alg_id::ED25519, pair.public_key());
                Ok(Self {
                    pair: Pair::Ed25519(Arc::new(pair)),
                    spki: Arc::new(spki),
                })
            }
        }
    }

    fn load_rsa(pkcs1: &[u8], bits: usize, mode: Mode) -> Result<Self, LoadKeyError> {
        if bits < policy::RSA_BITS_MIN {
            return Err(Refused::from(policy::rsa_too_small(mode, "a private key", bits)).into());
        }
        if mode.is_fips() && bits % 2 == 1 {
            return Err(Refused::from(policy::rsa_odd(mode, bits)).into());
        }
        if bits > twin::RSA_SIGNING_BITS_MAX {
            let what = format!("signing with an RSA key of {bits} bits");
            return Err(
                Refused::from(Unsupported::new(what, "use RSA 2048 to 4096, or ECDSA")).into(),
            );
        }
        let pair = RsaKeyPair::from_der(pkcs1).map_err(|_| LoadKeyError::Inconsistent)?;
        let spki = public_key_to_spki(&alg_id::RSA_ENCRYPTION, pair.public_key());
        Ok(Self {
            pair: Pair::Rsa(Arc::new(pair)),
            spki: Arc::new(spki),
        })
    }

    fn load_ec(key: &EcKey) -> Result<Self, LoadKeyError> {
        let algorithm = twin::ecdsa_signing(key.curve).ok_or_else(|| Refused::from(no_p521()))?;
        let pair =
            twin::ecdsa_key(algorithm, &key.pkcs8()).map_err(|_| LoadKeyError::Inconsistent)?;
        let spki = public_key_to_spki(&key.curve.key_id(), pair.public_key());
        Ok(Self {
            pair: Pair::Ecdsa(Arc::new(pair), key.curve),
            spki: Arc::new(spki),
        })
    }

    /// The DER of the public half.
    pub(crate) fn spki(&self) -> &[u8] {
        self.spki.as_ref().as_ref()
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let failed = |_| Error::General("signing failed".to_owned());
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding = rsa_encoding(scheme)
                    .ok_or_else(|| Error::General("not an RSA scheme".to_owned()))?;
                let mut signed = vec![0; twin::rsa_modulus_bytes(pair)];
                pair.sign(encoding, &random, message, &mut signed)
                    .map_err(failed)?;
                Ok(signed)
            }
            Pair::Ecdsa(pair, _) => Ok(pair
                .sign(&random, message)
                .map_err(failed)?
                .as_ref()
                .to_vec()),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }

    /// The schemes this key can sign with, best first.
    pub(crate) fn schemes(&self) -> &'static [SignatureScheme] {
        match &self.pair {
            Pair::Rsa(_) => RSA_SCHEMES,
            Pair::Ecdsa(_, Curve::P256) => &[SignatureScheme::ECDSA_NISTP256_SHA256],
            Pair::Ecdsa(_, Curve::P384) => &[SignatureScheme::ECDSA_NISTP384_SHA384],
            Pair::Ecdsa(_, Curve::P521) => &[SignatureScheme::ECDSA_NISTP521_SHA512],
            Pair::Ed25519(_) => &[SignatureScheme::ED25519],
        }
    }
}

/// The strict policy takes no Ed25519 keys, own or a peer's.
pub(crate) fn refuse_ed25519_if_strict(mode: Mode) -> Result<(), PolicyError> {
    if mode != Mode::FipsStrict {
        return Ok(());
    }
    let why = "it is outside the strict reading of FIPS 186-5 here";
    Err(policy::refuse(
        mode,
        PolicyCode::Signature,
        "an Ed25519 key",
        why,
        "ECDSA P-256 or P-384, or RSA 2048",
    ))
}

impl SigningKey for PrivateKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = *self
            .schemes()
            .iter()
            .find(|scheme| offered.contains(scheme))?;
        Some(Box::new(SchemeSigner {
            key: self.clone(),
            scheme,
        }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.spki()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match &self.pair {
            Pair::Rsa(_) => SignatureAlgorithm::RSA,
            Pair::Ecdsa(..) => SignatureAlgorithm::ECDSA,
            Pair::Ed25519(_) => SignatureAlgorithm::ED25519,
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?}, ***)", SigningKey::algorithm(self))
    }
}

#[derive(Debug)]
struct SchemeSigner {
    key: PrivateKey,
    scheme: SignatureScheme,
}

impl Signer for SchemeSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.sign(self.scheme, message)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

const RSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

fn rsa_encoding(scheme: SignatureScheme) -> Option<&'static dyn RsaEncoding> {
    Some(match scheme {
        SignatureScheme::RSA_PSS_SHA512 => &signature::RSA_PSS_SHA512,
        SignatureScheme::RSA_PSS_SHA384 => &signature::RSA_PSS_SHA384,
        SignatureScheme::RSA_PSS_SHA256 => &signature::RSA_PSS_SHA256,
        SignatureScheme::RSA_PKCS1_SHA512 => &signature::RSA_PKCS1_SHA512,
        SignatureScheme::RSA_PKCS1_SHA384 => &signature::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA256 => &signature::RSA_PKCS1_SHA256,
        _ => return None,
    })
}
