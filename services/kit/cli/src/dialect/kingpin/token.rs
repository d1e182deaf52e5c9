//! From words to tokens: flags, values, and the lines of argument files.
//!
//! Source: kingpin parser.go, `ParseContext.Next`, `ExpandArgsFromFile`.

use std::{collections::VecDeque, fs::File, io::Read};

use crate::{Flag, value::quote};

/// Longest argument file, in bytes. Also ends files that name themselves, together with [`FILES_MAX`].
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Most argument files on one command line; upstream recurses until its stack ends.
const FILES_MAX: usize = 64;

/// Longest line of an argument file, in bytes: the buffer of Go's `bufio.Scanner`.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// One piece of a command line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// `-x`
    Short(char),
    /// `--name`
    Long(String),
    /// A value, or a word that belongs to no flag.
    Word(String),
    /// An argument file that cannot be read.
    Error(FileError),
    /// The end of the line.
    End,
}

/// Why an argument file cannot be read. The texts are upstream's: operators see them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum FileError {
    #[error("expected @ file to expand arguments from")]
    NoName,
    #[error("failed to open arguments file {}: open {name}: {reason}", quote(.name))]
    Open { name: String, reason: String },
    #[error("failed to read arguments from {}: {reason}", quote(.name))]
    Read { name: String, reason: String },
}

/// The words of a command line, cut into tokens one after the other.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    flags: &'a [Flag],
    typed: &'a [String],
    left: VecDeque<String>,
    /// Words taken so far, those of argument files and split short flags included.
    taken: usize,
    /// Set after `--`: whatever follows is a word.
    pub(super) words_only: bool,
    peeked: Vec<Token>,
    files: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(flags: &'a [Flag], typed: &'a [String]) -> Self {
        let left = typed.iter().cloned().collect();
        Self {
            flags,
            typed,
            left,
            taken: 0,
            words_only: false,
            peeked: Vec::new(),
            files: 0,
        }
    }

    /// Returns the next token without taking it.
    pub(super) fn peek(&mut self) -> Token {
        if self.peeked.is_empty() {
            let token = self.cut();
            self.peeked.push(token);
        }
        self.peeked.last().cloned().expect("just filled")
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Token {
        self.peeked.pop().unwrap_or_else(|| self.cut())
    }

    /// Cuts a token off the words left. A value attached to a flag waits below it in `peeked`.
    fn cut(&mut self) -> Token {
        loop {
            let Some(word) = self.left.pop_front() else {
                return Token::End;
            };
            // Upstream looks at the typed words by the count of words taken, which an argument file before `--` shifts.
            if self.taken > 0
                && self
                    .typed
                    .get(self.taken - 1)
                    .is_some_and(|word| word == "--")
            {
                self.words_only = true;
            }
            self.taken += 1;
            if self.words_only {
                return Token::Word(word);
            }
            if word == "--" {
                continue;
            }
            if let Some(long) = word.strip_prefix("--") {
                return self.cut_long(long);
            }
            if let Some(short) = word.strip_prefix('-') {
                return self.cut_short(short);
            }
            let Some(name) = word.strip_prefix('@') else {
                return Token::Word(word);
            };
            self.files += 1;
            match expand(name, self.files) {
                Ok(lines) => lines
                    .into_iter()
                    .rev()
                    .for_each(|line| self.left.push_front(line)),
                Err(error) => return Token::Error(error),
            }
        }
    }

    fn cut_long(&mut self, long: &str) -> Token {
        let (name, value) = long
            .split_once('=')
            .map_or((long, None), |(name, value)| (name, Some(value)));
        self.peeked
            .extend(value.map(|value| Token::Word(value.to_owned())));
        Token::Long(name.to_owned())
    }

    /// `-x`, `-xyz` as `-x -y -z`, and `-xVALUE` for a flag that takes one. A lone dash is an empty word.
    fn cut_short(&mut self, short: &str) -> Token {
        let mut chars = short.chars();
        let Some(letter) = chars.next() else {
            return Token::Word(String::new());
        };
        let rest = chars.as_str();
        let flag = self.flags.iter().find(|flag| flag.short == Some(letter));
        if !rest.is_empty() {
            if flag.is_some_and(|flag| !flag.is_switch()) {
                self.peeked.push(Token::Word(rest.to_owned()));
            } else {
                self.left.push_front(format!("-{rest}"));
            }
        }
        Token::Short(letter)
    }
}

/// Returns the lines of an argument file, without comments (`#` first) and blank lines.
fn expand(name: &str, files: usize) -> Result<Vec<String>, FileError> {
    if name.is_empty() {
        return Err(FileError::NoName);
    }
    let unreadable = |reason: String| FileError::Read {
        name: name.to_owned(),
        reason,
    };
    if files > FILES_MAX {
        return Err(unreadable(format!("more than {FILES_MAX} argument files")));
    }
    let file = File::open(name).map_err(|error| FileError::Open {
        name: name.to_owned(),
        reason: go_reason(&error),
    })?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(format!("read {name}: {}", go_reason(&error))))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(format!("more than {FILE_BYTES_MAX} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable("not valid UTF-8".to_owned()))?;
    if text.split('\n').any(|line| line.len() >= LINE_BYTES_MAX) {
        return Err(unreadable("bufio.Scanner: token too long".to_owned()));
    }
    let lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let is_argument = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    Ok(lines.filter(is_argument).map(str::to_owned).collect())
}

/// Returns the system's reason as Go words it: lower case, without the number.
fn go_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" (os error ").next().unwrap_or(&text);
    let mut chars = reason.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}
