//! Protection of TLS records: one sealing and one opening side for both protocol versions and all suites.

use rustls::{
    ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion,
    crypto::cipher::{
        AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter,
        NONCE_LEN, Nonce, OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload,
        UnsupportedOperationError, make_tls12_aad, make_tls13_aad,
    },
};

use super::twin::{GcmOpeningKey, GcmSealingKey};
use crate::imp::{
    aead::{self, Aad, Algorithm, LessSafeKey, Tag, UnboundKey},
    error::Unspecified,
};

/// Which record nonces the module has to expect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RecordVersion {
    Tls12,
    Tls13,
}

/// The cipher of a suite.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cipher {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

impl Cipher {
    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes128Gcm => &aead::AES_128_GCM,
            Self::Aes256Gcm => &aead::AES_256_GCM,
            Self::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        }
    }

    pub(super) fn key_len(self) -> usize {
        self.algorithm().key_len()
    }

    pub(super) fn is_gcm(self) -> bool {
        self != Self::ChaCha20Poly1305
    }

    pub(super) fn fips(self) -> bool {
        super::FIPS && self.is_gcm()
    }

    /// Records one key may protect (draft-irtf-cfrg-aead-limits-08).
    pub(super) const fn confidentiality_limit(self) -> u64 {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => 1 << 24,
            Self::ChaCha20Poly1305 => u64::MAX,
        }
    }

    pub(super) fn secrets(
        self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Ok(match self {
            Self::Aes128Gcm => ConnectionTrafficSecrets::Aes128Gcm { key, iv },
            Self::Aes256Gcm => ConnectionTrafficSecrets::Aes256Gcm { key, iv },
            Self::ChaCha20Poly1305 => ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv },
        })
    }

    pub(super) fn encrypter(
        self,
        version: RecordVersion,
        key: &AeadKey,
        iv: Iv,
    ) -> Box<dyn MessageEncrypter> {
        let key = if self.is_gcm() {
            GcmSealingKey::new(self.algorithm(), version, key.as_ref()).map(SealingKey::Gcm)
        } else {
            UnboundKey::new(self.algorithm(), key.as_ref())
                .map(|key| SealingKey::ChaCha(LessSafeKey::new(key)))
        };
        let key = key.expect("rustls passes a key of key_len() bytes");
        let explicit_nonce = version == RecordVersion::Tls12 && self.is_gcm();
        Box::new(Encrypter {
            key,
            version,
            nonces: Nonces { iv, explicit_nonce },
        })
    }

    pub(super) fn decrypter(
        self,
        version: RecordVersion,
        key: &AeadKey,
        iv: Iv,
    ) -> Box<dyn MessageDecrypter> {
        let key = if self.is_gcm() {
            GcmOpeningKey::new(self.algorithm(), version, key.as_ref()).map(OpeningKey::Gcm)
        } else {
            UnboundKey::new(self.algorithm(), key.as_ref())
                .map(|key| OpeningKey::ChaCha(LessSafeKey::new(key)))
        };
        let key = key.expect("rustls passes a key of key_len() bytes");
        let explicit_nonce = version == RecordVersion::Tls12 && self.is_gcm();
        Box::new(Decrypter {
            key,
            version,
            nonces: Nonces { iv, explicit_nonce },
        })
    }
}

/// How the nonce of a record comes about.
struct Nonces {
    iv: Iv,
    /// TLS 1.2 AES-GCM sends eight bytes of the nonce with the record. We send the sequence number (RFC 5288 section
    /// 3): with the last eight bytes of `iv` zero the exclusive-or of TLS 1.3 gives exactly that, and the module can
    /// check that it only grows.
    explicit_nonce: bool,
}

impl Nonces {
    fn explicit_len(&self) -> usize {
        if self.explicit_nonce {
            EXPLICIT_NONCE_LEN
        } else {
            0
        }
    }

    fn for_sequence(&self, sequence: u64) -> [u8; NONCE_LEN] {
        Nonce::new(&self.iv, sequence).0
    }

    /// The nonce of a record from a peer, which may have chosen the explicit part as it liked.
    fn for_record(&self, sequence: u64, payload: &[u8]) -> [u8; NONCE_LEN] {
        let mut nonce = self.for_sequence(sequence);
        let explicit = self.explicit_len();
        nonce[NONCE_LEN - explicit..].copy_from_slice(&payload[..explicit]);
        nonce
    }
}

enum SealingKey {
    Gcm(GcmSealingKey),
    ChaCha(LessSafeKey),
}

impl SealingKey {
    fn seal(
        &mut self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<Tag, Unspecified> {
        match self {
            Self::Gcm(key) => key.seal(nonce, aad, text),
            Self::ChaCha(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(nonce);
                key.seal_in_place_separate_tag(nonce, Aad::from(aad), text)
            }
        }
    }
}

enum OpeningKey {
    Gcm(GcmOpeningKey),
    ChaCha(LessSafeKey),
}

impl OpeningKey {
    /// Decrypts in place and returns the length of the plain text.
    fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<usize, Unspecified> {
        match self {
            Self::Gcm(key) => key.open(nonce, aad, text),
            Self::ChaCha(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(nonce);
                Ok(key.open_in_place(nonce, Aad::from(aad), text)?.len())
            }
        }
    }
}

struct Encrypter {
    key: SealingKey,
    version: RecordVersion,
    nonces: Nonces,
}

impl MessageEncrypter for Encrypter {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        sequence: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let total = self.encrypted_payload_len(message.payload.len());
        let explicit = self.nonces.explicit_len();
        let nonce = self.nonces.for_sequence(sequence);
        let mut payload = PrefixedPayload::with_capacity(total);
        payload.extend_from_slice(&nonce[NONCE_LEN - explicit..]);
        payload.extend_from_chunks(&message.payload);

        let (content_type, version, tag) = match self.version {
            RecordVersion::Tls12 => {
                let aad = make_tls12_aad(
                    sequence,
                    message.typ,
                    message.version,
                    message.payload.len(),
                );
                let tag = self
                    .key
                    .seal(nonce, &aad, &mut payload.as_mut()[explicit..]);
                (message.typ, message.version, tag)
            }
            RecordVersion::Tls13 => {
                payload.extend_from_slice(&[u8::from(message.typ)]);
                let tag = self
                    .key
                    .seal(nonce, &make_tls13_aad(total), payload.as_mut());
                // RFC 8446 section 5.1: on the wire every protected record looks like TLS 1.2 application data.
                (ContentType::ApplicationData, ProtocolVersion::TLSv1_2, tag)
            }
        };
        payload.extend_from_slice(tag.map_err(|_| Error::EncryptError)?.as_ref());
        Ok(OutboundOpaqueMessage::new(content_type, version, payload))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        let content_type = usize::from(self.version == RecordVersion::Tls13);
        self.nonces.explicit_len() + payload_len + content_type + TAG_LEN
    }
}

struct Decrypter {
    key: OpeningKey,
    version: RecordVersion,
    nonces: Nonces,
}

impl MessageDecrypter for Decrypter {
    fn decrypt<'a>(
        &mut self,
        mut message: InboundOpaqueMessage<'a>,
        sequence: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let explicit = self.nonces.explicit_len();
        let text_len = message
            .payload
            .len()
            .checked_sub(explicit + TAG_LEN)
            .ok_or(Error::DecryptError)?;
        let nonce = self.nonces.for_record(sequence, &message.payload);
        let text = &mut message.payload[explicit..];
        let plain_len = match self.version {
            RecordVersion::Tls12 => {
                let aad = make_tls12_aad(sequence, message.typ, message.version, text_len);
                self.key.open(nonce, &aad, text)
            }
            RecordVersion::Tls13 => {
                let aad = make_tls13_aad(text.len());
                self.key.open(nonce, &aad, text)
            }
        }
        .map_err(|_| Error::DecryptError)?;
        if self.version == RecordVersion::Tls13 {
            message.payload.truncate(plain_len);
            return message.into_tls13_unpadded_message();
        }
        if plain_len > PLAINTEXT_BYTES_MAX {
            return Err(Error::PeerSentOversizedRecord);
        }
        Ok(message.into_plain_message_range(explicit..explicit + plain_len))
    }
}

const EXPLICIT_NONCE_LEN: usize = 8;
/// Every cipher here has a tag of 16 bytes.
const TAG_LEN: usize = 16;
/// RFC 5246 section 6.2.1.
const PLAINTEXT_BYTES_MAX: usize = 1 << 14;
