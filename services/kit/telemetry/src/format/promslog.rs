//! Lines as Prometheus programs write them: Go's slog handlers behind promslog's go-kit style.
//!
//! `ts`, `level`, `caller`, `msg`, then the fields; logfmt (`text.rs`) or JSON (`json.rs`). At level debug the caller
//! names its function too; Rust does not tell it, the last part of the module stands in.
//!
//! Source: prometheus/common promslog/slog.go, `newGoKitStyleReplaceAttrFunc`; Go log/slog/handler.go.

use jiff::Timestamp;

use crate::{
    format::{float, json, text},
    init::LogConfig,
    level::{Level, LogFormat},
};

/// Renders lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promslog {
    format: LogFormat,
    names_functions: bool,
}

/// The parts of a line every event has.
pub(crate) struct Line<'a> {
    pub(crate) time: Timestamp,
    pub(crate) level: Level,
    pub(crate) caller: Caller<'a>,
    pub(crate) message: &'a str,
}

/// Where an event was written in the source.
pub(crate) struct Caller<'a> {
    pub(crate) path: &'a str,
    pub(crate) module: &'a str,
    pub(crate) line: u32,
}

/// The value of a field.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Integer(i128),
    Float(f64),
    Bool(bool),
}

/// Keys of the line itself; a field of the same name gets [`PREFIX`], so that no JSON object has a key twice.
const RESERVED: [&str; 5] = ["time", "ts", "source", "caller", "level"];
const PREFIX: &str = "logged_";

impl Promslog {
    pub(crate) fn new(config: LogConfig) -> Self {
        Self {
            format: config.format,
            names_functions: config.level == Level::Debug,
        }
    }

    /// Returns a whole line with its newline. `fields` was filled by [`Self::field`].
    pub(crate) fn line(self, line: &Line<'_>, fields: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(96 + line.message.len() + fields.len());
        self.pair(&mut out, "ts", Value::Text(&format!("{:.3}", line.time)));
        self.pair(&mut out, "level", Value::Text(line.level.name()));
        self.pair(&mut out, "caller", Value::Text(&self.caller(&line.caller)));
        self.pair(&mut out, "msg", Value::Text(line.message));
        out.extend_from_slice(fields);
        if self.is_json() {
            out[0] = b'{';
            out.push(b'}');
        } else {
            out.remove(0);
        }
        out.push(b'\n');
        out
    }

    /// Appends a field, with the separator before it.
    pub(crate) fn field(self, out: &mut Vec<u8>, name: &str, value: Value<'_>) {
        if RESERVED.contains(&name) {
            self.pair(out, &format!("{PREFIX}{name}"), value);
        } else {
            self.pair(out, name, value);
        }
    }

    fn pair(self, out: &mut Vec<u8>, name: &str, value: Value<'_>) {
        out.push(if self.is_json() { b',' } else { b' ' });
        self.push_text(out, name);
        out.push(if self.is_json() { b':' } else { b'=' });
        match value {
            Value::Text(value) => self.push_text(out, value),
            Value::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Value::Float(value) if !self.is_json() => {
                out.extend_from_slice(float::text(value).as_bytes())
            }
            Value::Float(value) => match float::json(value) {
                Some(number) => out.extend_from_slice(number.as_bytes()),
                None => {
                    self.push_text(
                        out,
                        &format!("!ERROR:json: unsupported value: {}", float::text(value)),
                    );
                }
            },
        }
    }

    fn push_text(self, out: &mut Vec<u8>, value: &str) {
        if self.is_json() {
            json::push(out, value)
        } else {
            text::push(out, value)
        }
    }

    fn is_json(self) -> bool {
        self.format == LogFormat::Json
    }

    fn caller(self, caller: &Caller<'_>) -> String {
        let file = caller.path.rsplit('/').next().unwrap_or_default();
        if self.names_functions {
            let function = caller.module.rsplit("::").next().unwrap_or_default();
            format!("{file}({function}):{}", caller.line)
        } else {
            format!("{file}:{}", caller.line)
        }
    }
}
