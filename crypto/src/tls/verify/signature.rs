//! Go's words for a signature in a certificate that does not count.
//!
//! Source: Go crypto/x509 x509.go `checkSignature`, `InsecureAlgorithmError`.

use rustls_pki_types::alg_id;

use crate::pki::certificate::SubjectKey;

/// Why an algorithm is not accepted, from the content of its identifier.
pub(super) fn refusal(algorithm: &[u8]) -> &'static str {
    let starts_with = |oid: &[u8]| algorithm.starts_with(oid);
    // The texts are Go's.
    if starts_with(SHA1_RSA) {
        "x509: cannot verify signature: insecure algorithm SHA1-RSA"
    } else if starts_with(SHA1_ECDSA) {
        "x509: cannot verify signature: insecure algorithm ECDSA-SHA1"
    } else if starts_with(MD5_RSA) {
        "x509: cannot verify signature: insecure algorithm MD5-RSA"
    } else {
        "x509: cannot verify signature: algorithm unimplemented"
    }
}

/// What is said when the numbers are wrong, by the kind of the issuer's key.
pub(super) fn mismatch(key: &SubjectKey) -> &'static str {
    // The texts are Go's.
    if key.algorithm == alg_id::RSA_ENCRYPTION.as_ref() {
        "crypto/rsa: verification error"
    } else if key.algorithm == alg_id::ED25519.as_ref() {
        "x509: Ed25519 verification failure"
    } else {
        "x509: ECDSA verification failure"
    }
}

const MD5_RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04";
const SHA1_RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05";
const SHA1_ECDSA: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x04\x01";
