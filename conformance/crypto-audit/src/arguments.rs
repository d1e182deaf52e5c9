//! The command line of the program: one file and three switches.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::page::Form;
use crate::provider::{Provider, UnknownProvider};
use crate::verdict::Symbols;

/// What `--help` prints.
pub const USAGE: &str = "usage: crypto-audit [--expect ring|aws-lc|fips] [--stripped] [--json] ELF

Says which crypto a program carries, without running it: symbols by family, shared libraries, and for programs of the kit
the report and the list of crates in their sections .note.casemate.*, and whether all of it agrees.

  --expect PROVIDER  fail unless it is this provider
  --stripped         allow a program without symbols: judge its report, crates and bytes alone
  --json             print JSON

exit: 0 agrees, 1 does not (so does any foreign program), 2 wrong usage
";

/// What was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// Print the usage.
    Help,
    /// Audit a file.
    Audit {
        /// The program to look at.
        path: PathBuf,
        /// The provider it must carry; `None` takes its report's word for it.
        expected: Option<Provider>,
        /// Whether it may be stripped.
        symbols: Symbols,
        /// How the findings are printed.
        form: Form,
    },
}

/// Why the command line is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UsageError {
    /// `--expect` is the last word.
    #[error("--expect needs a provider")]
    NoProvider,
    /// `--expect` names none of ours.
    #[error("--expect")]
    Provider(#[from] UnknownProvider),
    /// A switch that does not exist.
    #[error("unknown option {0}")]
    Option(String),
    /// Not exactly one file.
    #[error("give one ELF file")]
    Files,
}

/// Reads the words after the program's name.
///
/// # Errors
/// [`UsageError`] says which word is wrong.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Request, UsageError> {
    let mut words = words.into_iter();
    let mut paths = Vec::new();
    let mut expected = None;
    let mut symbols = Symbols::Needed;
    let mut form = Form::Page;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--help" | "-h") => return Ok(Request::Help),
            Some("--stripped") => symbols = Symbols::MayBeStripped,
            Some("--json") => form = Form::Json,
            Some("--expect") => {
                let name = words.next().ok_or(UsageError::NoProvider)?;
                expected = Some(name.to_string_lossy().parse()?);
            }
            Some(option) if option.starts_with('-') => {
                return Err(UsageError::Option(option.to_owned()));
            }
            _ => paths.push(PathBuf::from(word)),
        }
    }
    let [path] = <[PathBuf; 1]>::try_from(paths).map_err(|_| UsageError::Files)?;
    Ok(Request::Audit {
        path,
        expected,
        symbols,
        form,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Request, UsageError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_file_alone_is_audited_with_symbols_and_no_expectation() {
        let expected = Request::Audit {
            path: "a".into(),
            expected: None,
            symbols: Symbols::Needed,
            form: Form::Page,
        };
        assert_eq!(parse_line("a"), Ok(expected));
    }

    #[test]
    fn switches_stand_before_or_after_the_file() {
        let expected = Request::Audit {
            path: "a".into(),
            expected: Some(Provider::Fips),
            symbols: Symbols::MayBeStripped,
            form: Form::Json,
        };
        let before = parse_line("--json --expect fips --stripped a");
        assert_eq!(before, Ok(expected.clone()));
        let after = parse_line("a --stripped --expect fips --json");
        assert_eq!(after, Ok(expected));
    }

    #[test]
    fn wrong_words_are_named() {
        let text = |line: &str| parse_line(line).unwrap_err().to_string();
        assert_eq!(text("--frobnicate a"), "unknown option --frobnicate");
        assert_eq!(text("a --expect"), "--expect needs a provider");
        assert_eq!(text(""), "give one ELF file");
        assert_eq!(text("a b"), "give one ELF file");
        assert!(matches!(
            parse_line("a --expect x"),
            Err(UsageError::Provider(_))
        ));
    }
}
