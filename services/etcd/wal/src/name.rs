//! Names of segments: `<sequence>-<index>.wal`, both 16 hexadecimal digits. The index is that of the first entry in it.

use std::{fs, path::Path};

use tracing::warn;

use crate::error::{At as _, WalError};

/// A segment by its name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Name {
    pub(crate) sequence: u64,
    pub(crate) index: u64,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}-{:016x}.wal", self.sequence, self.index)
    }
}

impl Name {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sequence, index) = text.strip_suffix(".wal")?.split_once('-')?;
        let number = |digits: &str| {
            (digits.len() == 16)
                .then(|| u64::from_str_radix(digits, 16).ok())
                .flatten()
        };
        Some(Self {
            sequence: number(sequence)?,
            index: number(index)?,
        })
    }
}

/// Returns whether the folder holds a log.
#[must_use]
pub fn exists(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.path().extension().is_some_and(|end| end == "wal"))
    })
}

/// Lists the segments in their order.
///
/// # Errors
/// [`WalError::FileNotFound`] when there is none.
pub(crate) fn list(folder: &Path) -> Result<Vec<Name>, WalError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).at("read", folder)? {
        let entry = entry.at("read", folder)?;
        let text = entry.file_name();
        match text.to_str().and_then(Name::parse) {
            Some(name) => names.push(name),
            None if entry.path().extension().is_some_and(|end| end == "tmp") => {}
            None => warn!(path = %text.display(), "ignored file in WAL directory"), // upstream's text
        }
    }
    names.sort();
    if names.is_empty() {
        return Err(WalError::FileNotFound);
    }
    Ok(names)
}

/// Lists the segments that hold what comes behind `index`.
///
/// # Errors
/// When the first of them is not there any more, or one in between.
pub(crate) fn list_from(folder: &Path, index: u64) -> Result<Vec<Name>, WalError> {
    let mut names = list(folder)?;
    let first = names
        .iter()
        .rposition(|name| name.index <= index)
        .ok_or(WalError::NoSegmentFor(index))?;
    names.drain(..first);
    let is_next = |pair: &[Name]| pair[0].sequence == 0 || pair[1].sequence == pair[0].sequence + 1;
    // As upstream, which does not miss the second segment.
    if names.windows(2).all(is_next) {
        Ok(names)
    } else {
        Err(WalError::Gap(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let name = Name {
            sequence: 1,
            index: 0xabc,
        };
        assert_eq!(name.to_string(), "0000000000000001-0000000000000abc.wal");
        assert_eq!(Name::parse(&name.to_string()), Some(name));
        for text in ["0.tmp", "1-2.wal", "0000000000000001-0000000000000abc", "x"] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_segments_behind_an_index_are_found_and_gaps_seen() {
        let folder = tempfile::tempdir().unwrap();
        let make = |sequence, index| {
            fs::write(folder.path().join(Name { sequence, index }.to_string()), "").unwrap();
        };
        assert!(matches!(list(folder.path()), Err(WalError::FileNotFound)));
        make(1, 10);
        make(2, 20);
        make(4, 40);
        fs::write(folder.path().join("0.tmp"), "").unwrap();
        let from = |index| list_from(folder.path(), index).map(|names| names.len());
        assert!(matches!(from(9), Err(WalError::NoSegmentFor(9))));
        assert!(matches!(from(25), Err(WalError::Gap(1))));
        assert!(matches!(from(40), Ok(1)));
        make(3, 30);
        assert!(matches!(from(25), Ok(3)));
        assert!(exists(folder.path()));
    }
}
