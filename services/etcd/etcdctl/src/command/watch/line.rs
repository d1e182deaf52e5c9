//! Which words of `watch` are keys, and which a program to run for each event.
//!
//! The program stands behind `--`. A key may also come from variables, and then none may be typed.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/watch_command.go, `parseWatchArgs`.

use kit_cli::{
    Matches,
    dialect::cobra::{Line, UsageError},
};

use crate::commands;

/// What a watch is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wanted {
    /// A key and perhaps a range end; more are ignored.
    pub(super) keys: Vec<Vec<u8>>,
    /// The program and its arguments; empty for none.
    pub(super) program: Vec<Vec<u8>>,
    pub(super) prefix: bool,
    pub(super) revision: i64,
    pub(super) prev_kv: bool,
    pub(super) progress_notify: bool,
}

/// Why words are no watch. The texts are upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum LineError {
    #[error("bad number of arguments")]
    Number,
    #[error("bad number of arguments (found conflicting environment key)")]
    ConflictingVariable,
    #[error("bad number of arguments (found separator --, but no commands)")]
    NoProgram,
    #[error("`range_end` and `--prefix` are mutually exclusive")]
    RangeAndPrefix,
    #[error(transparent)]
    Usage(#[from] UsageError),
}

/// Reads the words of the process' own line, whose flags are known already.
pub(super) fn from_arguments(line: &Line, default: &[Vec<u8>]) -> Result<Wanted, LineError> {
    let after = line.words.iter().position(|word| word == b"watch");
    let raw = after.map_or(line.words.as_slice(), |at| &line.words[at + 1..]);
    let program = program(raw)?;
    // cobra takes `--` away and leaves the program among the arguments.
    let typed = line.arguments.len().saturating_sub(program.len());
    let keys = keys(&line.arguments[..typed], default, raw.is_empty())?;
    Ok(wanted(&line.matches, keys, program))
}

/// Reads words that were typed into the running command.
pub(super) fn from_words(words: &[Vec<u8>], default: &[Vec<u8>]) -> Result<Wanted, LineError> {
    let program = program(words)?;
    let before = words.iter().position(|word| word == b"--");
    let parsed = Line::of(commands::WATCH, &words[..before.unwrap_or(words.len())])?;
    let is_empty = parsed.arguments.is_empty() && before.is_none();
    let keys = keys(&parsed.arguments, default, is_empty)?;
    Ok(wanted(&parsed.matches, keys, program))
}

/// Returns what stands behind the first `--`.
fn program(words: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, LineError> {
    let Some(at) = words.iter().position(|word| word == b"--") else {
        return Ok(Vec::new());
    };
    let program = words[at + 1..].to_vec();
    if program.is_empty() {
        return Err(LineError::NoProgram);
    }
    Ok(program)
}

fn keys(typed: &[Vec<u8>], default: &[Vec<u8>], is_empty: bool) -> Result<Vec<Vec<u8>>, LineError> {
    if default.is_empty() {
        return if is_empty {
            Err(LineError::Number)
        } else {
            Ok(typed.to_vec())
        };
    }
    if typed.is_empty() {
        return Ok(default.to_vec());
    }
    Err(LineError::ConflictingVariable)
}

fn wanted(flags: &Matches, keys: Vec<Vec<u8>>, program: Vec<Vec<u8>>) -> Wanted {
    Wanted {
        keys,
        program,
        prefix: flags.switch("prefix"),
        revision: flags.number("rev"),
        prev_kv: flags.switch("prev-kv"),
        progress_notify: flags.switch("progress-notify"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<u8>> {
        text.split_whitespace()
            .map(|word| word.as_bytes().to_vec())
            .collect()
    }

    #[track_caller]
    fn check(text: &str, default: &str, keys: &str, program: &str) {
        let found = from_words(&words(text), &words(default)).expect(text);
        assert_eq!(found.keys, words(keys), "{text}");
        assert_eq!(found.program, words(program), "{text}");
    }

    #[track_caller]
    fn refused(text: &str, default: &str, error: &LineError) {
        assert_eq!(
            from_words(&words(text), &words(default)),
            Err(error.clone())
        );
    }

    #[test]
    fn keys_stand_before_the_dashes_and_a_program_behind_them() {
        check("foo", "", "foo", "");
        check("foo bar --rev 3", "", "foo bar", "");
        check("--rev 1 foo -- echo -n x", "", "foo", "echo -n x");
        check("foo --prefix -- sh", "", "foo", "sh");
        check("-- echo x", "key", "key", "echo x");
        check("--rev=1", "key end", "key end", "");
    }

    #[test]
    fn flags_count_before_the_dashes_alone() {
        let found = from_words(&words("a --rev 3 --prev-kv -- b --prefix"), &[]).unwrap();
        assert_eq!(
            (found.revision, found.prev_kv, found.prefix),
            (3, true, false)
        );
    }

    #[test]
    fn words_that_make_no_watch_are_refused() {
        refused("", "", &LineError::Number);
        refused("foo --", "", &LineError::NoProgram);
        refused("foo", "key", &LineError::ConflictingVariable);
        refused("foo -- echo", "key", &LineError::ConflictingVariable);
    }
}
