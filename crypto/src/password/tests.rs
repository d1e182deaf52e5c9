use proptest::prelude::*;

use super::{
    PasswordHashError, bcrypt, check, check_for_mode, hash, hash_pbkdf2, pbkdf2, verify,
    verify_for_mode,
};
use crate::settings::Mode;

/// Made by golang.org/x/crypto/bcrypt at cost 4 from "secret".
const SECRET: &str = "$2a$04$0G8Lx2rbJ1mxCs7kwPIBdOXd3nIMSYJ6SnaU5F04LQf0Q4/8v6o3y";
/// Made by golang.org/x/crypto/bcrypt at cost 4 from 72 times "a".
const LONG: &str = "$2a$04$zZDXAjneuiuYGyZtjadHN.vx64SLpK4AaxCJgJO1W0flh2NE4GO.6";

#[track_caller]
fn refused(hash: &str, expected: &str) {
    assert_eq!(check(hash).unwrap_err().to_string(), expected);
    assert_eq!(verify(hash, b"secret").unwrap_err().to_string(), expected);
}

#[test]
fn the_right_password_verifies_and_another_does_not() {
    assert_eq!(bcrypt::check(Mode::Standard, SECRET), Ok(4));
    assert_eq!(verify(SECRET, b"secret"), Ok(true));
    assert_eq!(verify(SECRET, b"Secret"), Ok(false));
    assert_eq!(verify(SECRET, b""), Ok(false));
}

#[test]
fn every_minor_version_is_the_same_algorithm() {
    for version in ["$2b$", "$2x$", "$2y$"] {
        assert_eq!(
            verify(&SECRET.replacen("$2a$", version, 1), b"secret"),
            Ok(true),
            "{version}"
        );
    }
}

#[test]
fn only_the_first_72_bytes_count() {
    assert_eq!(verify(LONG, &[b'a'; 72]), Ok(true));
    assert_eq!(verify(LONG, &[b'a'; 200]), Ok(true));
    assert_eq!(verify(LONG, &[b'a'; 71]), Ok(false));
}

#[test]
fn malformed_hashes_have_gos_texts() {
    let body = &SECRET[4..];
    refused(
        "$2a$10$short",
        "crypto/bcrypt: hashedSecret too short to be a bcrypted password",
    );
    refused(
        &format!("x2a${body}"),
        "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with 'x'",
    );
    refused(
        &format!("$3a${body}"),
        "crypto/bcrypt: bcrypt algorithm version '3' requested is newer than current version '2'",
    );
    refused(
        &format!("$2a$xx{}", &body[2..]),
        r#"strconv.Atoi: parsing "xx": invalid syntax"#,
    );
    refused(
        &format!("$2a$03{}", &body[2..]),
        "crypto/bcrypt: cost 3 is outside allowed inclusive range 4..31",
    );
}

#[test]
fn a_hash_with_a_tail_never_matches() {
    assert_eq!(verify(&format!("{SECRET}x"), b"secret"), Ok(false));
}

#[test]
fn a_broken_salt_shows_only_when_a_password_is_checked() {
    let broken = format!("{}!{}", &SECRET[..7], &SECRET[8..]);
    assert_eq!(check(&broken), Ok(()));
    assert_eq!(verify(&broken, b"secret"), Err(PasswordHashError::Salt(0)));
}

/// Made by Python's `hashlib.pbkdf2_hmac` from "correct horse battery".
const PBKDF2: &str =
    "$pbkdf2-sha256$i=20000$c2l4dGVlbiBieXRlIHNhbA$nYuACUIbiYNA1DalMjro+u1ExCZ6mIOyk8wXnhnH0hk";

#[test]
fn the_strict_policy_refuses_bcrypt_and_takes_pbkdf2() {
    for error in [
        check_for_mode(Mode::FipsStrict, SECRET).unwrap_err(),
        verify_for_mode(Mode::FipsStrict, SECRET, b"secret").unwrap_err(),
        bcrypt::hash(Mode::FipsStrict, b"secret", 4).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "crypto policy POL-009 (fips-strict): a bcrypt password hash is not allowed: bcrypt is not an approved \
             algorithm; use a $pbkdf2-sha256$ hash, or client certificates"
        );
    }
    assert_eq!(check_for_mode(Mode::Fips, SECRET), Ok(()));
    assert_eq!(check_for_mode(Mode::FipsStrict, PBKDF2), Ok(()));
    let password = b"correct horse battery";
    assert_eq!(
        verify_for_mode(Mode::FipsStrict, PBKDF2, password),
        Ok(true)
    );
}

#[test]
fn a_new_bcrypt_hash_is_gos_and_verifies() {
    let made = hash(b"secret", 4).unwrap();
    assert!(made.starts_with("$2a$04$") && made.len() == 60, "{made}");
    assert_eq!(verify(&made, b"secret"), Ok(true));
    assert_eq!(verify(&made, b"secret "), Ok(false));
    assert_ne!(hash(b"secret", 4).unwrap(), made);
    let longest = [b'a'; 72];
    assert_eq!(verify(&hash(&longest, 4).unwrap(), &longest), Ok(true));
}

#[test]
fn bcrypt_has_gos_limits() {
    let text = |outcome: Result<String, PasswordHashError>| outcome.unwrap_err().to_string();
    assert_eq!(
        text(hash(&[b'a'; 73], 4)),
        "bcrypt: password length exceeds 72 bytes"
    );
    assert_eq!(
        text(hash(b"secret", 32)),
        "crypto/bcrypt: cost 32 is outside allowed inclusive range 4..31"
    );
    assert!(hash(b"secret", 0).unwrap().starts_with("$2a$10$"));
}

#[test]
fn a_pbkdf2_hash_of_another_program_verifies() {
    assert_eq!(check(PBKDF2), Ok(()));
    assert_eq!(verify(PBKDF2, b"correct horse battery"), Ok(true));
    assert_eq!(verify(PBKDF2, b"correct horse bettery"), Ok(false));
}

#[test]
fn a_new_pbkdf2_hash_has_600_000_rounds_and_verifies() {
    let made = hash_pbkdf2(b"correct horse battery").unwrap();
    assert!(made.starts_with("$pbkdf2-sha256$i=600000$"), "{made}");
    assert_eq!(verify(&made, b"correct horse battery"), Ok(true));
    assert_eq!(verify(&made, b"correct horse battery!"), Ok(false));
}

#[test]
fn fips_refuses_weak_pbkdf2_parameters() {
    let good = ["1000", "MDEyMzQ1Njc4OWFiY2RlZg"];
    let [rounds, salt] = good;
    let digest = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    let phc = |rounds: &str, salt: &str| format!("$pbkdf2-sha256$i={rounds}${salt}${digest}");
    for weak in [phc("999", salt), phc(rounds, "MDEyMzQ1Njc4OWFiY2Rl")] {
        assert_eq!(check_for_mode(Mode::Standard, &weak), Ok(()));
        let error = check_for_mode(Mode::Fips, &weak).unwrap_err().to_string();
        assert!(
            error.starts_with("crypto policy POL-009 (fips): PBKDF2 with "),
            "{error}"
        );
    }
    let hash = phc(rounds, salt);
    assert_eq!(verify_for_mode(Mode::Fips, &hash, &[b'p'; 14]), Ok(false));
    for outcome in [
        verify_for_mode(Mode::Fips, &hash, &[b'p'; 13]).map(|_| String::new()),
        pbkdf2::hash(Mode::Fips, &[b'p'; 13]),
    ] {
        let error = outcome.unwrap_err().to_string();
        assert!(
            error.contains("POL-009 (fips): PBKDF2 of a password of 13 bytes"),
            "{error}"
        );
    }
}

#[test]
fn malformed_pbkdf2_hashes_say_what_is_wrong() {
    let (salt, digest) = ("MDEyMzQ1Njc4OWFiY2RlZg", "MDEyMzQ1Njc4OWFiY2RlZg");
    for (rest, expected) in [
        (String::new(), "it does not have three parts"),
        (format!("i=1000${salt}"), "it does not have three parts"),
        (
            format!("i=1000${salt}${digest}$"),
            "it does not have three parts",
        ),
        (format!("1000${salt}${digest}"), "the number of rounds"),
        (format!("i=0${salt}${digest}"), "the number of rounds"),
        (format!("i=-1${salt}${digest}"), "the number of rounds"),
        (
            format!("i=10000001${salt}${digest}"),
            "the number of rounds",
        ),
        (format!("i=1000$AA==${digest}"), "the salt"),
        (format!("i=1000$${digest}"), "the salt"),
        (format!("i=1000${salt}$!"), "the hash"),
        (format!("i=1000${salt}$AAAA"), "the hash"),
    ] {
        let hash = format!("$pbkdf2-sha256${rest}");
        let expected = format!("malformed $pbkdf2-sha256$ hash: {expected}");
        assert_eq!(check(&hash).unwrap_err().to_string(), expected, "{rest}");
        let error = verify(&hash, b"correct horse battery").unwrap_err();
        assert_eq!(error.to_string(), expected, "{rest}");
    }
}

proptest! {
    #[test]
    fn no_text_is_a_hash_by_accident_or_makes_it_panic(text: String, rest in "[$=,a-zA-Z0-9]{0,80}") {
        prop_assert!(check(&text).is_err());
        let (pbkdf2, bcrypt) = (format!("$pbkdf2-sha256${rest}"), format!("$2a${rest}"));
        prop_assert!(check(&pbkdf2).is_err());
        let _ = check(&bcrypt);
        let _ = verify(&bcrypt[..bcrypt.len().min(50)], b"secret");
    }
}
