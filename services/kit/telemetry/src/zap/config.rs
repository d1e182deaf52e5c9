//! What is logged, how, and where to.

use std::{path::PathBuf, str::FromStr};

/// How the log of the process is to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ZapConfig {
    /// Least serious level written.
    pub level: ZapLevel,
    /// Rendering of the lines.
    pub format: ZapFormat,
    /// Where they go; to all of these.
    pub outputs: Vec<ZapOutput>,
}

/// How serious a line is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum ZapLevel {
    /// One line per decision.
    Debug = 0,
    /// The life of the process.
    Info = 1,
    /// Odd but handled.
    Warn = 2,
    /// Data lost, or a person must act.
    Error = 3,
    /// A bug.
    Panic = 4,
    /// The process ends.
    Fatal = 5,
}

/// No level. The text is upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unrecognized level: {0:?}")]
pub struct UnknownZapLevel(String);

/// How lines are rendered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ZapFormat {
    /// One JSON object per line.
    Json,
    /// For people: tabs between time, level, place, message, and JSON of the rest.
    Console,
}

/// Where lines go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ZapOutput {
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
    /// The end of a file.
    File(PathBuf),
    /// The end of a file that makes room for a new one.
    Rotated(PathBuf, Rotation),
    /// The journal of systemd.
    Journal,
}

/// When a file makes room, and what becomes of it.
///
/// Source: natefinch/lumberjack v2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rotation {
    /// Size from which on it does, in MiB; 0 means 100.
    pub size_mib_max: u64,
    /// Age at which old files are removed, in days; 0 keeps them.
    pub age_days_max: u64,
    /// How many old files are kept; 0 for all.
    pub backups_max: u64,
    /// Name old files by local time.
    pub local_time: bool,
    /// Compress old files.
    pub compress: bool,
}

impl ZapLevel {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Fatal => "fatal",
        }
    }

    pub(super) fn of(level: tracing::Level) -> Self {
        match level {
            tracing::Level::ERROR => Self::Error,
            tracing::Level::WARN => Self::Warn,
            tracing::Level::INFO => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// Source: go.uber.org/zap zapcore/level.go `UnmarshalText`.
impl FromStr for ZapLevel {
    type Err = UnknownZapLevel;

    fn from_str(text: &str) -> Result<Self, UnknownZapLevel> {
        match &*text.to_lowercase() {
            "debug" => Ok(Self::Debug),
            "" | "info" => Ok(Self::Info),
            "warn" => Ok(Self::Warn),
            "error" => Ok(Self::Error),
            "dpanic" | "panic" => Ok(Self::Panic),
            "fatal" => Ok(Self::Fatal),
            _ => Err(UnknownZapLevel(text.to_owned())),
        }
    }
}
