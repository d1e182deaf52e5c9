//! Gates 1 and 2 against mixing crypto providers. Gate 3 reads the built program (crypto-audit), gate 4 is its start.

use conformance_tidy::graph;
use conformance_tidy::house::House;
use conformance_tidy::provider::Provider;
use conformance_tidy::{Tree, deny_files, provider_choice, tree};

use crate::house::clean;

#[test]
fn crypto_compiles_with_exactly_one_provider() {
    let library = tree::root().join("crypto/src/lib.rs");
    clean(&provider_choice::check(&library, &provider_choice::rustc).unwrap());
}

#[test]
fn no_program_links_two_providers_or_a_forbidden_crate() {
    let root = tree::root();
    let house = House::open(&root).unwrap();
    let programs: Vec<_> = house
        .programs_with_a_provider()
        .map(|member| member.name.as_str())
        .collect();
    assert!(
        programs.contains(&"pushgateway"),
        "the programs are {programs:?}"
    );
    for program in programs {
        for provider in Provider::ALL {
            clean(&graph::check(
                program,
                provider,
                &graph::resolve(&root, program, provider).unwrap(),
            ));
        }
    }
}

#[test]
fn the_deny_files_ban_what_the_gate_forbids() {
    let tree = Tree::open(&tree::root()).unwrap();
    for provider in Provider::ALL {
        clean(&deny_files::check(&tree, graph::rules_of(provider)));
    }
}
