//! The keys: those that seal under nonces of the module or of the caller, and those that open.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{AeadError, Algorithm, MESSAGES_MAX, NONCE_BYTES, TAG_BYTES};
use crate::{
    imp::aead::{Aad, LessSafeKey, Nonce},
    policy::{self, PolicyCode},
    provider::RandomNonceKey,
    random,
    settings::Mode,
};

/// Seals messages under nonces the module draws. Keeps no copy of the key outside the provider.
pub struct SealKey {
    sealer: Sealer,
    pub(super) sealed: AtomicU64,
}

enum Sealer {
    /// The module draws the nonce itself.
    Module(RandomNonceKey),
    /// The nonce comes from `random`.
    ChaCha(LessSafeKey),
}

impl SealKey {
    /// Takes a key of [`Algorithm::key_bytes`].
    ///
    /// # Errors
    /// [`AeadError::KeyLength`]; POL-010 for ChaCha20-Poly1305 in a fips build.
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, AeadError> {
        Self::for_mode(Mode::current(), algorithm, key)
    }

    pub(super) fn for_mode(
        mode: Mode,
        algorithm: Algorithm,
        key: &[u8],
    ) -> Result<Self, AeadError> {
        algorithm.check(mode, key)?;
        let sealer = match algorithm {
            Algorithm::ChaCha20Poly1305 => Sealer::ChaCha(algorithm.key(key)),
            _ => {
                let key = RandomNonceKey::new(algorithm.module(), key);
                Sealer::Module(key.map_err(|_| AeadError::Seal)?)
            }
        };
        Ok(Self {
            sealer,
            sealed: AtomicU64::new(0),
        })
    }

    /// Returns `nonce || ciphertext || tag`. Whoever opens it needs the same `associated` data.
    ///
    /// # Errors
    /// [`AeadError::WornOut`] after [`MESSAGES_MAX`] messages, [`AeadError::Seal`] when the module fails.
    pub fn seal(&self, associated: &[u8], message: &[u8]) -> Result<Vec<u8>, AeadError> {
        if self.sealed.fetch_add(1, Ordering::Relaxed) >= MESSAGES_MAX {
            self.sealed.store(MESSAGES_MAX, Ordering::Relaxed); // never wraps
            return Err(AeadError::WornOut);
        }
        match &self.sealer {
            Sealer::Module(key) => key
                .seal(associated, message.to_vec())
                .map_err(|_| AeadError::Seal),
            Sealer::ChaCha(key) => {
                let mut nonce = [0; NONCE_BYTES];
                random::fill(&mut nonce).map_err(|_| AeadError::Seal)?;
                Ok([&nonce, seal(key, nonce, associated, message)?.as_slice()].concat())
            }
        }
    }
}

/// Seals messages under nonces of the caller, for protocols that prescribe them. Not in a fips build.
///
/// A nonce must never be used twice: two messages under one nonce give both away, and the key's tags with them.
pub struct CallerNonceSealKey(LessSafeKey);

impl CallerNonceSealKey {
    /// Takes a key of [`Algorithm::key_bytes`].
    ///
    /// # Errors
    /// POL-007 in a fips build; [`AeadError::KeyLength`].
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, AeadError> {
        Self::for_mode(Mode::current(), algorithm, key)
    }

    pub(super) fn for_mode(
        mode: Mode,
        algorithm: Algorithm,
        key: &[u8],
    ) -> Result<Self, AeadError> {
        algorithm.check(mode, key)?;
        if mode.is_fips() {
            let error = policy::refuse(
                mode,
                PolicyCode::CallerNonce,
                format!(
                    "sealing with {} under a nonce of the caller",
                    algorithm.name()
                ),
                "a repeated nonce reveals the messages and the key's tags",
                "a nonce drawn by the module (SealKey)",
            );
            return Err(error.into());
        }
        Ok(Self(algorithm.key(key)))
    }

    /// Returns `ciphertext || tag`.
    ///
    /// # Errors
    /// [`AeadError::NonceLength`], [`AeadError::Seal`].
    pub fn seal(
        &self,
        nonce: &[u8],
        associated: &[u8],
        message: &[u8],
    ) -> Result<Vec<u8>, AeadError> {
        seal(&self.0, exact(nonce)?, associated, message)
    }
}

/// Opens sealed messages. Keeps no copy of the key outside the provider.
pub struct OpenKey(LessSafeKey);

impl OpenKey {
    /// Takes a key of [`Algorithm::key_bytes`].
    ///
    /// # Errors
    /// [`AeadError::KeyLength`]; POL-010 for ChaCha20-Poly1305 in a fips build.
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, AeadError> {
        Self::for_mode(Mode::current(), algorithm, key)
    }

    pub(super) fn for_mode(
        mode: Mode,
        algorithm: Algorithm,
        key: &[u8],
    ) -> Result<Self, AeadError> {
        algorithm.check(mode, key)?;
        Ok(Self(algorithm.key(key)))
    }

    /// Returns the message inside `nonce || ciphertext || tag`.
    ///
    /// # Errors
    /// [`AeadError::Open`] for everything that was not sealed by this key with the same `associated` data.
    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AeadError> {
        let (nonce, sealed) = sealed.split_first_chunk().ok_or(AeadError::Open)?;
        open(&self.0, *nonce, associated, sealed)
    }

    /// Returns the message inside `ciphertext || tag`, whose nonce came another way.
    ///
    /// # Errors
    /// [`AeadError::NonceLength`]; else as [`OpenKey::open`].
    pub fn open_with_nonce(
        &self,
        nonce: &[u8],
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, AeadError> {
        open(&self.0, exact(nonce)?, associated, sealed)
    }
}

fn exact(nonce: &[u8]) -> Result<[u8; NONCE_BYTES], AeadError> {
    nonce
        .try_into()
        .map_err(|_| AeadError::NonceLength(nonce.len()))
}

fn seal(
    key: &LessSafeKey,
    nonce: [u8; NONCE_BYTES],
    associated: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, AeadError> {
    let mut text = Vec::with_capacity(message.len() + TAG_BYTES);
    text.extend_from_slice(message);
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(associated), &mut text)
        .map_err(|_| AeadError::Seal)?;
    Ok(text)
}

fn open(
    key: &LessSafeKey,
    nonce: [u8; NONCE_BYTES],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, AeadError> {
    let mut text = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = key
        .open_in_place(nonce, Aad::from(associated), &mut text)
        .map_err(|_| AeadError::Open)?
        .len();
    text.truncate(length);
    Ok(text)
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(***)")
    }
}

impl fmt::Debug for CallerNonceSealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerNonceSealKey(***)")
    }
}

impl fmt::Debug for OpenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenKey(***)")
    }
}
