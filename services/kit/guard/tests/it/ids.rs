//! Every finding the guard can make is made by a test.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_id_stands_in_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut product, mut tests) = (String::new(), String::new());
    read(&folder.join("src"), &mut product, &mut tests);
    read(&folder.join("tests"), &mut String::new(), &mut tests);
    let (made, tested) = (ids(&product), ids(&tests));
    assert!(made.len() > 30, "{made:?}");
    let untested: Vec<_> = made.difference(&tested).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

/// Collects the text of a folder: what tests, and what is tested.
fn read(folder: &Path, product: &mut String, tests: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, product, tests);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        if path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests") {
            tests.push_str(&text);
        } else {
            let (code, unit_tests) = text.split_once("mod tests {").unwrap_or((&text, ""));
            product.push_str(code);
            tests.push_str(unit_tests);
        }
    }
}

fn ids(text: &str) -> BTreeSet<&str> {
    let starts = text.match_indices("GRD-").map(|(at, _)| at);
    let words = starts.filter_map(|at| text.get(at..at + "GRD-P01".len()));
    words
        .filter(|id| id[5..].bytes().all(|digit| digit.is_ascii_digit()))
        .collect()
}
