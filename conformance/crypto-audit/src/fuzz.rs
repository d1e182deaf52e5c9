//! One function per kind of bytes that come from a hostile file, for `fuzz/` and for the replay of its corpus.
//!
//! Whatever comes out is fine, as long as it comes out, in proportion to what went in, and can be shown to a terminal.

use crate::page::{self, Form};
use crate::provider::Provider;
use crate::verdict::Symbols;
use crate::{claim, crates, evidence, family, judge, rust_crate};

/// Reads bytes as a program file, judges it as every provider, and prints what was found.
pub fn fuzz_elf(data: &[u8]) {
    let Ok(evidence) = evidence::gather(data) else {
        return;
    };
    let expectations = Provider::ALL.map(Some).into_iter().chain([None]);
    for expected in expectations {
        let found = judge(&evidence, expected, Symbols::MayBeStripped);
        let text = page::write(Form::Page, "a", &evidence, &found);
        assert!(text.chars().all(|each| each == '\n' || !each.is_control()));
        let json = page::write(Form::Json, "a", &evidence, &found);
        assert!(
            json.len() < 1 << 20 || data.len() > 1 << 14,
            "small files make small pages"
        );
        serde_json::from_str::<serde_json::Value>(&json).expect("the findings are JSON");
    }
}

/// Takes bytes for a symbol's name, a report and a list of crates.
pub fn fuzz_symbol(data: &[u8]) {
    let _ = claim::read(data);
    let _ = crates::read(data);
    if let Ok(name) = std::str::from_utf8(data) {
        let _ = family::of(name, family::Reach::Global);
        if let Some(found) = rust_crate::of(name) {
            assert!(name.contains(found) && !found.is_empty());
        }
    }
}
