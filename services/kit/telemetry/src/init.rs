//! Turning logging on, once per process.

use std::io::{self, Write};

use tracing_subscriber::{Registry, layer::SubscriberExt};

use crate::{
    format::promslog::Promslog,
    layer::LineLayer,
    level::{Level, LogFormat},
    panic,
};

/// What to log, and how it looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogConfig {
    /// Least serious level written.
    pub level: Level,
    /// Rendering of the lines.
    pub format: LogFormat,
}

/// Logging could not be turned on.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Something else took the place of the process' subscriber first.
    #[error("logging is already turned on in this process")]
    Again,
}

/// Sends every event of the process to stderr, one line and one write each, and panics in the same format.
///
/// # Errors
/// [`InitError::Again`] when called twice.
pub fn init(config: &LogConfig) -> Result<(), InitError> {
    let format = Promslog::new(*config);
    let subscriber = Registry::default().with(LineLayer::new(config.level, format, to_stderr));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| InitError::Again)?;
    panic::log_panics(format, to_stderr);
    Ok(())
}

/// Writes a whole line at once, so that lines of several threads or processes do not mix.
///
/// A stderr that is gone must not end the service, and there is nowhere left to say so.
fn to_stderr(line: &[u8]) {
    drop(io::stderr().lock().write_all(line));
}
