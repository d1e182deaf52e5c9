//! The handshake hashes and the TLS 1.3 key schedule, both inside the module.

use rustls::crypto::{
    hash, hmac,
    tls13::{Hkdf, HkdfExpander, OkmBlock, OutputLengthError},
};

use crate::imp::{digest, hkdf, hmac as module_hmac};

/// A handshake hash.
pub(super) struct Hash(
    pub(super) &'static digest::Algorithm,
    pub(super) hash::HashAlgorithm,
);

pub(super) static SHA256: Hash = Hash(&digest::SHA256, hash::HashAlgorithm::SHA256);
pub(super) static SHA384: Hash = Hash(&digest::SHA384, hash::HashAlgorithm::SHA384);

impl hash::Hash for Hash {
    fn start(&self) -> Box<dyn hash::Context> {
        Box::new(Context(digest::Context::new(self.0)))
    }

    fn hash(&self, data: &[u8]) -> hash::Output {
        output(&digest::digest(self.0, data))
    }

    fn output_len(&self) -> usize {
        self.0.output_len()
    }

    fn algorithm(&self) -> hash::HashAlgorithm {
        self.1
    }

    fn fips(&self) -> bool {
        super::FIPS
    }
}

struct Context(digest::Context);

impl hash::Context for Context {
    fn fork_finish(&self) -> hash::Output {
        output(&self.0.clone().finish())
    }

    fn fork(&self) -> Box<dyn hash::Context> {
        Box::new(Self(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> hash::Output {
        output(&self.0.finish())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

fn output(digest: &digest::Digest) -> hash::Output {
    hash::Output::new(digest.as_ref())
}

/// HKDF with its HMAC.
pub(super) struct KeySchedule(
    pub(super) hkdf::Algorithm,
    pub(super) module_hmac::Algorithm,
);

pub(super) static HKDF_SHA256: KeySchedule =
    KeySchedule(hkdf::HKDF_SHA256, module_hmac::HMAC_SHA256);
pub(super) static HKDF_SHA384: KeySchedule =
    KeySchedule(hkdf::HKDF_SHA384, module_hmac::HMAC_SHA384);

impl KeySchedule {
    fn extract(&self, salt: Option<&[u8]>, secret: Option<&[u8]>) -> Box<dyn HkdfExpander> {
        // RFC 8446 section 7.1: an absent input is a string of zeros as long as the hash.
        let zeros = [0; OkmBlock::MAX_LEN];
        let zeros = &zeros[..hkdf::KeyType::len(&self.0)];
        let salt = hkdf::Salt::new(self.0, salt.unwrap_or(zeros));
        Box::new(Expander {
            algorithm: self.0,
            prk: salt.extract(secret.unwrap_or(zeros)),
        })
    }
}

impl Hkdf for KeySchedule {
    fn extract_from_zero_ikm(&self, salt: Option<&[u8]>) -> Box<dyn HkdfExpander> {
        self.extract(salt, None)
    }

    fn extract_from_secret(&self, salt: Option<&[u8]>, secret: &[u8]) -> Box<dyn HkdfExpander> {
        self.extract(salt, Some(secret))
    }

    fn expander_for_okm(&self, okm: &OkmBlock) -> Box<dyn HkdfExpander> {
        Box::new(Expander {
            algorithm: self.0,
            prk: hkdf::Prk::new_less_safe(self.0, okm.as_ref()),
        })
    }

    fn hmac_sign(&self, key: &OkmBlock, message: &[u8]) -> hmac::Tag {
        let key = module_hmac::Key::new(self.1, key.as_ref());
        hmac::Tag::new(module_hmac::sign(&key, message).as_ref())
    }

    fn fips(&self) -> bool {
        super::FIPS
    }
}

struct Expander {
    algorithm: hkdf::Algorithm,
    prk: hkdf::Prk,
}

impl HkdfExpander for Expander {
    fn expand_slice(&self, info: &[&[u8]], output: &mut [u8]) -> Result<(), OutputLengthError> {
        self.prk
            .expand(info, Length(output.len()))
            .and_then(|okm| okm.fill(output))
            .map_err(|_| OutputLengthError)
    }

    fn expand_block(&self, info: &[&[u8]]) -> OkmBlock {
        let mut block = [0; OkmBlock::MAX_LEN];
        let block = &mut block[..self.hash_len()];
        self.expand_slice(info, block)
            .expect("one hash length is always within HKDF's limit");
        OkmBlock::new(block)
    }

    fn hash_len(&self) -> usize {
        hkdf::KeyType::len(&self.algorithm)
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
