//! The static report: what a program says about its own crypto. `crypto` writes it as JSON into an ELF note named
//! `casemate` in the section `.note.casemate.crypto`, which survives strip.

use object::Endianness;
use object::read::elf::NoteIterator;
use serde::Deserialize;

use crate::provider::Provider;

/// The section of the report.
pub const SECTION: &str = ".note.casemate.crypto";

/// The owner's name in the note.
const NOTE_NAME: &[u8] = b"casemate";

/// What the report says. Fields that nobody compares are left out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Claim {
    /// The provider it was built with.
    pub provider: Provider,
    /// The module of that provider.
    pub module: Module,
    /// How it was built.
    pub build: Build,
}

/// The build part of the report.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Build {
    /// The cargo features that chose the provider.
    pub features: Vec<String>,
}

/// The module part of the report.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its version: that of the crate, or the module's own name for it, `AWS-LC FIPS 3.1.0`.
    pub version: String,
    /// `validated`, `update-of-validated`, `in-process`, `unvalidated` or `none`.
    pub status: String,
    /// The certificate, as `#5314`; absent without one.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// Why a report could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The section is no sequence of ELF notes.
    #[error("section {SECTION} holds no ELF note")]
    Note(#[source] object::Error),
    /// A note of another owner, or none at all.
    #[error("section {SECTION} holds no note named casemate")]
    Absent,
    /// The text is not the JSON of a report.
    #[error("section {SECTION} holds no report")]
    Json(#[from] serde_json::Error),
}

/// Reads the reports of a section. Several identical ones count as one, as the linker may merge objects.
///
/// # Errors
/// [`ClaimError`] when the section holds anything but reports.
pub fn read(endian: Endianness, align: u64, section: &[u8]) -> Result<Vec<Claim>, ClaimError> {
    type Header = object::elf::FileHeader64<Endianness>;
    let mut notes =
        NoteIterator::<Header>::new(endian, align, section).map_err(ClaimError::Note)?;
    let mut claims: Vec<Claim> = Vec::new();
    while let Some(note) = notes.next().map_err(ClaimError::Note)? {
        if note.name() != NOTE_NAME {
            return Err(ClaimError::Absent);
        }
        let text = note
            .desc()
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default();
        let claim = serde_json::from_slice(text)?;
        if !claims.contains(&claim) {
            claims.push(claim);
        }
    }
    if claims.is_empty() {
        Err(ClaimError::Absent)
    } else {
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r##"{"format":1,"provider":"aws-lc-fips","module":{"name":"AWS-LC 3 Cryptographic Module",
        "version":"AWS-LC FIPS 3.1.0","status":"validated","certificate":"#5314"},"build":{"features":["fips"]}}"##;

    fn note(name: &str, text: &str) -> Vec<u8> {
        let sizes = [name.len() + 1, text.len(), 1];
        let mut bytes: Vec<u8> = sizes
            .iter()
            .flat_map(|size| u32::try_from(*size).unwrap().to_le_bytes())
            .collect();
        for part in [&format!("{name}\0"), text] {
            bytes.extend(part.bytes());
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    fn read_little(section: &[u8]) -> Result<Vec<Claim>, ClaimError> {
        read(Endianness::Little, 4, section)
    }

    #[test]
    fn a_report_is_read() {
        let claims = read_little(&note("casemate", REPORT)).unwrap();
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].provider, Provider::Fips);
        assert_eq!(claims[0].module.certificate.as_deref(), Some("#5314"));
    }

    #[test]
    fn the_same_report_twice_counts_once_and_two_count_twice() {
        let other = REPORT.replace("\"aws-lc-fips\"", "\"ring\"");
        let notes = |texts: &[&str]| {
            texts
                .iter()
                .flat_map(|text| note("casemate", text))
                .collect::<Vec<_>>()
        };
        assert_eq!(read_little(&notes(&[REPORT, REPORT])).unwrap().len(), 1);
        assert_eq!(read_little(&notes(&[REPORT, &other])).unwrap().len(), 2);
    }

    #[test]
    fn foreign_empty_and_broken_sections_are_refused() {
        assert!(matches!(
            read_little(&note("other", REPORT)),
            Err(ClaimError::Absent)
        ));
        assert!(matches!(read_little(b""), Err(ClaimError::Absent)));
        assert!(matches!(
            read_little(&note("casemate", "{}")),
            Err(ClaimError::Json(_))
        ));
        assert!(matches!(
            read_little(REPORT.as_bytes()),
            Err(ClaimError::Note(_))
        ));
    }
}
