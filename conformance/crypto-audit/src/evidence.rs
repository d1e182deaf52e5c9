//! What is in the file: symbols by family, code by crate, wanted libraries, marks in the bytes, and the notes of `crypto`.

use std::collections::BTreeSet;

use memchr::memmem;
use object::{Endianness, FileKind, elf::FileHeader32, elf::FileHeader64};

use crate::claim::{self, Claim};
use crate::crates::{self, Crate};
use crate::elf::{self, Symbol};
use crate::family::{self, Counts, Reach};
use crate::rust_crate;

/// Largest file that is looked at, in bytes; the largest programs are half of it.
pub const FILE_BYTES_MAX: u64 = 512 << 20;

/// Most crates that are told apart by their code.
const CODE_MAX: usize = 4096;

/// Kinds of the notes of `crypto`. Source: crypto/src/note.rs.
const NOTE_REPORT: u32 = 1;
const NOTE_CRATES: u32 = 2;

/// A text of the integrity test that only a FIPS build of the module holds: there, stripped or not, when the module is.
/// Source: aws-lc crypto/fipsmodule/bcm.c, `ASSERT_WITHIN_MSG`.
const FIPS_MARK: &[u8] = b"FIPS module doesn't span expected symbol (";

/// Texts by which a library is known in a program without symbols. For people: no verdict rests on them.
const MARKS: [(&str, &[u8]); 9] = [
    ("AWS-LC", b"(compatible; AWS-LC"),
    ("AWS-LC FIPS", FIPS_MARK),
    ("Go crypto", b"crypto/internal/fips140/"),
    (
        "Go BoringCrypto",
        b"crypto/internal/boring/sig.BoringCrypto",
    ),
    ("GnuTLS", b"GNUTLS_SYSTEM_PRIORITY_FILE"),
    ("OpenSSL", b"OPENSSL_3.0.0"),
    ("OpenSSL", b"OpenSSL 3."),
    ("OpenSSL", b"OPENSSL_1_1_0"),
    ("libgcrypt", b"libgcrypt-"),
];

/// The end of the symbol that answers with the module's version; the gate wants it defined as code.
const VERSION_SYMBOL_END: &str = "_awslc_version_string";

/// What was found in a program.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Symbols that are defined in the program or wanted from shared libraries, by family.
    pub families: Counts,
    /// Whether there are symbols to judge by: a stripped program has none.
    pub has_symbols: bool,
    /// Whether `aws_lc_fips_<version>_awslc_version_string` is defined as code.
    pub defines_fips_version: bool,
    /// Whether the bytes hold what only the FIPS module prints.
    pub has_fips_mark: bool,
    /// Libraries known by texts in the bytes.
    pub marks: BTreeSet<&'static str>,
    /// Shared libraries that the program wants.
    pub libraries: BTreeSet<String>,
    /// Crates of Rust whose code is there, by the names of their libraries.
    pub code: BTreeSet<String>,
    /// What the program says about itself, each different report once.
    pub claims: Vec<Claim>,
    /// The crates it says it links, each different list once.
    pub lists: Vec<BTreeSet<Crate>>,
    /// Notes of ours that cannot be read.
    pub broken_notes: usize,
}

/// Why a file could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Not an ELF file, or a broken one.
    #[error("not a readable ELF file")]
    Elf(#[source] object::Error),
    /// An object of another format.
    #[error("not an ELF file but {0:?}")]
    Format(FileKind),
    /// Too large.
    #[error("larger than {} MiB", FILE_BYTES_MAX >> 20)]
    Large,
}

/// Looks at a whole ELF file.
///
/// # Errors
/// [`EvidenceError`] when it is none, or larger than [`FILE_BYTES_MAX`].
pub fn gather(bytes: &[u8]) -> Result<Evidence, EvidenceError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(EvidenceError::Large);
    }
    let mut evidence = Evidence::default();
    let mut visit = |symbol: Symbol<'_>| evidence.add_symbol(symbol);
    let parts = match FileKind::parse(bytes).map_err(EvidenceError::Elf)? {
        FileKind::Elf32 => elf::read::<FileHeader32<Endianness>>(bytes, &mut visit),
        FileKind::Elf64 => elf::read::<FileHeader64<Endianness>>(bytes, &mut visit),
        other => return Err(EvidenceError::Format(other)),
    }
    .map_err(EvidenceError::Elf)?;
    evidence.has_symbols = parts.has_symbols;
    evidence.libraries = parts.libraries;
    for (kind, text) in parts.notes {
        evidence.add_note(kind, &text);
    }
    evidence.has_fips_mark = contains(bytes, FIPS_MARK);
    let marks = MARKS.iter().filter(|(_, text)| contains(bytes, text));
    evidence.marks = marks.map(|(library, _)| *library).collect();
    Ok(evidence)
}

impl Evidence {
    /// Shared libraries of a crypto stack among those the program wants.
    pub fn crypto_libraries(&self) -> impl Iterator<Item = &String> {
        let is_crypto =
            |name: &&String| CRYPTO_LIBRARIES.iter().any(|start| name.starts_with(start));
        self.libraries.iter().filter(is_crypto)
    }

    /// Crates whose code is there and that the list does not name. Cargo adds them when it builds several programs at once
    /// and one of them wants more of a crate that they share.
    pub fn unlisted_code(&self) -> impl Iterator<Item = &String> {
        let is_listed = |code: &str| self.lists.iter().flatten().any(|each| each.library == code);
        self.code.iter().filter(move |code| !is_listed(code))
    }

    fn add_symbol(&mut self, symbol: Symbol<'_>) {
        let Ok(name) = std::str::from_utf8(symbol.name) else {
            return;
        };
        let reach = if symbol.is_shared {
            Reach::Global
        } else {
            Reach::Local
        };
        family::count(&mut self.families, name, reach);
        let is_version = name.starts_with("aws_lc_fips_") && name.ends_with(VERSION_SYMBOL_END);
        self.defines_fips_version |= symbol.is_code && is_version;
        if let Some(name) = rust_crate::of(name).filter(|name| !self.code.contains(*name))
            && self.code.len() < CODE_MAX
        {
            self.code.insert(name.to_owned());
        }
    }

    fn add_note(&mut self, kind: u32, text: &[u8]) {
        match (kind, claim::read(text).ok(), crates::read(text)) {
            (NOTE_REPORT, Some(claim), _) => self.claims.push(claim),
            (NOTE_CRATES, _, Some(list)) => self.lists.push(list),
            _ => self.broken_notes += 1,
        }
    }
}

/// Beginnings of the names of shared libraries that are a crypto stack.
const CRYPTO_LIBRARIES: [&str; 12] = [
    "libaws-lc",
    "libboringssl",
    "libcrypto.so",
    "libgcrypt",
    "libgnutls",
    "libmbedcrypto",
    "libmbedtls",
    "libnettle",
    "libnss3",
    "libsodium",
    "libssl.so",
    "libwolfssl",
];

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memmem::find(bytes, wanted).is_some()
}
