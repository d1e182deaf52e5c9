//! The rules of layout and style. What is allowed where is in the data files of this crate.

use conformance_tidy::house::House;
use conformance_tidy::layers::Layers;
use conformance_tidy::{
    Exceptions, Finding, Tree, crypto_names, environment, flags, manifests, markers, places,
    promises, readmes, sockets, tree, unsafe_code,
};

#[track_caller]
fn check_tree(check: &str, find: fn(&Tree) -> Vec<Finding>) {
    let tree = Tree::open(&tree::root()).expect("git lists this tree");
    clean(&Exceptions::of_the_house().apply(check, &find(&tree)));
}

#[track_caller]
pub(crate) fn clean(found: &[Finding]) {
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(
        found.is_empty(),
        "{} found:\n{}",
        found.len(),
        lines.join("\n")
    );
}

#[test]
fn arrows_between_crates_point_down_only() {
    let layers = Layers::of_the_house();
    clean(&layers.check(&House::open(&tree::root()).unwrap()));
    clean(&layers.circles());
}

#[test]
fn only_kit_guard_opens_listening_sockets() {
    check_tree("sockets", sockets::check);
}

#[test]
fn only_kit_cli_reads_environment_and_arguments() {
    check_tree("environment", environment::check);
}

#[test]
fn only_crypto_names_a_provider() {
    clean(&crypto_names::check_manifests(
        &House::open(&tree::root()).unwrap(),
    ));
    check_tree("crypto_names", crypto_names::check_sources);
}

#[test]
fn unsafe_stands_in_sys_files_only() {
    check_tree("unsafe_code", unsafe_code::check);
}

#[test]
fn nothing_unfinished_is_checked_in() {
    check_tree("markers", markers::check);
}

#[test]
fn versions_stand_in_the_root_manifest_only() {
    check_tree("manifests", manifests::check);
}

#[test]
fn no_file_names_a_registry_or_a_folder_of_one_machine() {
    check_tree("places", places::check);
}

#[test]
fn every_crate_and_top_level_folder_has_a_readme() {
    check_tree("readmes", readmes::check);
}

#[test]
fn links_between_documents_lead_somewhere() {
    check_tree("links", readmes::check_links);
}

#[test]
fn every_promise_names_the_test_that_holds_it() {
    check_tree("promises", promises::check);
}

#[test]
fn every_flag_of_a_service_stands_in_its_readme() {
    check_tree("flags", flags::check);
}
