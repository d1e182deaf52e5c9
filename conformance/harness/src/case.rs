//! What a case is: a title, marks that say where it holds, and steps, each with what must come of it.
//!
//! The written form is read by [`parse`]; `conformance/suite/README.md` describes it for people. A case knows nothing of
//! the program it will be put to; `execute` does that.

use std::path::PathBuf;
use std::time::Duration;

mod expect;
mod parse;
mod reader;
#[cfg(test)]
mod tests;

pub use parse::{CaseError, parse, parse_folder};

/// A version such as `1.11.3`, compared number by number.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version(pub Vec<u32>);

impl Version {
    /// Reads the leading dotted numbers of `text`; a text without any gives an empty version, older than all others.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let digits: &str = text
            .split(|c: char| c != '.' && !c.is_ascii_digit())
            .next()
            .unwrap_or_default();
        Self(
            digits
                .split('.')
                .map_while(|part| part.parse().ok())
                .collect(),
        )
    }
}

/// One `## title` of a case file.
#[derive(Clone, Debug)]
pub struct Case {
    /// The heading.
    pub title: String,
    /// The file it stands in.
    pub file: PathBuf,
    /// Line of the heading, from 1.
    pub line: usize,
    /// Where and how the case holds.
    pub marks: Marks,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// The lines between a heading and the first step.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// `flags:` command line of the server, after the listen address.
    pub flags: Vec<String>,
    /// `since:` first upstream version that answers so; older ones are not asked.
    pub since: Option<Version>,
    /// `deviation:` why ours knowingly answers otherwise (`ours =>`).
    pub deviation: Option<String>,
    /// `only ours:` why upstream cannot be asked at all.
    pub only_ours: Option<String>,
    /// `only if:` a command of the shell that succeeds where the machine can run the case.
    pub only_if: Option<String>,
    /// `needs: both`: the case moves data between the two programs.
    pub needs_both: bool,
}

/// One action with its expectation.
#[derive(Clone, Debug)]
pub struct Step {
    /// Line in the case file, from 1.
    pub line: usize,
    /// What is done.
    pub action: Action,
    /// What must come of it.
    pub expect: Expect,
    /// What must come of it when ours is asked, where that differs (`ours =>`).
    pub ours: Option<Expect>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// `PUT /path` with headers and a body.
    Request(RequestTemplate),
    /// `RAW`: the block's bytes as they are, lines ended by CRLF.
    Raw(Block),
    /// `wait 5s until GET /path`: asks again until the expectation holds.
    Wait {
        /// What is asked.
        request: RequestTemplate,
        /// How long.
        within: Duration,
    },
    /// `run ARGS`: the program itself, to its end.
    Run(Vec<String>),
    /// `sh`: a script of guides' commands, to its end.
    Shell(Block),
    /// `file NAME`: writes a file into the case's folder.
    File {
        /// Path below the case's folder.
        name: String,
        /// What is written.
        content: BodyTemplate,
    },
    /// `start [FLAGS]`: starts the server now; without this it starts at the first step that needs it.
    Start(Vec<String>),
    /// `restart [FLAGS]`: SIGTERM, wait for the end, start with the case's flags and these.
    Restart(Vec<String>),
    /// `swap`: like restart, but the other program takes over.
    Swap,
    /// `stop`: SIGTERM and wait for the end; the outcome is the exit code.
    Stop,
    /// `signal NAME`: sends it and goes on.
    Signal(String),
    /// `exit`: waits for the server to end by itself; the outcome is the exit code.
    Exit,
    /// `log MODE`: what the server's output must come to hold.
    Log,
}

/// A request as written; `${…}` not yet filled in.
#[derive(Clone, Debug, Default)]
pub struct RequestTemplate {
    /// First word of the line.
    pub method: String,
    /// Rest of the line, sent as it is.
    pub target: String,
    /// Header lines, sent as they are.
    pub headers: Vec<(String, String)>,
    /// The indented block, if any.
    pub body: Option<BodyTemplate>,
}

/// A body as written: words of the `body:` line and the block below it.
#[derive(Clone, Debug, Default)]
pub struct BodyTemplate {
    /// How to read the block and what to do with the bytes, left to right; see [`crate::body`].
    pub words: Vec<String>,
    /// The indented lines.
    pub block: Block,
}

/// Indented lines, without their four blanks.
pub type Block = Vec<String>;

/// What must come of a step.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// HTTP status, exit code, or the connection's end; none means it is not looked at.
    pub outcome: Option<Outcome>,
    /// Header rules.
    pub headers: Vec<(String, HeaderRule)>,
    /// Rules on the body or the output.
    pub checks: Vec<Check>,
    /// `capture NAME REGEX`: the first group becomes `${NAME}`.
    pub captures: Vec<(String, String)>,
}

/// The word after `=>`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// A status or an exit code.
    Number(i32),
    /// Connection ended without an answer.
    Closed,
}

/// What a header must be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HeaderRule {
    /// Exactly this text.
    Is(String),
    /// `/regex/` found in the value.
    Matches(String),
    /// `absent`.
    Absent,
}

/// One rule on a stream of bytes.
#[derive(Clone, Debug)]
pub struct Check {
    /// Which bytes.
    pub stream: Stream,
    /// How they are compared.
    pub mode: Mode,
    /// With what.
    pub block: Block,
}

/// Where a check looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Response body, or standard output of a command.
    Main,
    /// Standard error of a command.
    Stderr,
}

/// How a check compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// No bytes at all.
    Empty,
    /// The block's lines, each ended by LF.
    Exactly,
    /// The block's lines, the last one without LF.
    ExactlyBare,
    /// As `ExactlyBare`, with `\n`, `\t`, `\xNN` and the like written out.
    ExactlyEscaped,
    /// Every line is somewhere in the bytes.
    Contains,
    /// The block stands there as whole consecutive lines.
    Lines,
    /// No line of the block is anywhere in the bytes.
    Lacks,
    /// Every line is a regular expression that is found (`^` and `$` at line ends).
    Matches,
    /// Every line is a regular expression that is not found.
    LacksMatch,
    /// An exposition with the same families and samples in any order, self metrics left out.
    Metrics,
    /// An exposition with the same text, self metrics left out.
    Exposition,
    /// The same JSON value; `"<any>"`, `"<time>"` and `"/regex/"` stand for strings.
    Json,
    /// The same, arrays of objects in any order.
    JsonUnordered,
    /// The same, where both objects and arrays may hold more.
    JsonContains,
    /// Delimited protobuf families, one per line in text form, self metrics left out.
    Protobuf,
}
