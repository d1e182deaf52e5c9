//! Violations planted before the real compiler and the real resolver: each turns its gate red.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use conformance_tidy::provider::Provider;
use conformance_tidy::{graph, provider_choice, tree};
use tempfile::TempDir;

#[test]
fn gate_1_says_which_features_to_choose() {
    let library = tree::root().join("crypto/src/lib.rs");
    let printed = |choice: &[Provider]| provider_choice::rustc(&library, choice).unwrap();
    let none = "error: crypto: choose a provider: --features ring | aws-lc | fips";
    assert!(printed(&[]).contains(none), "{}", printed(&[]));
    let two = "error: crypto: ring, aws-lc and fips exclude each other; use --no-default-features --features <one>";
    for pair in [
        [Provider::Ring, Provider::AwsLc],
        [Provider::Ring, Provider::Fips],
        [Provider::AwsLc, Provider::Fips],
    ] {
        assert!(printed(&pair).contains(two), "{pair:?}");
    }
}

#[test]
fn gate_1_is_red_when_crypto_no_longer_refuses() {
    let source = fs::read_to_string(tree::root().join("crypto/src/lib.rs")).unwrap();
    let folder = TempDir::new().unwrap();
    let library = folder.path().join("lib.rs");
    fs::write(&library, source.replace("compile_error!", "disarmed!")).unwrap();
    let found = provider_choice::check(&library, &provider_choice::rustc).unwrap();
    assert_eq!(found.len(), 5, "none, three pairs, all three: {found:?}");
}

#[test]
fn gate_2_lets_a_program_pass_that_links_crypto_alone() {
    let program = Planted::new("");
    for provider in Provider::ALL {
        assert_eq!(program.links(provider), Vec::<String>::new());
    }
}

#[test]
fn gate_2_is_red_when_a_fips_program_also_links_ring() {
    let program = Planted::new("ring = { version = \"0.17\", default-features = false }");
    assert_eq!(program.links(Provider::Fips), ["ring"]);
    assert_eq!(program.links(Provider::AwsLc), ["ring"]);
    assert_eq!(program.links(Provider::Ring), Vec::<String>::new());
}

#[test]
fn gate_2_is_red_when_any_program_links_openssl() {
    // A crate of that name is all it takes; the real one would need a network.
    let program = Planted::new("openssl-sys = { path = \"openssl-sys\" }");
    program.add_crate("openssl-sys");
    for provider in Provider::ALL {
        assert_eq!(program.links(provider), ["openssl-sys"]);
    }
}

/// A program outside the house that links the real `crypto`, and what is planted beside it.
struct Planted(TempDir);

impl Planted {
    fn new(dependency: &str) -> Self {
        let planted = Self(TempDir::new().unwrap());
        let root = fs::canonicalize(tree::root()).unwrap();
        let manifest = format!(
            "[package]\nname = \"planted\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [features]\nring = [\"crypto/ring\"]\naws-lc = [\"crypto/aws-lc\"]\nfips = [\"crypto/fips\"]\n\
             [dependencies]\ncrypto = {{ path = {:?}, default-features = false }}\n{dependency}\n",
            root.join("crypto")
        );
        write(planted.0.path(), &manifest);
        fs::copy(root.join("Cargo.lock"), planted.0.path().join("Cargo.lock")).unwrap();
        planted
    }

    fn add_crate(&self, name: &str) {
        let manifest =
            format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        write(&self.0.path().join(name), &manifest);
    }

    /// The crates for which the gate is red.
    fn links(&self, provider: Provider) -> Vec<String> {
        // The lock file is that of the house; this adds the planted program to it.
        let updated = Command::new("cargo")
            .args(["update", "--quiet", "--workspace"])
            .current_dir(&self.0)
            .output()
            .unwrap();
        assert!(updated.status.success(), "{updated:?}");
        let names = graph::resolve(self.0.path(), "planted", provider).unwrap();
        assert!(names.contains("crypto"), "{names:?}");
        let found = graph::check("planted", provider, &names);
        let links = found
            .iter()
            .map(|finding| finding.text.split([' ', ';']).nth(1).unwrap().to_owned());
        links.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn write(folder: &Path, manifest: &str) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/lib.rs"), "//! Planted.\n").unwrap();
}
