//! Where aws-lc-rs differs from its twin ring.

use aws_lc_rs::{
    aead::{
        Aad, Algorithm, NONCE_LEN, Nonce, RandomizedNonceKey, Tag, TlsProtocolId,
        TlsRecordOpeningKey, TlsRecordSealingKey,
    },
    agreement::{self, EphemeralPrivateKey, UnparsedPublicKey},
    encoding::{AsDer, Pkcs8V1Der},
    error::{KeyRejected, Unspecified},
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, RsaKeyPair},
    tls_prf,
};
use rustls::{NamedGroup, crypto::SupportedKxGroup};
use zeroize::Zeroizing;

use super::{
    hybrid::{SECP256R1MLKEM768, X25519MLKEM768},
    kx::{EcdhGroup, uncompressed_point},
    record::RecordVersion,
    verify::Curve,
};

impl RecordVersion {
    fn protocol(self) -> TlsProtocolId {
        match self {
            Self::Tls12 => TlsProtocolId::TLS12,
            Self::Tls13 => TlsProtocolId::TLS13,
        }
    }
}

/// AES-GCM as TLS records use it: the module itself checks that record nonces only grow.
pub(super) struct GcmSealingKey(TlsRecordSealingKey);

impl GcmSealingKey {
    pub(super) fn new(
        algorithm: &'static Algorithm,
        version: RecordVersion,
        key: &[u8],
    ) -> Result<Self, Unspecified> {
        TlsRecordSealingKey::new(algorithm, version.protocol(), key).map(Self)
    }

    pub(super) fn seal(
        &mut self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<Tag, Unspecified> {
        self.0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)
    }
}

/// AES-GCM as TLS records use it.
pub(super) struct GcmOpeningKey(TlsRecordOpeningKey);

impl GcmOpeningKey {
    pub(super) fn new(
        algorithm: &'static Algorithm,
        version: RecordVersion,
        key: &[u8],
    ) -> Result<Self, Unspecified> {
        TlsRecordOpeningKey::new(algorithm, version.protocol(), key).map(Self)
    }

    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<usize, Unspecified> {
        Ok(self
            .0
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)?
            .len())
    }
}

/// AES-GCM under a nonce the module draws: `nonce || ciphertext || tag`.
pub(crate) struct RandomNonceKey(RandomizedNonceKey);

impl RandomNonceKey {
    pub(crate) fn new(algorithm: &'static Algorithm, key: &[u8]) -> Result<Self, Unspecified> {
        RandomizedNonceKey::new(algorithm, key).map(Self)
    }

    pub(crate) fn seal(&self, aad: &[u8], mut text: Vec<u8>) -> Result<Vec<u8>, Unspecified> {
        let nonce = self.0.seal_in_place_append_tag(Aad::from(aad), &mut text)?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    pub(super) fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unspecified)?;
        let mut text = text.to_vec();
        let length = self
            .0
            .open_in_place(Nonce::from(nonce), Aad::from(aad), &mut text)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// The secret both sides of a key exchange share.
pub(super) fn agree(
    key: EphemeralPrivateKey,
    peer: &UnparsedPublicKey<&[u8]>,
) -> Result<Vec<u8>, Unspecified> {
    agreement::agree_ephemeral(key, peer, Unspecified, |secret| Ok(secret.to_vec()))
}

/// Groups only this twin has.
pub(super) const EXTRA_GROUPS: &[&dyn SupportedKxGroup] =
    &[SECP256R1MLKEM768, X25519MLKEM768, SECP521R1];

const SECP521R1: &dyn SupportedKxGroup = &EcdhGroup {
    name: NamedGroup::secp521r1,
    algorithm: &agreement::ECDH_P521,
    approved: true,
    share_is_well_formed: uncompressed_point,
};

/// The signing algorithm of a curve; `None` when this twin has none.
pub(crate) fn ecdsa_signing(curve: Curve) -> Option<&'static EcdsaSigningAlgorithm> {
    Some(match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    })
}

pub(super) fn ecdsa_key(
    algorithm: &'static EcdsaSigningAlgorithm,
    pkcs8: &[u8],
) -> Result<EcdsaKeyPair, KeyRejected> {
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8)
}

/// Makes an RSA key of 2048, 3072 or 4096 bits and returns it as PKCS#8; `None` when this twin makes none.
pub(crate) fn generate_rsa(bits: usize) -> Option<Result<Zeroizing<Vec<u8>>, Unspecified>> {
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        _ => return None,
    };
    let pkcs8 = RsaKeyPair::generate(size)
        .and_then(|pair| AsDer::<Pkcs8V1Der<'_>>::as_der(&pair))
        .map(|pkcs8| Zeroizing::new(pkcs8.as_ref().to_vec()));
    Some(pkcs8)
}

/// Length of the modulus, which is that of a signature, in bytes.
pub(super) fn rsa_modulus_bytes(key: &RsaKeyPair) -> usize {
    key.public_modulus_len()
}

/// Largest RSA signing key, in bits.
pub(crate) const RSA_SIGNING_BITS_MAX: usize = 8192;

/// The TLS 1.2 PRF, inside the module.
pub(super) struct Tls12Prf(&'static tls_prf::Algorithm);

impl Tls12Prf {
    pub(super) const SHA256: Self = Self(&tls_prf::P_SHA256);
    pub(super) const SHA384: Self = Self(&tls_prf::P_SHA384);

    /// Fills `output` (RFC 5246 section 5).
    pub(super) fn derive(&self, output: &mut [u8], secret: &[u8], label: &[u8], seed: &[u8]) {
        let derived = tls_prf::Secret::new(self.0, secret)
            .and_then(|secret| secret.derive(label, seed, output.len()))
            .expect("rustls passes a secret that is not empty, and the PRF has no other failure");
        output.copy_from_slice(derived.as_ref());
    }
}
