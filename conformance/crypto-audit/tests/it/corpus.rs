//! The corpus of the fuzz targets, replayed, and files that try to cost more than they are worth.

use std::fs;
use std::path::Path;

use crypto_audit::evidence;
use crypto_audit::fuzz::{fuzz_elf, fuzz_symbol};

/// Takes the bytes of one case.
type Target = fn(&[u8]);

#[test]
fn the_fuzz_corpus_does_no_harm() {
    let targets: [(&str, Target); 2] = [("elf", fuzz_elf), ("symbol", fuzz_symbol)];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(name);
        let mut count = 0;
        for entry in fs::read_dir(folder).expect("a corpus") {
            let case = entry.expect("a case").path();
            target(&fs::read(case).expect("a readable case"));
            count += 1;
        }
        assert!(count > 3, "{name} has no corpus");
    }
}

/// A million symbols that all begin in one name of four megabytes: read to its end each time, that would be hours.
#[test]
fn a_million_symbols_in_one_endless_name_cost_seconds() {
    let name = vec![b'a'; 4 << 20];
    let mut symbols = vec![0; 24];
    for offset in 0..1_000_000_u32 {
        let mut symbol = [0; 24];
        symbol[..4].copy_from_slice(&offset.to_le_bytes());
        symbols.extend(symbol);
    }
    let found =
        evidence::gather(&with_sections(&[(2, 2, &symbols), (3, 0, &name)])).expect("an ELF file");
    assert!(found.has_symbols && found.families.is_empty() && found.code.is_empty());
}

/// Thousands of sections that all hold the same megabyte of notes.
#[test]
fn thousands_of_sections_over_the_same_notes_cost_seconds() {
    let note = [&[0_u8; 8][..], &1_u32.to_le_bytes()]
        .concat()
        .repeat(80_000);
    let mut bytes = with_sections(&[(7, 0, &note)]);
    let header = bytes[bytes.len() - 64..].to_vec();
    bytes.extend(header.repeat(30_000));
    bytes[60..62].copy_from_slice(&30_002_u16.to_le_bytes());
    let found = evidence::gather(&bytes).expect("an ELF file");
    assert_eq!((found.claims.len(), found.broken_notes), (0, 0));
}

/// A little-endian ELF64 file with these sections: type, link, bytes. The section table stands at the end.
fn with_sections(sections: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    let mut table = vec![0; 64];
    for (kind, link, data) in sections {
        let mut header = [0; 64];
        header[4..8].copy_from_slice(&kind.to_le_bytes());
        header[24..32].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(data.len() as u64).to_le_bytes());
        header[40..44].copy_from_slice(&link.to_le_bytes());
        header[48] = 4;
        header[56] = if *kind == 2 { 24 } else { 0 };
        table.extend(header);
        bytes.extend(*data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let count = u16::try_from(sections.len() + 1).expect("few sections");
    bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    let at = (bytes.len() as u64).to_le_bytes();
    for (offset, number) in [
        (16, 2_u16),
        (18, 62),
        (20, 1),
        (52, 64),
        (58, 64),
        (60, count),
    ] {
        bytes[offset..offset + 2].copy_from_slice(&number.to_le_bytes());
    }
    bytes[40..48].copy_from_slice(&at);
    bytes.extend(table);
    bytes
}
