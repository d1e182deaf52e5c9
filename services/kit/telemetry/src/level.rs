//! Levels and formats as the Prometheus family names them.
//!
//! Source: prometheus/common promslog/slog.go, `Level.Set`, `Format.Set`.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;

/// How serious a message must be to be written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// One line per decision, with the function in `caller`.
    Debug,
    /// The life of the process.
    Info,
    /// Odd but handled.
    Warn,
    /// Data lost, or a person must act.
    Error,
}

/// The text is upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unrecognized log level {0}")]
pub struct UnknownLevel(String);

/// How lines are rendered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// `key=value` pairs.
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// The text is upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unrecognized log format {0}")]
pub struct UnknownLogFormat(String);

impl Level {
    /// Returns the name as written in log lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    pub(crate) fn of(level: tracing::Level) -> Self {
        match level {
            tracing::Level::ERROR => Self::Error,
            tracing::Level::WARN => Self::Warn,
            tracing::Level::INFO => Self::Info,
            _ => Self::Debug,
        }
    }

    pub(crate) const fn filter(self) -> LevelFilter {
        match self {
            Self::Debug => LevelFilter::DEBUG,
            Self::Info => LevelFilter::INFO,
            Self::Warn => LevelFilter::WARN,
            Self::Error => LevelFilter::ERROR,
        }
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Reads a level in any case.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        let levels = [Self::Debug, Self::Info, Self::Warn, Self::Error];
        let named = levels
            .into_iter()
            .find(|level| level.name() == text.to_lowercase());
        named.ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    /// Reads `logfmt` or `json`, lower case only.
    fn from_str(text: &str) -> Result<Self, UnknownLogFormat> {
        match text {
            "logfmt" => Ok(Self::Logfmt),
            "json" => Ok(Self::Json),
            _ => Err(UnknownLogFormat(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_any_case_and_formats_as_they_are() {
        assert_eq!("WARN".parse(), Ok(Level::Warn));
        assert_eq!("json".parse(), Ok(LogFormat::Json));
        assert_eq!(
            "foo".parse::<Level>().unwrap_err().to_string(),
            "unrecognized log level foo"
        );
        assert_eq!(
            "JSON".parse::<LogFormat>().unwrap_err().to_string(),
            "unrecognized log format JSON"
        );
    }
}
