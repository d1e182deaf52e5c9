//! Why a command ends early: an exit code and what stderr says.
//!
//! Source: etcd v3.7 pkg/cobrautl/error.go.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use kit_cli::dialect::cobra::UsageError;

/// The end of a command that did not do what it was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    exit_code: u8,
    /// What follows `Error: `; nothing when everything was said already.
    text: Option<String>,
}

impl Failure {
    /// The command failed.
    pub const ERROR: u8 = 1;
    /// There is no connection.
    pub const BAD_CONNECTION: u8 = 2;
    /// What was typed into a running command makes no sense.
    pub const INVALID_INPUT: u8 = 3;
    /// A flag has a value that is not supported.
    pub const BAD_FEATURE: u8 = 4;
    /// The server ended it.
    pub const INTERRUPTED: u8 = 5;
    /// The arguments make no sense.
    pub const BAD_ARGS: u8 = 128;

    /// A failure with its code and text.
    #[must_use]
    pub fn new(exit_code: u8, text: impl Into<String>) -> Self {
        Self {
            exit_code,
            text: Some(text.into()),
        }
    }

    /// A failure with code 1.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self::new(Self::ERROR, text)
    }

    /// Arguments that make no sense.
    #[must_use]
    pub fn arguments(text: impl Into<String>) -> Self {
        Self::new(Self::BAD_ARGS, text)
    }

    /// A failure that was told already.
    #[must_use]
    pub const fn told(exit_code: u8) -> Self {
        Self {
            exit_code,
            text: None,
        }
    }

    /// Returns the same failure with another code.
    #[must_use]
    pub fn with_code(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    /// Returns the same failure with its text inside another: `{}` stands for it.
    #[must_use]
    pub fn within(self, frame: &str) -> Self {
        let text = self.text.map(|text| frame.replace("{}", &text));
        Self { text, ..self }
    }

    /// Writes the text to stderr and returns the code.
    #[must_use]
    pub fn tell(self) -> ExitCode {
        if let Some(text) = self.text {
            // A stderr that is gone leaves nobody to tell.
            drop(writeln!(io::stderr().lock(), "Error: {text}"));
        }
        ExitCode::from(self.exit_code)
    }
}

impl From<etcd_client::Error> for Failure {
    fn from(error: etcd_client::Error) -> Self {
        Self::error(error.to_string())
    }
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Self::error(error.to_string())
    }
}
