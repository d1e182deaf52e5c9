//! The cipher suites, in our order of preference.

use rustls::{
    CipherSuite, CipherSuiteCommon, ConnectionTrafficSecrets, Error, SignatureScheme,
    SupportedCipherSuite, Tls12CipherSuite, Tls13CipherSuite,
    crypto::{
        ActiveKeyExchange, KeyExchangeAlgorithm,
        cipher::{
            AeadKey, Iv, KeyBlockShape, MessageDecrypter, MessageEncrypter, NONCE_LEN,
            Tls12AeadAlgorithm, Tls13AeadAlgorithm, UnsupportedOperationError,
        },
        hash::Hash,
        tls12::Prf,
        tls13::Hkdf,
    },
    version::TLS12,
};

use super::{
    hash::{HKDF_SHA256, HKDF_SHA384, SHA256, SHA384},
    record::{Cipher, RecordVersion},
    twin::Tls12Prf,
};

/// Every suite this house implements. ChaCha20 is not approved and left out of a fips configuration by
/// `tls::selection`.
pub(crate) static ALL: &[SupportedCipherSuite] = &[
    tls13(&AES_256),
    tls13(&AES_128),
    tls13(&CHACHA),
    tls12(&ECDSA_AES_256),
    tls12(&ECDSA_AES_128),
    tls12(&ECDSA_CHACHA),
    tls12(&RSA_AES_256),
    tls12(&RSA_AES_128),
    tls12(&RSA_CHACHA),
];

static AES_256: Tls13CipherSuite = suite13(
    CipherSuite::TLS13_AES_256_GCM_SHA384,
    &SHA384,
    &HKDF_SHA384,
    &Cipher::Aes256Gcm,
);
static AES_128: Tls13CipherSuite = suite13(
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    &SHA256,
    &HKDF_SHA256,
    &Cipher::Aes128Gcm,
);
static CHACHA: Tls13CipherSuite = suite13(
    CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    &SHA256,
    &HKDF_SHA256,
    &Cipher::ChaCha20Poly1305,
);

static ECDSA_AES_256: Tls12CipherSuite = suite12(
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    (&SHA384, &PRF_SHA384),
    ECDSA_SCHEMES,
    &Cipher::Aes256Gcm,
);
static ECDSA_AES_128: Tls12CipherSuite = suite12(
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    (&SHA256, &PRF_SHA256),
    ECDSA_SCHEMES,
    &Cipher::Aes128Gcm,
);
static ECDSA_CHACHA: Tls12CipherSuite = suite12(
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    (&SHA256, &PRF_SHA256),
    ECDSA_SCHEMES,
    &Cipher::ChaCha20Poly1305,
);
static RSA_AES_256: Tls12CipherSuite = suite12(
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    (&SHA384, &PRF_SHA384),
    RSA_SCHEMES,
    &Cipher::Aes256Gcm,
);
static RSA_AES_128: Tls12CipherSuite = suite12(
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    (&SHA256, &PRF_SHA256),
    RSA_SCHEMES,
    &Cipher::Aes128Gcm,
);
static RSA_CHACHA: Tls12CipherSuite = suite12(
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    (&SHA256, &PRF_SHA256),
    RSA_SCHEMES,
    &Cipher::ChaCha20Poly1305,
);

static PRF_SHA256: Tls12Prf = Tls12Prf::SHA256;
static PRF_SHA384: Tls12Prf = Tls12Prf::SHA384;

const ECDSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ED25519,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP256_SHA256,
];
const RSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

const fn tls13(suite: &'static Tls13CipherSuite) -> SupportedCipherSuite {
    SupportedCipherSuite::Tls13(suite)
}

const fn tls12(suite: &'static Tls12CipherSuite) -> SupportedCipherSuite {
    SupportedCipherSuite::Tls12(suite)
}

const fn common(
    suite: CipherSuite,
    hash_provider: &'static dyn Hash,
    cipher: Cipher,
) -> CipherSuiteCommon {
    CipherSuiteCommon {
        suite,
        hash_provider,
        confidentiality_limit: cipher.confidentiality_limit(),
    }
}

const fn suite13(
    suite: CipherSuite,
    hash: &'static dyn Hash,
    hkdf_provider: &'static dyn Hkdf,
    cipher: &'static Cipher,
) -> Tls13CipherSuite {
    Tls13CipherSuite {
        common: common(suite, hash, *cipher),
        hkdf_provider,
        aead_alg: cipher,
        quic: None,
    }
}

const fn suite12(
    suite: CipherSuite,
    (hash, prf_provider): (&'static dyn Hash, &'static dyn Prf),
    sign: &'static [SignatureScheme],
    cipher: &'static Cipher,
) -> Tls12CipherSuite {
    Tls12CipherSuite {
        common: common(suite, hash, *cipher),
        prf_provider,
        kx: KeyExchangeAlgorithm::ECDHE,
        sign,
        aead_alg: cipher,
    }
}

impl Tls13AeadAlgorithm for Cipher {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Self::encrypter(*self, RecordVersion::Tls13, &key, iv)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Self::decrypter(*self, RecordVersion::Tls13, &key, iv)
    }

    fn key_len(&self) -> usize {
        Self::key_len(*self)
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.secrets(key, iv)
    }

    fn fips(&self) -> bool {
        Self::fips(*self)
    }
}

impl Tls12AeadAlgorithm for Cipher {
    fn encrypter(&self, key: AeadKey, iv: &[u8], _: &[u8]) -> Box<dyn MessageEncrypter> {
        Self::encrypter(*self, RecordVersion::Tls12, &key, tls12_iv(iv))
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Self::decrypter(*self, RecordVersion::Tls12, &key, tls12_iv(iv))
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        // GCM: four secret bytes, the other eight travel with the record (RFC 5288). ChaCha20: all twelve (RFC 7905).
        let fixed_iv_len = if self.is_gcm() { 4 } else { NONCE_LEN };
        KeyBlockShape {
            enc_key_len: Self::key_len(*self),
            fixed_iv_len,
            explicit_nonce_len: 0,
        }
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        _: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.secrets(key, tls12_iv(iv))
    }

    fn fips(&self) -> bool {
        Self::fips(*self)
    }
}

/// The fixed part of a nonce, filled with zeros.
fn tls12_iv(fixed: &[u8]) -> Iv {
    let mut iv = [0; NONCE_LEN];
    iv[..fixed.len()].copy_from_slice(fixed);
    Iv::new(iv)
}

impl Prf for Tls12Prf {
    fn for_key_exchange(
        &self,
        output: &mut [u8; 48],
        kx: Box<dyn ActiveKeyExchange>,
        peer_pub_key: &[u8],
        label: &[u8],
        seed: &[u8],
    ) -> Result<(), Error> {
        let secret = kx.complete_for_tls_version(peer_pub_key, &TLS12)?;
        self.derive(output, secret.secret_bytes(), label, seed);
        Ok(())
    }

    fn for_secret(&self, output: &mut [u8], secret: &[u8], label: &[u8], seed: &[u8]) {
        self.derive(output, secret, label, seed);
    }

    fn fips(&self) -> bool {
        super::FIPS
    }
}
