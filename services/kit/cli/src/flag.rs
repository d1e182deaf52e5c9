//! One row of a flag table. Parsing, help, man page, completion and the status page all follow the rows.

use crate::value;

/// A flag as data. Rows are written with the constructors, one line per flag:
///
/// ```
/// use kit_cli::Flag;
///
/// const FLAGS: &[Flag] = &[
///     Flag::text("web.listen-address", "Addresses to listen on.").default(":9091").repeatable(),
///     Flag::switch("web.enable-lifecycle", "Enable shutdown via HTTP request."),
/// ];
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Long name, without dashes.
    pub name: &'static str,
    /// One-letter name, if any.
    pub short: Option<char>,
    /// What its value may be.
    pub kind: Kind,
    /// Value when the flag is not given. Switches without one are off, others empty.
    pub default: Option<&'static str>,
    /// One paragraph for the help text.
    pub help: &'static str,
    /// Stands for the value in the help text; otherwise the dialect shows the default.
    pub placeholder: Option<&'static str>,
    /// Values offered by shell completion.
    pub hints: &'static [&'static str],
    /// Parsed, but left out of the help text.
    pub hidden: bool,
    /// May be given several times, collecting the values; they replace the default.
    pub repeatable: bool,
    /// Our addition; the upstream program does not know it.
    pub ours: bool,
}

/// What the value of a flag may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// On or off, no value.
    Switch,
    /// Any text.
    Text,
    /// A Go duration, with the units `d` and `w` besides Go's own.
    Duration,
    /// A non-negative whole number.
    Count,
    /// A whole number of 64 bits, as Go reads it: `0x`, `0o` and `0b` in front, `_` between digits.
    Integer,
    /// The same without a sign.
    Unsigned,
    /// Values between commas, of which any number may be given.
    List,
    /// A URL or URL reference as Go parses it; empty is valid.
    Url,
    /// One word of a list.
    Choice(&'static Choice),
    /// A truth value, with or without an `=`: Go's `-name`, `-name=false`.
    Bool,
    /// What a function lets pass; it says what is wrong otherwise.
    Checked(fn(&str) -> Result<(), String>),
    /// Whatever: a flag of old that does nothing any more, written as a truth value is.
    Ignored,
}

/// The words a [`Kind::Choice`] accepts.
#[derive(Debug)]
pub struct Choice {
    /// The accepted words, in the order help shows them.
    pub words: &'static [&'static str],
    /// Whether upper and lower case are the same.
    pub any_case: bool,
    /// What stands before a refused word, as in `unrecognized log level`.
    pub refusal: &'static str,
}

impl Kind {
    /// Checks one written value against the kind.
    ///
    /// # Errors
    /// The text a user is shown, in the words of the upstream parser.
    pub fn check(self, written: &str) -> Result<(), String> {
        match self {
            Self::Switch | Self::Text | Self::Ignored | Self::List => Ok(()),
            Self::Bool => value::parse_bool(written)
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::Checked(check) => check(written),
            Self::Integer => value::parse_int(written)
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::Unsigned => value::parse_uint(written, u64::BITS)
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::Duration => value::parse_duration(written)
                .map(drop)
                .map_err(|error| error.to_string()),
            Self::Count => value::parse_count(written)
                .map(drop)
                .map_err(|error| error.to_string()),
            // Upstream's text: kingpin values.go, urlValue.Set.
            Self::Url => value::Url::parse(written)
                .map(drop)
                .map_err(|error| format!("invalid URL: {error}")),
            Self::Choice(choice) => choice.check(written),
        }
    }
}

impl Choice {
    fn check(&self, written: &str) -> Result<(), String> {
        let known = |word: &&str| {
            if self.any_case {
                *word == written.to_lowercase()
            } else {
                *word == written
            }
        };
        if self.words.iter().any(known) {
            return Ok(());
        }
        Err(format!("{} {written}", self.refusal))
    }
}

impl Flag {
    /// A flag that is on or off.
    #[must_use]
    pub const fn switch(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Kind::Switch, help)
    }

    /// A flag that takes any text.
    #[must_use]
    pub const fn text(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Kind::Text, help)
    }

    /// A flag that takes a value of `kind`.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self {
            name,
            short: None,
            kind,
            default: None,
            help,
            placeholder: None,
            hints: &[],
            hidden: false,
            repeatable: false,
            ours: false,
        }
    }

    /// Sets the one-letter name.
    #[must_use]
    pub const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    /// Sets the value used when the flag is not given.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// Sets what stands for the value in the help text.
    #[must_use]
    pub const fn placeholder(mut self, text: &'static str) -> Self {
        self.placeholder = Some(text);
        self
    }

    /// Sets the values offered by shell completion.
    #[must_use]
    pub const fn hints(mut self, values: &'static [&'static str]) -> Self {
        self.hints = values;
        self
    }

    /// Leaves the flag out of the help text.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Lets the flag be given several times.
    #[must_use]
    pub const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Marks the flag as our addition.
    #[must_use]
    pub const fn ours(mut self) -> Self {
        self.ours = true;
        self
    }

    /// Returns whether the flag takes no value.
    #[must_use]
    pub const fn is_switch(&self) -> bool {
        matches!(self.kind, Kind::Switch)
    }
}
