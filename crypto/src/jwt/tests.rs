use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::{Algorithm, Claims, JwtError, SigningKey, TOKEN_BYTES_MAX, VerifyingKey, hmac_key};
use crate::{
    pki::pem,
    settings::Mode,
    sign::{KeyKind, PrivateKey},
    verify::PublicKey,
};

const NOW: u64 = 1_800_000_000;
const SECRET: &[u8] = b"a secret of enough bytes";

fn claims(json: &serde_json::Value) -> Claims {
    json.as_object().unwrap().clone()
}

/// As etcd fills a token.
fn etcd_claims() -> Claims {
    claims(&json!({ "username": "root", "revision": 7, "exp": NOW + 300 }))
}

fn rsa() -> PrivateKey {
    PrivateKey::from_pem(include_bytes!("../../testdata/rsa2048.pem")).unwrap()
}

/// A key of every algorithm this build has.
fn keys() -> Vec<SigningKey> {
    let key = |algorithm| match algorithm {
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
            SigningKey::from_secret(algorithm, SECRET).ok()
        }
        Algorithm::Es256 => SigningKey::new(algorithm, generate(KeyKind::P256)?).ok(),
        Algorithm::Es384 => SigningKey::new(algorithm, generate(KeyKind::P384)?).ok(),
        Algorithm::Es512 => SigningKey::new(algorithm, generate(KeyKind::P521)?).ok(),
        Algorithm::EdDsa => SigningKey::new(algorithm, generate(KeyKind::Ed25519)?).ok(),
        _ => SigningKey::new(algorithm, rsa()).ok(),
    };
    let keys: Vec<_> = Algorithm::ALL.into_iter().filter_map(key).collect();
    assert_eq!(keys.len(), if cfg!(feature = "ring") { 12 } else { 13 });
    keys
}

fn generate(kind: KeyKind) -> Option<PrivateKey> {
    PrivateKey::generate(kind).ok()
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Signs whatever header and claims with the secret.
fn forged(header: &str, claims: &str) -> String {
    let key = SigningKey::from_secret(Algorithm::Hs256, SECRET).unwrap();
    key.sign_parts(header.as_bytes(), claims.as_bytes())
        .unwrap()
}

#[track_caller]
fn refused(token: &str, expected: JwtError) {
    let key = VerifyingKey::from_secret(Algorithm::Hs256, SECRET).unwrap();
    assert_eq!(key.verify(token, NOW), Err(expected));
}

#[test]
fn every_algorithm_signs_what_it_verifies_and_no_other_key_does() {
    let keys = keys();
    for signing in &keys {
        let token = signing.sign(&etcd_claims()).unwrap();
        for verifying in &keys {
            let outcome = verifying.verifying().verify(&token, NOW);
            if signing.algorithm == verifying.algorithm {
                assert_eq!(outcome, Ok(etcd_claims()), "{signing:?}");
            } else {
                assert_eq!(
                    outcome,
                    Err(JwtError::OtherMethod),
                    "{signing:?} {verifying:?}"
                );
            }
        }
    }
}

#[test]
fn the_token_of_rfc_7515_verifies() {
    // RFC 7515 appendix A.1; its date is 2011.
    let secret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                 eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
                 dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let secret = URL_SAFE_NO_PAD.decode(secret).unwrap();
    let key = VerifyingKey::from_secret(Algorithm::Hs256, &secret).unwrap();
    let expected =
        claims(&json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true }));
    assert_eq!(key.verify(token, 1_300_819_379), Ok(expected));
    assert_eq!(key.verify(token, 1_300_819_380), Err(JwtError::Expired));
}

#[test]
fn the_ecdsa_token_of_rfc_7515_verifies() {
    // RFC 7515 appendix A.3.
    let token = "eyJhbGciOiJFUzI1NiJ9.\
                 eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
                 DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let x = decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    let y = decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let mut spki = generate(KeyKind::P256).unwrap().spki_der().to_vec();
    let point = spki.len() - 64;
    spki[point..].copy_from_slice(&[x, y].concat());
    let key = VerifyingKey::new(Algorithm::Es256, PublicKey::from_spki(&spki).unwrap()).unwrap();
    assert_eq!(key.verify(token, 1_300_819_379).unwrap()["iss"], "joe");
    assert_eq!(key.verify(token, 1_300_819_380), Err(JwtError::Expired));
}

#[test]
fn a_token_without_signature_is_refused_in_upstreams_words() {
    for alg in ["none", "None", "NONE", "nOnE", "", "rs256"] {
        for signature in ["", "AAAA"] {
            let header = format!(r#"{{"alg":"{alg}"}}"#);
            let token = format!("{}.{}.{signature}", encode(&header), encode("{}"));
            refused(&token, JwtError::Method);
        }
        assert_eq!(alg.parse::<Algorithm>(), Err(JwtError::Method));
    }
    assert_eq!(JwtError::Method.to_string(), "unsupported signing method");
}

#[test]
fn a_public_key_is_never_taken_for_a_secret() {
    let signing = SigningKey::new(Algorithm::Rs256, rsa()).unwrap();
    let spki = pem::encode("PUBLIC KEY", rsa().spki_der());
    let attack = SigningKey::from_secret(Algorithm::Hs256, spki.as_bytes()).unwrap();
    let token = attack.sign(&etcd_claims()).unwrap();
    assert_eq!(
        signing.verifying().verify(&token, NOW),
        Err(JwtError::OtherMethod)
    );
    let hs = VerifyingKey::new(Algorithm::Hs256, rsa().public());
    assert_eq!(hs.unwrap_err(), JwtError::Key(Algorithm::Hs256));
    let rs = VerifyingKey::from_secret(Algorithm::Rs256, spki.as_bytes());
    assert_eq!(rs.unwrap_err(), JwtError::Key(Algorithm::Rs256));
}

#[test]
fn a_key_of_another_kind_does_not_fit_an_algorithm() {
    let p256 = generate(KeyKind::P256).unwrap();
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Es384,
        Algorithm::EdDsa,
        Algorithm::Hs256,
    ] {
        let (signing, verifying) = (
            SigningKey::new(algorithm, p256.clone()),
            VerifyingKey::new(algorithm, p256.public()),
        );
        assert_eq!(signing.unwrap_err(), JwtError::Key(algorithm));
        assert_eq!(verifying.unwrap_err(), JwtError::Key(algorithm));
    }
}

#[test]
fn an_ecdsa_signature_in_der_is_refused() {
    let key = generate(KeyKind::P256).unwrap();
    let signing = SigningKey::new(Algorithm::Es256, key.clone()).unwrap();
    let token = signing.sign(&etcd_claims()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap().len(), 64);
    let scheme = Algorithm::Es256.scheme().unwrap();
    let der = key.sign(scheme, signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(der));
    assert_eq!(
        signing.verifying().verify(&token, NOW),
        Err(JwtError::Signature)
    );
}

#[test]
fn tokens_of_other_forms_are_malformed() {
    let good = r#"{"alg":"HS256"}"#;
    for token in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d"] {
        refused(token, JwtError::Malformed);
    }
    for header in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"alg":5}"#,
        r#"{"alg":"HS256"} x"#,
        &"[".repeat(2000),
    ] {
        refused(&forged(header, "{}"), JwtError::Malformed);
    }
    for claims in ["", "[]", "null", "7", r#"{"a":1"#] {
        refused(&forged(good, claims), JwtError::Malformed);
    }
    let token = forged(good, "{}");
    refused(&format!("{token}="), JwtError::Malformed); // padding
    refused(&format!("{token} "), JwtError::Malformed);
    refused(&token.replacen('.', ".x.", 1), JwtError::Malformed);
    let long = forged(
        good,
        &format!(r#"{{"a":"{}"}}"#, "x".repeat(TOKEN_BYTES_MAX)),
    );
    refused(&long, JwtError::Malformed);
}

#[test]
fn extensions_that_must_be_understood_are_not() {
    let header = r#"{"alg":"HS256","crit":["exp"]}"#;
    refused(&forged(header, "{}"), JwtError::Unverifiable);
}

#[test]
fn a_token_counts_from_nbf_until_exp() {
    let key = VerifyingKey::from_secret(Algorithm::Hs256, SECRET).unwrap();
    let verify = |claims: &str| {
        let token = forged(r#"{"alg":"HS256"}"#, claims);
        key.verify(&token, NOW).map(|_| ())
    };
    assert_eq!(
        verify(&format!(r#"{{"exp":{}.5,"nbf":{NOW}}}"#, NOW)),
        Ok(())
    );
    assert_eq!(
        verify(&format!(r#"{{"exp":{NOW}}}"#)),
        Err(JwtError::Expired)
    );
    assert_eq!(verify(r#"{"exp":0}"#), Err(JwtError::Expired));
    assert_eq!(verify(r#"{"exp":-1e300}"#), Err(JwtError::Expired));
    assert_eq!(
        verify(&format!(r#"{{"nbf":{}}}"#, NOW + 1)),
        Err(JwtError::NotYetValid)
    );
    for broken in [
        r#"{"exp":"1"}"#,
        r#"{"exp":null}"#,
        r#"{"nbf":[]}"#,
        r#"{"exp":true}"#,
    ] {
        assert_eq!(verify(broken), Err(JwtError::Claims), "{broken}");
    }
    assert_eq!(verify("{}"), Ok(()));
}

#[test]
fn a_changed_token_is_refused_whatever_was_changed() {
    for signing in keys() {
        let token = signing.sign(&etcd_claims()).unwrap();
        let verifying = signing.verifying();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                verifying.verify(&changed, NOW).is_err(),
                "{signing:?} at {at}"
            );
        }
    }
}

#[test]
fn a_short_secret_is_refused_in_fips_mode_only() {
    assert!(hmac_key(Mode::Standard, Algorithm::Hs256, &[1; 13]).is_ok());
    let error = hmac_key(Mode::Fips, Algorithm::Hs256, &[1; 13]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("crypto policy POL-008 (fips): an HMAC key of 104 bits"),
        "{error}"
    );
    assert!(hmac_key(Mode::Fips, Algorithm::Hs512, &[1; 14]).is_ok());
    assert_eq!(
        hmac_key(Mode::Standard, Algorithm::Hs256, b"").unwrap_err(),
        JwtError::EmptySecret
    );
}

#[test]
fn nothing_prints_a_key() {
    let key = SigningKey::from_secret(Algorithm::Hs256, SECRET).unwrap();
    let text = format!("{key:?} {:?}", key.verifying());
    assert_eq!(
        text,
        "jwt::SigningKey(HS256, ***) jwt::VerifyingKey(HS256, ***)"
    );
}

proptest! {
    #[test]
    fn claims_come_back_as_they_were(name in "[a-z]{1,8}", text: String, number: i64) {
        let claims = claims(&json!({ name: { "text": text, "number": number } }));
        let key = SigningKey::from_secret(Algorithm::Hs384, SECRET).unwrap();
        let token = key.sign(&claims).unwrap();
        prop_assert_eq!(key.verifying().verify(&token, NOW), Ok(claims));
    }

    #[test]
    fn no_text_makes_verifying_panic_or_succeed(token: String, header: String, claims: String) {
        let key = VerifyingKey::from_secret(Algorithm::Hs256, b"another secret of ours").unwrap();
        prop_assert!(key.verify(&token, NOW).is_err());
        prop_assert!(key.verify(&forged(&header, &claims), NOW).is_err());
        let good_header = forged(r#"{"alg":"HS256"}"#, &claims);
        prop_assert!(key.verify(&good_header, NOW).is_err());
    }
}
