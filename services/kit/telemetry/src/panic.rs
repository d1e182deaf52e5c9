//! Panics in the format of the log, so that collectors see them as lines of their service.

use std::panic::{self, PanicHookInfo};

use jiff::Timestamp;

use crate::{
    format::promslog::{Caller, Line, Promslog, Value},
    level::Level,
};

/// Replaces the default report of a panic by one line.
pub(crate) fn log_panics(format: Promslog, write: impl Fn(&[u8]) + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| write(&line(format, info))));
}

fn line(format: Promslog, info: &PanicHookInfo<'_>) -> Vec<u8> {
    let mut fields = Vec::new();
    let reason = info.payload_as_str().unwrap_or("a value that is no text");
    format.field(&mut fields, "panic", Value::Text(reason));
    let thread = std::thread::current();
    format.field(
        &mut fields,
        "thread",
        Value::Text(thread.name().unwrap_or("unnamed")),
    );
    let location = info.location();
    let line = Line {
        time: Timestamp::now(),
        level: Level::Error,
        caller: Caller {
            path: location.map_or("", |location| location.file()),
            module: "panic",
            line: location.map_or(0, |location| location.line()),
        },
        message: "a bug ended a thread",
    };
    format.line(&line, &fields)
}
