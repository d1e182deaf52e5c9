//! Verification of signatures: in handshakes and in certificates.

use rustls::{SignatureScheme, crypto::WebPkiSupportedAlgorithms};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use crate::imp::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

/// A curve of the policy.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
}

impl Curve {
    pub(crate) const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// The name people use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The algorithm identifier of its keys.
    pub(crate) fn key_id(self) -> AlgorithmIdentifier {
        match self {
            Self::P256 => alg_id::ECDSA_P256,
            Self::P384 => alg_id::ECDSA_P384,
            Self::P521 => alg_id::ECDSA_P521,
        }
    }

    /// DER of its object identifier.
    pub(crate) fn oid(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
            Self::P384 => b"\x06\x05\x2b\x81\x04\x00\x22",
            Self::P521 => b"\x06\x05\x2b\x81\x04\x00\x23",
        }
    }

    /// Length of a private key in bytes.
    #[must_use]
    pub fn scalar_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// One way to check a signature: a function of the module between the two identifiers X.509 knows it by.
#[derive(Debug)]
struct Algorithm {
    module: &'static dyn VerificationAlgorithm,
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
}

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(self.module, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn fips(&self) -> bool {
        super::FIPS
    }
}

/// Says whether anything here checks signatures of keys of this kind.
pub(crate) fn supports_keys(kind: &AlgorithmIdentifier) -> bool {
    let mut all = SUPPORTED.all.iter();
    all.any(|algorithm| algorithm.public_key_alg_id() == *kind)
}

/// What is accepted from a peer. RSA starts at 2048 bits, and nothing here hashes with SHA-1.
pub(crate) static SUPPORTED: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        &P256_SHA256,
        &P256_SHA384,
        &P384_SHA256,
        &P384_SHA384,
        #[cfg(not(feature = "ring"))]
        &P256_SHA512,
        #[cfg(not(feature = "ring"))]
        &P384_SHA512,
        #[cfg(not(feature = "ring"))]
        &P521_SHA256,
        #[cfg(not(feature = "ring"))]
        &P521_SHA384,
        #[cfg(not(feature = "ring"))]
        &P521_SHA512,
        &ED25519,
        &PSS_SHA256,
        &PSS_SHA384,
        &PSS_SHA512,
        &PKCS1_SHA256,
        &PKCS1_SHA384,
        &PKCS1_SHA512,
        &PKCS1_SHA256_NO_PARAMETERS,
        &PKCS1_SHA384_NO_PARAMETERS,
        &PKCS1_SHA512_NO_PARAMETERS,
    ],
    // TLS 1.3 takes the first of a list only; in TLS 1.2 the scheme names the hash and leaves the curve open.
    mapping: &[
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[
                &P256_SHA256,
                &P384_SHA256,
                #[cfg(not(feature = "ring"))]
                &P521_SHA256,
            ],
        ),
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[
                &P384_SHA384,
                &P256_SHA384,
                #[cfg(not(feature = "ring"))]
                &P521_SHA384,
            ],
        ),
        #[cfg(not(feature = "ring"))]
        (
            SignatureScheme::ECDSA_NISTP521_SHA512,
            &[&P521_SHA512, &P384_SHA512, &P256_SHA512],
        ),
        (SignatureScheme::ED25519, &[&ED25519]),
        (SignatureScheme::RSA_PSS_SHA256, &[&PSS_SHA256]),
        (SignatureScheme::RSA_PSS_SHA384, &[&PSS_SHA384]),
        (SignatureScheme::RSA_PSS_SHA512, &[&PSS_SHA512]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[&PKCS1_SHA256]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[&PKCS1_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[&PKCS1_SHA512]),
    ],
};

static P256_SHA256: Algorithm = ecdsa(
    &signature::ECDSA_P256_SHA256_ASN1,
    alg_id::ECDSA_P256,
    alg_id::ECDSA_SHA256,
);
static P256_SHA384: Algorithm = ecdsa(
    &signature::ECDSA_P256_SHA384_ASN1,
    alg_id::ECDSA_P256,
    alg_id::ECDSA_SHA384,
);
static P384_SHA256: Algorithm = ecdsa(
    &signature::ECDSA_P384_SHA256_ASN1,
    alg_id::ECDSA_P384,
    alg_id::ECDSA_SHA256,
);
static P384_SHA384: Algorithm = ecdsa(
    &signature::ECDSA_P384_SHA384_ASN1,
    alg_id::ECDSA_P384,
    alg_id::ECDSA_SHA384,
);
#[cfg(not(feature = "ring"))]
static P256_SHA512: Algorithm = ecdsa(
    &signature::ECDSA_P256_SHA512_ASN1,
    alg_id::ECDSA_P256,
    alg_id::ECDSA_SHA512,
);
#[cfg(not(feature = "ring"))]
static P384_SHA512: Algorithm = ecdsa(
    &signature::ECDSA_P384_SHA512_ASN1,
    alg_id::ECDSA_P384,
    alg_id::ECDSA_SHA512,
);
#[cfg(not(feature = "ring"))]
static P521_SHA256: Algorithm = ecdsa(
    &signature::ECDSA_P521_SHA256_ASN1,
    alg_id::ECDSA_P521,
    alg_id::ECDSA_SHA256,
);
#[cfg(not(feature = "ring"))]
static P521_SHA384: Algorithm = ecdsa(
    &signature::ECDSA_P521_SHA384_ASN1,
    alg_id::ECDSA_P521,
    alg_id::ECDSA_SHA384,
);
#[cfg(not(feature = "ring"))]
static P521_SHA512: Algorithm = ecdsa(
    &signature::ECDSA_P521_SHA512_ASN1,
    alg_id::ECDSA_P521,
    alg_id::ECDSA_SHA512,
);

static ED25519: Algorithm = Algorithm {
    module: &signature::ED25519,
    key: alg_id::ED25519,
    signature: alg_id::ED25519,
};

static PSS_SHA256: Algorithm = rsa(&signature::RSA_PSS_2048_8192_SHA256, alg_id::RSA_PSS_SHA256);
static PSS_SHA384: Algorithm = rsa(&signature::RSA_PSS_2048_8192_SHA384, alg_id::RSA_PSS_SHA384);
static PSS_SHA512: Algorithm = rsa(&signature::RSA_PSS_2048_8192_SHA512, alg_id::RSA_PSS_SHA512);
static PKCS1_SHA256: Algorithm = rsa(
    &signature::RSA_PKCS1_2048_8192_SHA256,
    alg_id::RSA_PKCS1_SHA256,
);
static PKCS1_SHA384: Algorithm = rsa(
    &signature::RSA_PKCS1_2048_8192_SHA384,
    alg_id::RSA_PKCS1_SHA384,
);
static PKCS1_SHA512: Algorithm = rsa(
    &signature::RSA_PKCS1_2048_8192_SHA512,
    alg_id::RSA_PKCS1_SHA512,
);

// Some issuers leave the NULL out of the identifier; Go reads their certificates, so do we (RFC 4055 section 5).
static PKCS1_SHA256_NO_PARAMETERS: Algorithm = rsa(
    &signature::RSA_PKCS1_2048_8192_SHA256,
    no_parameters(&SHA256_OID),
);
static PKCS1_SHA384_NO_PARAMETERS: Algorithm = rsa(
    &signature::RSA_PKCS1_2048_8192_SHA384,
    no_parameters(&SHA384_OID),
);
static PKCS1_SHA512_NO_PARAMETERS: Algorithm = rsa(
    &signature::RSA_PKCS1_2048_8192_SHA512,
    no_parameters(&SHA512_OID),
);
const SHA256_OID: [u8; 11] = *b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
const SHA384_OID: [u8; 11] = *b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c";
const SHA512_OID: [u8; 11] = *b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d";

const fn no_parameters(oid: &'static [u8; 11]) -> AlgorithmIdentifier {
    AlgorithmIdentifier::from_slice(oid)
}

const fn ecdsa(
    module: &'static dyn VerificationAlgorithm,
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
) -> Algorithm {
    Algorithm {
        module,
        key,
        signature,
    }
}

const fn rsa(
    module: &'static dyn VerificationAlgorithm,
    signature: AlgorithmIdentifier,
) -> Algorithm {
    Algorithm {
        module,
        key: alg_id::RSA_ENCRYPTION,
        signature,
    }
}
