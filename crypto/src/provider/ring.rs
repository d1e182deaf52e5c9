//! Where ring differs from its twin aws-lc-rs.

use ring::{
    aead::{Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey},
    agreement::{self, EphemeralPrivateKey, UnparsedPublicKey},
    error::{KeyRejected, Unspecified},
    hmac,
    rand::SystemRandom,
    signature::{EcdsaKeyPair, EcdsaSigningAlgorithm, RsaKeyPair},
};
use rustls::crypto::SupportedKxGroup;
use zeroize::Zeroizing;

use super::{record::RecordVersion, verify::Curve};

/// AES-GCM as TLS records use it.
pub(super) struct GcmSealingKey(LessSafeKey);

impl GcmSealingKey {
    pub(super) fn new(
        algorithm: &'static Algorithm,
        _: RecordVersion,
        key: &[u8],
    ) -> Result<Self, Unspecified> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(algorithm, key)?)))
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
pub(super) struct GcmOpeningKey(LessSafeKey);

impl GcmOpeningKey {
    pub(super) fn new(
        algorithm: &'static Algorithm,
        _: RecordVersion,
        key: &[u8],
    ) -> Result<Self, Unspecified> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(algorithm, key)?)))
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

/// AES-GCM under a nonce nobody chooses: `nonce || ciphertext || tag`.
pub(crate) struct RandomNonceKey(LessSafeKey);

impl RandomNonceKey {
    pub(crate) fn new(algorithm: &'static Algorithm, key: &[u8]) -> Result<Self, Unspecified> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(algorithm, key)?)))
    }

    pub(crate) fn seal(&self, aad: &[u8], mut text: Vec<u8>) -> Result<Vec<u8>, Unspecified> {
        let mut nonce = [0; NONCE_LEN];
        crate::random::fill(&mut nonce).map_err(|_| Unspecified)?;
        self.0.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut text,
        )?;
        Ok([nonce.as_slice(), &text].concat())
    }

    pub(super) fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unspecified)?;
        let mut text = text.to_vec();
        let length = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(aad),
                &mut text,
            )?
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
    agreement::agree_ephemeral(key, peer, <[u8]>::to_vec)
}

/// Groups only this twin has.
pub(super) const EXTRA_GROUPS: &[&dyn SupportedKxGroup] = &[];

/// The signing algorithm of a curve; `None` when this twin has none.
pub(crate) fn ecdsa_signing(curve: Curve) -> Option<&'static EcdsaSigningAlgorithm> {
    match curve {
        Curve::P256 => Some(&ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        Curve::P384 => Some(&ring::signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        Curve::P521 => None,
    }
}

pub(super) fn ecdsa_key(
    algorithm: &'static EcdsaSigningAlgorithm,
    pkcs8: &[u8],
) -> Result<EcdsaKeyPair, KeyRejected> {
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &SystemRandom::new())
}

/// Makes an RSA key; `None` when this twin makes none.
pub(crate) fn generate_rsa(_bits: usize) -> Option<Result<Zeroizing<Vec<u8>>, Unspecified>> {
    None
}

/// Length of the modulus, which is that of a signature, in bytes.
pub(super) fn rsa_modulus_bytes(key: &RsaKeyPair) -> usize {
    key.public().modulus_len()
}

/// Largest RSA signing key, in bits.
pub(crate) const RSA_SIGNING_BITS_MAX: usize = 4096;

/// The TLS 1.2 PRF. ring has none of its own, so P_hash is built here on its HMAC.
pub(super) struct Tls12Prf(hmac::Algorithm);

impl Tls12Prf {
    pub(super) const SHA256: Self = Self(hmac::HMAC_SHA256);
    pub(super) const SHA384: Self = Self(hmac::HMAC_SHA384);

    /// Fills `output` (RFC 5246 section 5).
    pub(super) fn derive(&self, output: &mut [u8], secret: &[u8], label: &[u8], seed: &[u8]) {
        let key = hmac::Key::new(self.0, secret);
        let sign = |parts: &[&[u8]]| {
            let mut context = hmac::Context::with_key(&key);
            parts.iter().for_each(|part| context.update(part));
            context.sign()
        };
        let mut chain = sign(&[label, seed]);
        for chunk in output.chunks_mut(self.0.digest_algorithm().output_len()) {
            let block = sign(&[chain.as_ref(), label, seed]);
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
            chain = sign(&[chain.as_ref()]);
        }
    }
}
