//! Sealing and opening of messages: AES-GCM and ChaCha20-Poly1305, under a nonce the module draws.
//!
//! Here: the ciphers, their names and errors; the keys are in `key`. A sealed message is `nonce || ciphertext || tag`. Records of TLS have their own keys in `provider::record`.

mod key;

use std::str::FromStr;

use crate::{
    imp::aead::{self as module, LessSafeKey, UnboundKey},
    policy::{self, PolicyCode, PolicyError, Refused, Unsupported},
    settings::Mode,
};

pub use self::key::{CallerNonceSealKey, OpenKey, SealKey};

/// Bytes of every nonce.
pub const NONCE_BYTES: usize = 12;

/// Bytes of every tag.
pub const TAG_BYTES: usize = 16;

/// Messages one key seals before it is worn out: with random nonces of 96 bits, no more (SP 800-38D section 8.3).
pub const MESSAGES_MAX: u64 = 1 << 32;

/// A cipher that authenticates.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Algorithm {
    /// AES-GCM with a key of 16 bytes.
    Aes128Gcm,
    /// AES-GCM with a key of 32 bytes.
    Aes256Gcm,
    /// ChaCha20-Poly1305, with a key of 32 bytes. Refused in fips builds (POL-010).
    ChaCha20Poly1305,
}

/// Why a message is not sealed or opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AeadError {
    /// The cipher, or a nonce of the caller's, is refused by rule (POL-010, POL-007).
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The key does not fit the cipher.
    #[error("a key of {found} bytes where the cipher takes {needed}")]
    KeyLength {
        /// What was given.
        found: usize,
        /// What the cipher takes.
        needed: usize,
    },
    /// The nonce does not have [`NONCE_BYTES`].
    #[error("a nonce of {0} bytes where 12 are needed")]
    NonceLength(usize),
    /// The message was sealed by another key or with other data, or was changed on its way. Nothing more is said.
    #[error("the sealed message does not authenticate")]
    Open,
    /// The message is longer than the cipher takes, or the module failed.
    #[error("the crypto module did not seal the message")]
    Seal,
    /// The key sealed [`MESSAGES_MAX`] messages; take a new one.
    #[error("the key is worn out: it has sealed 2^32 messages")]
    WornOut,
}

impl Algorithm {
    /// The name people use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes256Gcm => "AES-256-GCM",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
        }
    }

    /// Length of a key in bytes.
    #[must_use]
    pub fn key_bytes(self) -> usize {
        self.module().key_len()
    }

    fn module(self) -> &'static module::Algorithm {
        match self {
            Self::Aes128Gcm => &module::AES_128_GCM,
            Self::Aes256Gcm => &module::AES_256_GCM,
            Self::ChaCha20Poly1305 => &module::CHACHA20_POLY1305,
        }
    }

    fn check(self, mode: Mode, key: &[u8]) -> Result<(), AeadError> {
        if mode.is_fips() && self == Self::ChaCha20Poly1305 {
            return Err(refused_cipher(mode, self.name()).into());
        }
        let (found, needed) = (key.len(), self.key_bytes());
        if found != needed {
            return Err(AeadError::KeyLength { found, needed });
        }
        Ok(())
    }

    fn key(self, material: &[u8]) -> LessSafeKey {
        let key = UnboundKey::new(self.module(), material).expect("the length was checked");
        LessSafeKey::new(key)
    }
}

/// Reads a name such as `aes-256-gcm` or `ChaCha20-Poly1305`.
///
/// # Errors
/// POL-010 for what a fips build refuses (ChaCha20-Poly1305, RC4, DES, 3DES, RC2, Blowfish, RSA encryption);
/// [`Unsupported`] for those elsewhere, and for every other name.
impl FromStr for Algorithm {
    type Err = Refused;

    fn from_str(name: &str) -> Result<Self, Refused> {
        Self::for_mode(Mode::current(), name)
    }
}

impl Algorithm {
    fn for_mode(mode: Mode, name: &str) -> Result<Self, Refused> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        match plain.as_str() {
            "aes128gcm" => Ok(Self::Aes128Gcm),
            "aes256gcm" => Ok(Self::Aes256Gcm),
            "chacha20poly1305" if !mode.is_fips() => Ok(Self::ChaCha20Poly1305),
            _ if mode.is_fips() && NOT_APPROVED.iter().any(|known| plain.starts_with(known)) => {
                Err(refused_cipher(mode, name).into())
            }
            _ => {
                let what = format!("cipher {name:?}");
                Err(Unsupported::new(what, "use AES-128-GCM or AES-256-GCM").into())
            }
        }
    }
}

/// How the names of ciphers begin that no module is validated for.
const NOT_APPROVED: &[&str] = &[
    "chacha20",
    "xchacha20",
    "rc2",
    "rc4",
    "des",
    "3des",
    "blowfish",
    "rsa",
];

fn refused_cipher(mode: Mode, name: &str) -> PolicyError {
    policy::refuse(
        mode,
        PolicyCode::Cipher,
        format!("cipher {name}"),
        "it is not an approved algorithm",
        "AES-128-GCM or AES-256-GCM",
    )
}

#[cfg(test)]
mod tests;
