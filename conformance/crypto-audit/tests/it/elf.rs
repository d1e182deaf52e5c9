//! ELF files with chosen symbols, sections and bytes, so that every verdict is seen on a real file.

use object::write::{Object, StandardSegment, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

/// The report of a program, as `crypto` writes it.
pub(crate) fn report(provider: &str) -> String {
    let module = match provider {
        "aws-lc-fips" => {
            r##"{"name":"m","version":"AWS-LC FIPS 3.1.0","status":"validated","certificate":"#5314"}"##
        }
        _ => r#"{"name":"m","version":"0.17.14","status":"none","certificate":null}"#,
    };
    let feature = provider.trim_start_matches("aws-lc-");
    format!(r#"{{"provider":"{provider}","module":{module},"build":{{"features":["{feature}"]}}}}"#)
}

/// The list of crates of an honest program.
pub(crate) fn crates(provider: &str) -> &'static str {
    match provider {
        "aws-lc-fips" => "aws-lc-fips-sys 0.13.11\naws-lc-rs 1.17.1\n",
        _ => "ring 0.17.14\n",
    }
}

/// An ELF file that defines `symbols` (none: stripped), holds `texts` as constants and carries the report and the crates
/// of `claimed` in its notes.
pub(crate) fn file(symbols: &[&str], texts: &[&str], claimed: Option<&str>) -> Vec<u8> {
    let notes = claimed.map(|provider| (report(provider), crates(provider)));
    let notes = notes
        .iter()
        .flat_map(|(report, crates)| [(1, report.as_str()), (2, crates)]);
    file_with_notes(symbols, texts, notes)
}

/// An ELF file with any notes: kind and text.
pub(crate) fn file_with_notes<'a>(
    symbols: &[&str],
    texts: &[&str],
    notes: impl IntoIterator<Item = (u32, &'a str)>,
) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(object::write::StandardSection::Text);
    for name in symbols {
        let offset = object.append_section_data(text, &[0xc3], 1);
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: offset,
            size: 1,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
    }
    if !symbols.is_empty() {
        object.add_symbol(open_hook("OPENSSL_memory_alloc"));
    }
    let constants = object.section_id(object::write::StandardSection::ReadOnlyData);
    for constant in texts {
        object.append_section_data(constants, constant.as_bytes(), 1);
    }
    for (kind, text) in notes {
        let segment = object.segment_name(StandardSegment::Data).to_vec();
        let name = format!(".note.casemate.{kind}").into_bytes();
        let note = object.add_section(segment, name, SectionKind::Note);
        object.append_section_data(note, &note_of(kind, text), 4);
    }
    object.write().expect("a small object is written")
}

/// A weak name without a definition, as every program with AWS-LC has.
fn open_hook(name: &str) -> Symbol {
    Symbol {
        name: name.as_bytes().to_vec(),
        value: 0,
        size: 0,
        kind: SymbolKind::Unknown,
        scope: SymbolScope::Dynamic,
        weak: true,
        section: SymbolSection::Undefined,
        flags: SymbolFlags::None,
    }
}

fn note_of(kind: u32, text: &str) -> Vec<u8> {
    let size = |text: &str| u32::try_from(text.len()).expect("a small size");
    let mut bytes = Vec::new();
    for number in [size("casemate\0"), size(text), kind] {
        bytes.extend(number.to_le_bytes());
    }
    for part in ["casemate\0", text] {
        bytes.extend(part.bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}
