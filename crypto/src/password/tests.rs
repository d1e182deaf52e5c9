use super::{PasswordHashError, bcrypt_cost, refuse_if_strict, verify_bcrypt};
use crate::settings::Mode;

/// Made by golang.org/x/crypto/bcrypt at cost 4 from "secret".
const SECRET: &str = "$2a$04$0G8Lx2rbJ1mxCs7kwPIBdOXd3nIMSYJ6SnaU5F04LQf0Q4/8v6o3y";
/// Made by golang.org/x/crypto/bcrypt at cost 4 from 72 times "a".
const LONG: &str = "$2a$04$zZDXAjneuiuYGyZtjadHN.vx64SLpK4AaxCJgJO1W0flh2NE4GO.6";

#[track_caller]
fn refused(hash: &str, expected: &str) {
    assert_eq!(bcrypt_cost(hash).unwrap_err().to_string(), expected);
    assert_eq!(
        verify_bcrypt(hash, b"secret").unwrap_err().to_string(),
        expected
    );
}

#[test]
fn the_right_password_verifies_and_another_does_not() {
    assert_eq!(bcrypt_cost(SECRET), Ok(4));
    assert_eq!(verify_bcrypt(SECRET, b"secret"), Ok(true));
    assert_eq!(verify_bcrypt(SECRET, b"Secret"), Ok(false));
    assert_eq!(verify_bcrypt(SECRET, b""), Ok(false));
}

#[test]
fn every_minor_version_is_the_same_algorithm() {
    for version in ["$2b$", "$2x$", "$2y$"] {
        assert_eq!(
            verify_bcrypt(&SECRET.replacen("$2a$", version, 1), b"secret"),
            Ok(true),
            "{version}"
        );
    }
}

#[test]
fn only_the_first_72_bytes_count() {
    assert_eq!(verify_bcrypt(LONG, &[b'a'; 72]), Ok(true));
    assert_eq!(verify_bcrypt(LONG, &[b'a'; 200]), Ok(true));
    assert_eq!(verify_bcrypt(LONG, &[b'a'; 71]), Ok(false));
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
    assert_eq!(verify_bcrypt(&format!("{SECRET}x"), b"secret"), Ok(false));
}

#[test]
fn a_broken_salt_shows_only_when_a_password_is_checked() {
    let broken = format!("{}!{}", &SECRET[..7], &SECRET[8..]);
    assert_eq!(bcrypt_cost(&broken), Ok(4));
    assert_eq!(
        verify_bcrypt(&broken, b"secret"),
        Err(PasswordHashError::Salt(0))
    );
}

#[test]
fn the_strict_policy_refuses_bcrypt() {
    assert!(refuse_if_strict(Mode::Standard).is_ok());
    assert!(refuse_if_strict(Mode::Fips).is_ok());
    let error = refuse_if_strict(Mode::FipsStrict).unwrap_err().to_string();
    assert!(
        error.starts_with("crypto policy POL-009 (fips-strict): a bcrypt password hash"),
        "{error}"
    );
}
