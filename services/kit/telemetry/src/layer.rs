//! From `tracing` events to lines: which events are written, and their parts. How a line looks is in `format`.

use std::{error::Error, fmt::Debug};

use jiff::Timestamp;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    subscriber::Interest,
};
use tracing_subscriber::{Layer, layer::Context};

use crate::{
    chain,
    format::promslog::{Caller, Line, Promslog, Value},
    level::Level,
};

/// Crates below us that speak `tracing`, for their own developers rather than for operators: only their warnings pass.
const FOREIGN: [&str; 9] = [
    "h2",
    "hyper",
    "hyper_util",
    "kube",
    "mio",
    "rustls",
    "tokio",
    "tokio_util",
    "tower",
];

/// Writes one line per event.
#[derive(Debug)]
pub(crate) struct LineLayer<W> {
    level: Level,
    format: Promslog,
    write: W,
}

impl<W> LineLayer<W> {
    pub(crate) const fn new(level: Level, format: Promslog, write: W) -> Self {
        Self {
            level,
            format,
            write,
        }
    }

    fn passes(&self, metadata: &Metadata<'_>) -> bool {
        let level = *metadata.level();
        level <= self.level.filter() && (!is_foreign(metadata) || level <= tracing::Level::WARN)
    }
}

/// Returns whether an event comes from a crate below us.
pub(crate) fn is_foreign(metadata: &Metadata<'_>) -> bool {
    let name = metadata.target().split("::").next();
    name.is_some_and(|name| FOREIGN.contains(&name))
}

impl<S: Subscriber, W: Fn(&[u8]) + 'static> Layer<S> for LineLayer<W> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
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
        Some(self.level.filter())
    }

    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields {
            format: self.format,
            message: String::new(),
            rendered: Vec::new(),
        };
        event.record(&mut fields);
        let line = Line {
            time: Timestamp::now(),
            level: Level::of(*metadata.level()),
            caller: Caller {
                path: metadata.file().unwrap_or_default(),
                module: metadata.module_path().unwrap_or_default(),
                line: metadata.line().unwrap_or_default(),
            },
            message: &fields.message,
        };
        (self.write)(&self.format.line(&line, &fields.rendered));
    }
}

/// Collects the message of an event and renders its other fields as they come.
struct Fields {
    format: Promslog,
    message: String,
    rendered: Vec<u8>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value<'_>) {
        self.format.field(&mut self.rendered, field.name(), value);
    }

    fn put_text(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = text;
        } else {
            self.put(field, Value::Text(&text));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put_text(field, chain(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::Integer(i128::from(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::Integer(i128::from(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::Bool(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::Float(value));
    }
}

#[cfg(test)]
mod tests;
