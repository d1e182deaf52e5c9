//! Reads the parts of an ELF file that say something about crypto: symbols, wanted libraries, notes.
//!
//! The file may be hostile: nothing is believed beyond its own bytes, every text is cut, every list has a bound, so that
//! time and memory stay in proportion to the size of the file. What a process would load (segments) is read first, what
//! only tools see (sections) after it, so that neither can hide something from the other.

use std::collections::BTreeSet;

use object::Endianness;
use object::elf::{
    DT_NEEDED, DT_STRTAB, PT_DYNAMIC, PT_NOTE, SHN_UNDEF, SHT_DYNSYM, SHT_NOTE, SHT_SYMTAB,
    STB_LOCAL, STB_WEAK, STT_FUNC,
};
use object::read::StringTable;
use object::read::elf::{
    Dyn, FileHeader, NoteIterator, ProgramHeader, SectionHeader, SectionTable, Sym,
};

/// Longest part of a name that is read, in bytes; Rust's mangled names are the longest that matter.
const NAME_BYTES_MAX: usize = 1024;
/// Most libraries that are listed; programs want a handful.
const LIBRARIES_MAX: usize = 256;
/// Most segments and sections of notes that are read.
const NOTE_PLACES_MAX: usize = 64;
/// Largest segment or section of notes that is read, in bytes; ours take a few thousand.
const NOTES_BYTES_MAX: usize = 1 << 20;
/// Most notes of ours that are kept.
const NOTES_MAX: usize = 16;

/// The owner's name in notes of ours.
const NOTE_OWNER: &[u8] = b"casemate";

/// What was read besides the symbols.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Whether there are symbols to judge by: a stripped program has none.
    pub has_symbols: bool,
    /// Shared libraries the program wants.
    pub libraries: BTreeSet<String>,
    /// Kind and text of the notes of ours, each different one once.
    pub notes: BTreeSet<(u32, Vec<u8>)>,
}

/// A symbol, its name cut at [`NAME_BYTES_MAX`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol<'data> {
    pub name: &'data [u8],
    /// Everybody can see it, or it is wanted from elsewhere.
    pub is_shared: bool,
    /// It is a function that is there.
    pub is_code: bool,
}

/// Reads a file of the class `Elf` and shows every symbol to `visit`.
pub(crate) fn read<Elf: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    visit: &mut dyn FnMut(Symbol<'_>),
) -> Result<Parts, object::Error> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, bytes)?;
    // A file without sections is legal, and so is one whose section table a tool has cut off. Their names are not asked
    // for: a file could hide its symbols by having none.
    let sections = header.section_headers(endian, bytes).unwrap_or_default();
    let sections = SectionTable::new(sections, StringTable::default());
    let mut parts = Parts::default();
    for kind in [SHT_SYMTAB, SHT_DYNSYM] {
        let found = symbols::<Elf>(endian, bytes, &sections, kind, visit);
        parts.has_symbols |= found && kind == SHT_SYMTAB;
    }
    parts.libraries = libraries::<Elf>(endian, bytes, segments).unwrap_or_default();
    let in_segments = segments
        .iter()
        .filter(|segment| segment.p_type(endian) == PT_NOTE)
        .filter_map(|segment| Some((segment.p_align(endian), segment.data(endian, bytes).ok()?)));
    let in_sections = sections
        .iter()
        .filter(|section| section.sh_type(endian) == SHT_NOTE)
        .filter_map(|section| {
            Some((
                section.sh_addralign(endian),
                section.data(endian, bytes).ok()?,
            ))
        });
    for (align, data) in in_segments
        .take(NOTE_PLACES_MAX)
        .chain(in_sections.take(NOTE_PLACES_MAX))
    {
        notes::<Elf>(endian, align, data, &mut parts.notes);
    }
    Ok(parts)
}

/// Shows the symbols of one table to `visit`; says whether there are any.
fn symbols<Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    bytes: &[u8],
    sections: &SectionTable<'_, Elf>,
    kind: u32,
    visit: &mut dyn FnMut(Symbol<'_>),
) -> bool {
    let Ok(table) = sections.symbols(endian, bytes, kind) else {
        return false;
    };
    let names = sections
        .section(table.string_section())
        .and_then(|section| section.data(endian, bytes))
        .unwrap_or_default();
    for symbol in table.iter() {
        let is_defined = symbol.st_shndx(endian) != SHN_UNDEF;
        // A weak name that nobody defines is a hook left open, as AWS-LC's OPENSSL_memory_alloc: nothing is wanted by it.
        let is_open_hook = !is_defined && symbol.st_bind() == STB_WEAK;
        visit(Symbol {
            name: text_at(names, symbol.st_name(endian) as usize),
            is_shared: !is_open_hook && (!is_defined || symbol.st_bind() != STB_LOCAL),
            is_code: is_defined && symbol.st_type() == STT_FUNC,
        });
    }
    table.len() > 1 // the first entry is always empty
}

/// The wanted libraries, as the loader would find them: through the dynamic segment and its addresses.
fn libraries<Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    bytes: &[u8],
    segments: &[Elf::ProgramHeader],
) -> Option<BTreeSet<String>> {
    let dynamic = segments
        .iter()
        .find(|segment| segment.p_type(endian) == PT_DYNAMIC)?;
    let entries = dynamic.dynamic(endian, bytes).ok()??;
    let value = |tag: u32| {
        let tagged = entries
            .iter()
            .filter(move |entry| entry.tag32(endian) == Some(tag));
        tagged.map(|entry| entry.d_val(endian).into())
    };
    let address: u64 = value(DT_STRTAB).next()?;
    let names = segments.iter().find_map(|segment| {
        let offset = address.checked_sub(segment.p_vaddr(endian).into())?;
        let data = segment.data(endian, bytes).ok()?;
        data.get(usize::try_from(offset).ok()?..)
    })?;
    let wanted = value(DT_NEEDED).take(LIBRARIES_MAX);
    let text = |at: u64| text_at(names, usize::try_from(at).unwrap_or(usize::MAX));
    Some(
        wanted
            .map(|at| String::from_utf8_lossy(text(at)).into_owned())
            .collect(),
    )
}

/// Adds the notes of ours; a place that is no sequence of notes adds what it holds before that shows.
fn notes<Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    align: Elf::Word,
    data: &[u8],
    found: &mut BTreeSet<(u32, Vec<u8>)>,
) {
    if data.len() > NOTES_BYTES_MAX {
        return;
    }
    let Ok(mut notes) = NoteIterator::<Elf>::new(endian, align, data) else {
        return;
    };
    while let Ok(Some(note)) = notes.next() {
        if note.name() == NOTE_OWNER && found.len() < NOTES_MAX {
            let text = note
                .desc()
                .split(|byte| *byte == 0)
                .next()
                .unwrap_or_default();
            found.insert((note.n_type(endian), text.to_vec()));
        }
    }
}

/// The text that starts at `offset` and ends with a zero byte, cut at [`NAME_BYTES_MAX`].
fn text_at(texts: &[u8], offset: usize) -> &[u8] {
    let rest = texts.get(offset..).unwrap_or_default();
    let rest = &rest[..rest.len().min(NAME_BYTES_MAX)];
    &rest[..memchr::memchr(0, rest).unwrap_or(rest.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_zero_at_the_end_of_the_table_and_at_the_bound() {
        assert_eq!(text_at(b"ab\0cd\0", 3), b"cd");
        assert_eq!(text_at(b"ab\0cd", 3), b"cd");
        assert_eq!(text_at(b"ab\0", usize::MAX), b"");
        assert_eq!(text_at(&vec![b'a'; 1 << 20], 5).len(), NAME_BYTES_MAX);
    }
}
