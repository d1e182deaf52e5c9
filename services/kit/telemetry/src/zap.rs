//! Logs as etcd writes them: zap's lines, as JSON or for the console, to one or more places.
//!
//! `line` renders, `sample` thins out what repeats, `output` writes, `rotate` keeps files small. The log begins before
//! anybody has read the configuration; [`ZapLog::apply`] changes it then.
//!
//! Source: etcd v3.7 client/pkg/logutil; server/embed/config_logging.go; go.uber.org/zap.

use std::{
    error::Error,
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use jiff::{Timestamp, tz::TimeZone};
use parking_lot::Mutex;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    subscriber::Interest,
};
use tracing_subscriber::{Layer, Registry, layer::Context, layer::SubscriberExt};

use crate::{InitError, chain, layer::is_foreign};

mod config;
mod line;
mod output;
mod raw;
mod rotate;
mod sample;

use self::{
    line::{Head, Line},
    output::Outputs,
    raw::Raw,
    sample::Sampler,
};

pub use self::{
    config::{Rotation, UnknownZapLevel, ZapConfig, ZapFormat, ZapLevel, ZapOutput},
    output::ZapOutputError,
    raw::json,
};

/// The log of the process.
#[derive(Clone, Debug)]
pub struct ZapLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    level: AtomicU8,
    sink: Mutex<Sink>,
}

#[derive(Debug)]
struct Sink {
    format: ZapFormat,
    outputs: Outputs,
    sampler: Sampler,
    time_zone: TimeZone,
}

/// Sends every event of the process to standard error as JSON from level info on, and panics in the same format.
///
/// A field `zap_level` of an error says `panic` or `fatal` instead; a target that is no module
/// names the logger; a field made by [`json`]
/// is written as it is, and of a field `zap_fields` made by [`json`] from a list of names and values each is a field: an
/// event of `tracing` has 32 at most.
///
/// # Errors
/// [`InitError::Again`] when the log is turned on already.
pub fn init_zap() -> Result<ZapLog, InitError> {
    let log = ZapLog(Arc::new(Shared {
        level: AtomicU8::new(ZapLevel::Info as u8),
        sink: Mutex::new(Sink {
            format: ZapFormat::Json,
            outputs: Outputs::stderr(),
            sampler: Sampler::default(),
            time_zone: TimeZone::system(),
        }),
    }));
    let subscriber = Registry::default().with(ZapLayer(Arc::clone(&log.0)));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| InitError::Again)?;
    let shared = Arc::clone(&log.0);
    std::panic::set_hook(Box::new(move |info| {
        let reason = info.payload_as_str().unwrap_or("a value that is no text");
        let location = info.location();
        let head = Head {
            level: ZapLevel::Panic,
            logger: "",
            path: location.map_or("", |location| location.file()),
            line: location.map_or(0, |location| location.line()),
        };
        shared.write(&head, reason, &Line::default());
    }));
    Ok(log)
}

impl ZapLog {
    /// Changes what is logged, how, and where to.
    ///
    /// # Errors
    /// [`ZapOutputError`] when a place cannot be written to; the log then stays as it was.
    pub fn apply(&self, config: &ZapConfig) -> Result<(), ZapOutputError> {
        let outputs = Outputs::open(&config.outputs)?;
        let mut sink = self.0.sink.lock();
        sink.format = config.format;
        sink.outputs = outputs;
        drop(sink);
        self.0.level.store(config.level as u8, Ordering::Relaxed);
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }
}

impl Shared {
    fn filter(&self) -> LevelFilter {
        match self.level.load(Ordering::Relaxed) {
            0 => LevelFilter::DEBUG,
            1 => LevelFilter::INFO,
            2 => LevelFilter::WARN,
            _ => LevelFilter::ERROR,
        }
    }

    fn write(&self, head: &Head<'_>, message: &str, fields: &Line) {
        if (head.level as u8) < self.level.load(Ordering::Relaxed) {
            return;
        }
        let now = Timestamp::now();
        let mut sink = self.sink.lock();
        if !sink.sampler.passes(now, head.level, message) {
            return;
        }
        let time = now.to_zoned(sink.time_zone.clone());
        let line = fields.render(sink.format, &time, head, message);
        sink.outputs.write(now, &line);
    }
}

/// Turns events into lines.
struct ZapLayer(Arc<Shared>);

impl ZapLayer {
    fn passes(&self, metadata: &Metadata<'_>) -> bool {
        let level = *metadata.level();
        level <= self.0.filter() && (!is_foreign(metadata) || level <= tracing::Level::WARN)
    }
}

impl<S: Subscriber> Layer<S> for ZapLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Asked again when the level changes.
        if self.passes(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        self.passes(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.filter())
    }

    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields {
            level: ZapLevel::of(*metadata.level()),
            message: String::new(),
            line: Line::default(),
        };
        event.record(&mut fields);
        let head = Head {
            level: fields.level,
            logger: logger(metadata),
            path: metadata.file().unwrap_or_default(),
            line: metadata.line().unwrap_or_default(),
        };
        self.0.write(&head, &fields.message, &fields.line);
    }
}

/// Returns the name of the logger; empty for the program's own.
fn logger(metadata: &Metadata<'static>) -> &'static str {
    match metadata.target() {
        target if metadata.module_path() == Some(target) => "",
        target => target,
    }
}

/// Collects the message of an event and its other fields as they come.
struct Fields {
    level: ZapLevel,
    message: String,
    line: Line,
}

impl Fields {
    fn put_text(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = text,
            "zap_level" => self.level = text.parse().unwrap_or(self.level),
            name => self.line.text(name, &text),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match Raw::read(&text) {
            Some(json) if field.name() == "zap_fields" => self.line.all(json),
            Some(json) => self.line.raw(field.name(), json),
            None => self.put_text(field, text),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put_text(field, chain(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.line.raw(field.name(), &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.line.raw(field.name(), &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.line.raw(field.name(), &value.to_string());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.line.raw(field.name(), &value.to_string());
        } else {
            self.put_text(field, value.to_string());
        }
    }
}

#[cfg(test)]
mod tests;
