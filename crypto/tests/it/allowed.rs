//! Every row of what is allowed, with its outcome in this provider: it works, the provider does not have it, or a rule
//! refuses it. What the strict policy adds is tested beside each operation.

use std::num::NonZeroU32;

use crypto::{
    Provider,
    aead::{self, CallerNonceSealKey, OpenKey, SealKey},
    digest, hmac, identifier, jwt, kdf, password, random,
    sign::{KeyKind, PrivateKey, Scheme},
    tls::ServerConfigBuilder,
    verify::PublicKey,
};

use crate::pipe::{names, server};

/// What happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Works,
    /// The provider does not implement it.
    Missing,
    /// This rule refuses it.
    Policy(u8),
}

use Outcome::{Missing, Policy, Works};

const EVERYWHERE: [Outcome; 3] = [Works, Works, Works];
const NOT_RING: [Outcome; 3] = [Missing, Works, Works];
const NOWHERE: [Outcome; 3] = [Missing, Missing, Missing];

/// Outcomes are told by their texts, which are promised too.
fn outcome<T, E: ToString>(result: Result<T, E>) -> Outcome {
    let Err(error) = result else {
        return Works;
    };
    let text = error.to_string();
    if let Some(rest) = text.strip_prefix("crypto policy POL-") {
        assert!(
            rest.contains(" is not allowed: ") && rest.contains("; use "),
            "{text}"
        );
        return Policy(rest[..3].parse().unwrap());
    }
    let missing = format!("provider {} does not implement ", crypto::provider().name());
    assert!(text.starts_with(&missing), "{text}");
    Missing
}

/// `expected` is for ring, AWS-LC and the FIPS module.
#[track_caller]
fn row<T, E: ToString>(name: &str, expected: [Outcome; 3], result: Result<T, E>) {
    let expected = match crypto::provider() {
        Provider::Ring => expected[0],
        Provider::AwsLc => expected[1],
        Provider::AwsLcFips => expected[2],
    };
    assert_eq!(outcome(result), expected, "{name}");
}

#[test]
fn digests() {
    for name in ["SHA-256", "SHA-384", "SHA-512", "SHA-512/256"] {
        row(name, EVERYWHERE, name.parse::<digest::Algorithm>());
    }
    for name in ["SHA-224", "SHA3-256", "SHA3-384", "SHA3-512"] {
        row(name, NOT_RING, name.parse::<digest::Algorithm>());
    }
    for name in ["SHA-1", "MD5", "MD4", "RIPEMD-160"] {
        row(name, [Policy(1); 3], name.parse::<digest::Algorithm>());
    }
    assert_eq!(identifier::sha1(b"").len(), 20);
}

#[test]
fn message_authentication() {
    for algorithm in [
        hmac::Algorithm::Sha256,
        hmac::Algorithm::Sha384,
        hmac::Algorithm::Sha512,
    ] {
        let key = |bytes| hmac::Key::new(algorithm, &vec![1; bytes]);
        row("HMAC, 14 bytes", EVERYWHERE, key(14));
        row("HMAC, 13 bytes", [Works, Works, Policy(8)], key(13));
    }
}

#[test]
fn ciphers() {
    for algorithm in [aead::Algorithm::Aes128Gcm, aead::Algorithm::Aes256Gcm] {
        let key = vec![1; algorithm.key_bytes()];
        row("AES-GCM", EVERYWHERE, SealKey::new(algorithm, &key));
        row("AES-GCM, open", EVERYWHERE, OpenKey::new(algorithm, &key));
        let caller = CallerNonceSealKey::new(algorithm, &key);
        row(
            "AES-GCM, nonce of the caller",
            [Works, Works, Policy(7)],
            caller,
        );
    }
    let chacha = [Works, Works, Policy(10)];
    let algorithm = aead::Algorithm::ChaCha20Poly1305;
    row(
        "ChaCha20",
        chacha,
        "ChaCha20-Poly1305".parse::<aead::Algorithm>(),
    );
    row("ChaCha20, seal", chacha, SealKey::new(algorithm, &[1; 32]));
    row("ChaCha20, open", chacha, OpenKey::new(algorithm, &[1; 32]));
    for name in [
        "AES-192-GCM",
        "AES-128-CCM",
        "AES-256-CBC",
        "AES-128-OFB",
        "AES-128-CFB",
    ] {
        row(name, NOWHERE, name.parse::<aead::Algorithm>());
    }
    for name in [
        "RC4",
        "DES",
        "3DES",
        "RC2",
        "Blowfish",
        "RSAES-OAEP",
        "RSAES-PKCS1-v1_5",
    ] {
        let refused = [Missing, Missing, Policy(10)];
        row(name, refused, name.parse::<aead::Algorithm>());
    }
}

#[test]
fn keys_and_signatures() {
    for kind in [KeyKind::Rsa2048, KeyKind::P521] {
        row("made", NOT_RING, PrivateKey::generate(kind));
    }
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519] {
        row("made", EVERYWHERE, PrivateKey::generate(kind));
    }
    let load = PrivateKey::from_pem;
    row(
        "RSA 2048",
        EVERYWHERE,
        load(include_bytes!("../../testdata/rsa2048.pem")),
    );
    row(
        "RSA 4096",
        EVERYWHERE,
        load(include_bytes!("../../testdata/rsa4096.pem")),
    );
    row(
        "RSA 1024",
        [Policy(3); 3],
        load(include_bytes!("../../testdata/rsa1024.pem")),
    );
    row(
        "P-521",
        NOT_RING,
        load(include_bytes!("../../testdata/p521.pem")),
    );
    row(
        "secp256k1",
        [Policy(2); 3],
        load(include_bytes!("../../testdata/secp256k1.pem")),
    );
    let load = PublicKey::from_pem;
    row(
        "RSA 2048",
        EVERYWHERE,
        load(include_bytes!("../../testdata/rsa2048.crt")),
    );
    row(
        "RSA 1024",
        [Policy(3); 3],
        load(include_bytes!("../../testdata/rsa1024.crt")),
    );
    row(
        "P-521",
        NOT_RING,
        load(include_bytes!("../../testdata/p521.crt")),
    );
    row(
        "secp256k1",
        [Policy(2); 3],
        load(include_bytes!("../../testdata/secp256k1.crt")),
    );
    for digest in ["sha256", "sha384", "sha512"] {
        for name in ["rsa_pkcs1", "rsa_pss"] {
            row(
                name,
                EVERYWHERE,
                format!("{name}_{digest}").parse::<Scheme>(),
            );
        }
    }
    for name in [
        "ecdsa_secp256r1_sha256",
        "ecdsa_secp384r1_sha384",
        "ed25519",
    ] {
        row(name, EVERYWHERE, name.parse::<Scheme>());
    }
    row(
        "P-521",
        NOT_RING,
        "ecdsa_secp521r1_sha512".parse::<Scheme>(),
    );
    for name in [
        "rsa_pkcs1_sha1",
        "rsa_pss_sha1",
        "ecdsa_sha1",
        "ecdsa_secp256k1_sha256",
    ] {
        row(name, [Policy(2); 3], name.parse::<Scheme>());
    }
}

#[test]
fn groups_of_tls() {
    let with = |curve: &str| -> ServerConfigBuilder { server().1.curves(&names(&[curve])) };
    for curve in ["CurveP256", "CurveP384"] {
        row(curve, EVERYWHERE, with(curve).build());
    }
    row(
        "X25519 alone",
        [Works, Works, Policy(5)],
        with("X25519").build(),
    );
    // A list with nothing else left is refused for being empty; the warning beside it names the provider.
    row(
        "P-521 alone",
        [Policy(5), Works, Works],
        with("CurveP521").build(),
    );
    let report: serde_json::Value = serde_json::from_str(&crypto::report().to_json()).unwrap();
    let groups = report["tls"]["groups"].as_array().unwrap();
    let has_hybrid = groups.iter().any(|group| group == "X25519MLKEM768");
    assert_eq!(
        has_hybrid,
        crypto::provider() != Provider::Ring,
        "{groups:?}"
    );
}

#[test]
fn keys_from_secrets_and_passwords() {
    let sha256 = hmac::Algorithm::Sha256;
    row(
        "HKDF",
        EVERYWHERE,
        kdf::hkdf(sha256, None, b"secret", b"info", 32),
    );
    let derive = |rounds, salt: usize, password: usize| {
        let rounds = NonZeroU32::new(rounds).unwrap();
        kdf::pbkdf2(sha256, rounds, &vec![1; salt], &vec![2; password], 32)
    };
    let weak = [Works, Works, Policy(9)];
    row("PBKDF2", EVERYWHERE, derive(1000, 16, 14));
    row("PBKDF2, rounds", weak, derive(999, 16, 14));
    row("PBKDF2, salt", weak, derive(1000, 15, 14));
    row("PBKDF2, password", weak, derive(1000, 16, 13));
    row("bcrypt", EVERYWHERE, password::hash(b"secret", 4));
    row("JWT, HS256, 14 bytes", EVERYWHERE, token_key(14));
    row(
        "JWT, HS256, 13 bytes",
        [Works, Works, Policy(8)],
        token_key(13),
    );
    row("random", EVERYWHERE, random::fill(&mut [0; 32]));
}

fn token_key(bytes: usize) -> Result<jwt::SigningKey, jwt::JwtError> {
    jwt::SigningKey::from_secret(jwt::Algorithm::Hs256, &vec![1; bytes])
}
