//! ELF notes (`Elf_Nhdr`, name, description) of the owner `casemate`: texts in the program file that survive `strip`
//! and the linker's garbage collection. Where they are placed is `sys`.

use std::hint;

/// The kind of the static report, `.note.casemate.crypto`.
pub const REPORT: u32 = 1;
/// The kind of the list of linked crates, `.note.casemate.crates`.
pub const CRATES: u32 = 2;

/// A note whose text takes `BYTES` bytes, see [`padded`].
#[repr(C, align(4))]
#[derive(Debug)]
pub struct Note<const BYTES: usize> {
    name_bytes: u32,
    text_bytes: u32,
    kind: u32,
    name: [u8; NAME.len()],
    text: [u8; BYTES],
}

/// Padded to a multiple of four; the length in the header is without the padding.
const NAME: [u8; 12] = *b"casemate\0\0\0\0";
const NAME_BYTES: u32 = 9;

/// The place that `text` takes in a note, in bytes.
#[must_use]
pub const fn padded(text: &str) -> usize {
    text.len().next_multiple_of(4)
}

impl<const BYTES: usize> Note<BYTES> {
    /// A note of `kind` that holds `text`.
    #[must_use]
    pub const fn new(kind: u32, text: &str) -> Self {
        let source = text.as_bytes();
        let mut text = [0; BYTES];
        let mut at = 0;
        while at < source.len() {
            text[at] = source[at];
            at += 1;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the text is a few thousand bytes"
        )]
        let text_bytes = source.len() as u32;
        Self {
            name_bytes: NAME_BYTES,
            text_bytes,
            kind,
            name: NAME,
            text,
        }
    }

    /// The text as it stands in the program file; nothing when the note is damaged.
    pub fn text(&'static self) -> &'static str {
        let note = hint::black_box(self); // read the section itself, not a copy the compiler folded in
        let bytes = note.text.get(..note.text_bytes as usize);
        let is_whole = note.name_bytes == NAME_BYTES && note.name == NAME;
        let text = bytes.filter(|_| is_whole).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}
