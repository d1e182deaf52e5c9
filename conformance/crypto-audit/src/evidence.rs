//! What is in the file: symbols by family, marks of a module in the bytes, the section of the report.

use object::read::{Object, ObjectSection, ObjectSymbol};

use crate::claim::{self, Claim, ClaimError};
use crate::family::{self, Counts, Reach};

/// A text of the integrity test that only a FIPS build of the module holds: there, stripped or not, when the module is.
/// Source: aws-lc crypto/fipsmodule/bcm.c, `ASSERT_WITHIN_MSG`.
const FIPS_MARK: &[u8] = b"FIPS module doesn't span expected symbol (";

/// The end of the symbol that answers with the module's version; the gate wants it defined as code.
const VERSION_SYMBOL_END: &str = "_awslc_version_string";

/// Shared libraries of a second stack.
const FOREIGN_LIBRARIES: [&[u8]; 2] = [b"libcrypto.so", b"libssl.so"];

/// What was found in a program.
#[derive(Debug)]
pub struct Evidence {
    /// Symbols that are defined in the program or wanted from shared libraries, by family.
    pub families: Counts,
    /// Whether there are symbols to judge by: a stripped program has none.
    pub has_symbols: bool,
    /// Whether `aws_lc_fips_<version>_awslc_version_string` is defined as code.
    pub defines_fips_version: bool,
    /// Whether the bytes hold what only the FIPS module prints.
    pub has_fips_mark: bool,
    /// Shared libraries of another crypto stack that the program wants.
    pub foreign_libraries: Vec<String>,
    /// What the program says about itself.
    pub claims: Result<Vec<Claim>, ClaimError>,
}

/// Why a file could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Not an ELF file, or a broken one.
    #[error("not a readable ELF file")]
    Elf(#[source] object::Error),
    /// An object of another format.
    #[error("not an ELF file but {0:?}")]
    Format(object::BinaryFormat),
}

/// Looks at a whole ELF file.
///
/// # Errors
/// [`EvidenceError`] when it is none.
pub fn gather(bytes: &[u8]) -> Result<Evidence, EvidenceError> {
    let file = object::File::parse(bytes).map_err(EvidenceError::Elf)?;
    if file.format() != object::BinaryFormat::Elf {
        return Err(EvidenceError::Format(file.format()));
    }
    let mut families = Counts::new();
    let mut defines_fips_version = false;
    for symbol in file.symbols().chain(file.dynamic_symbols()) {
        let name = symbol.name().unwrap_or_default();
        family::count(&mut families, name, reach(&symbol));
        let is_code = symbol.is_definition() && symbol.kind() == object::SymbolKind::Text;
        let is_version = name.starts_with("aws_lc_fips_") && name.ends_with(VERSION_SYMBOL_END);
        defines_fips_version |= is_code && is_version;
    }
    Ok(Evidence {
        families,
        has_symbols: file
            .symbol_table()
            .is_some_and(|table| object::ObjectSymbolTable::symbols(&table).next().is_some()),
        defines_fips_version,
        has_fips_mark: contains(bytes, FIPS_MARK),
        foreign_libraries: foreign_libraries(&file),
        claims: claims(&file),
    })
}

/// A weak name that nobody defines is a hook left open, as AWS-LC's `OPENSSL_memory_alloc`: nothing is wanted by it.
fn reach<'data>(symbol: &impl ObjectSymbol<'data>) -> Reach {
    let is_open_hook = symbol.is_undefined() && symbol.is_weak();
    let is_shared = symbol.is_global() || symbol.is_undefined();
    if is_shared && !is_open_hook {
        Reach::Global
    } else {
        Reach::Local
    }
}

fn claims(file: &object::File<'_>) -> Result<Vec<Claim>, ClaimError> {
    let section = file
        .section_by_name(claim::SECTION)
        .ok_or(ClaimError::Absent)?;
    let data = section.data().map_err(ClaimError::Note)?;
    claim::read(file.endianness(), section.align(), data)
}

fn foreign_libraries(file: &object::File<'_>) -> Vec<String> {
    let names = file
        .section_by_name(".dynstr")
        .and_then(|section| section.data().ok())
        .unwrap_or_default();
    let wanted = names.split(|byte| *byte == 0);
    let foreign = wanted.filter(|name| {
        FOREIGN_LIBRARIES
            .iter()
            .any(|library| name.starts_with(library))
    });
    foreign
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
