//! What one provider makes, the others take. Each provider's outputs are committed in `testdata/differential`; every
//! build computes the ones without randomness again, and verifies, opens and believes all others.
//!
//! To record a provider anew, remove its file and run `cargo test -p crypto --features <provider> --test it
//! differential`: the test writes it, fails, and passes the next time.

mod agreed;
mod drawn;

use std::{collections::BTreeMap, fs, path::PathBuf};

use crypto::{Provider, sign::PrivateKey};

/// Names and outputs.
type Outputs = BTreeMap<String, String>;

const PROVIDERS: [Provider; 3] = [Provider::Ring, Provider::AwsLc, Provider::AwsLcFips];

/// Long enough for a password and for a key in a fips build.
const SECRET: &[u8; 32] = b"a secret shared by the providers";
const MESSAGE: &[u8] = b"the message all providers sign";

/// The committed keys this build takes.
fn keys() -> Vec<PrivateKey> {
    let files: [&[u8]; 5] = [
        include_bytes!("../../testdata/rsa2048.pem"),
        include_bytes!("../../testdata/p256.pem"),
        include_bytes!("../../testdata/p384_pkcs8.pem"),
        include_bytes!("../../testdata/p521.pem"),
        include_bytes!("../../testdata/ed25519_pkcs8.pem"),
    ];
    let keys: Vec<_> = files
        .into_iter()
        .filter_map(|text| PrivateKey::from_pem(text).ok())
        .collect();
    let missing = usize::from(crypto::provider() == Provider::Ring); // P-521
    assert_eq!(keys.len(), files.len() - missing);
    keys
}

/// What this provider lacks of another one's outputs, by words in their names.
fn lacks(name: &str) -> bool {
    let words: &[&str] = match crypto::provider() {
        Provider::Ring => &["SHA-224", "SHA3", "p521", "ES512", "secp521r1", "ml_kem"],
        Provider::AwsLc => &[],
        Provider::AwsLcFips => &["ChaCha20", "caller_nonce"],
    };
    words.iter().any(|word| name.contains(word))
}

fn file(provider: Provider) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/differential");
    PathBuf::from(folder).join(format!("{}.txt", provider.name()))
}

fn recorded(provider: Provider) -> Outputs {
    let text = fs::read_to_string(file(provider)).unwrap();
    let lines = text.lines().map(|line| line.split_once(" = ").unwrap());
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn outputs_without_randomness_are_the_same_in_every_provider() {
    let computed = agreed::outputs();
    for provider in PROVIDERS {
        let mut compared = 0;
        for (name, value) in recorded(provider) {
            if drawn::knows(&name) || lacks(&name) {
                continue;
            }
            assert_eq!(
                computed.get(&name),
                Some(&value),
                "{name} of {}",
                provider.name()
            );
            compared += 1;
        }
        assert!(compared >= 25, "{} has {compared} outputs", provider.name());
        println!("{}: {compared} equal outputs", provider.name());
    }
}

#[test]
fn signatures_messages_tokens_and_certificates_of_every_provider_are_accepted() {
    for provider in PROVIDERS {
        let mut accepted = 0;
        for (name, value) in recorded(provider) {
            if !drawn::knows(&name) || lacks(&name) {
                continue;
            }
            drawn::check(&name, &value);
            accepted += 1;
        }
        assert!(accepted >= 20, "{} has {accepted} outputs", provider.name());
        println!("{}: {accepted} accepted outputs", provider.name());
    }
}

#[test]
fn every_provider_recorded_all_it_has() {
    let mut own = agreed::outputs();
    own.extend(drawn::outputs());
    let path = file(crypto::provider());
    if !path.exists() {
        let lines = own
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"));
        fs::write(&path, lines.collect::<String>()).unwrap();
        panic!("{} is recorded now; look at it, commit it", path.display());
    }
    assert!(
        own.keys().eq(recorded(crypto::provider()).keys()),
        "record the outputs anew"
    );
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
