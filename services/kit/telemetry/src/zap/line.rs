//! One line.
//!
//! Source: go.uber.org/zap zapcore/json_encoder.go, console_encoder.go, entry.go `TrimmedPath`.

use jiff::Zoned;

use super::{ZapFormat, ZapLevel};
use crate::format::json;

/// How serious it is, and where it was written.
pub(super) struct Head<'a> {
    pub(super) level: ZapLevel,
    /// Empty for the program's own.
    pub(super) logger: &'a str,
    pub(super) path: &'a str,
    pub(super) line: u32,
}

/// The fields of a line: names, and values in JSON.
#[derive(Debug, Default)]
pub(super) struct Line(Vec<(String, Vec<u8>)>);

impl Line {
    pub(super) fn text(&mut self, name: &str, text: &str) {
        let mut value = Vec::with_capacity(text.len() + 2);
        json::push(&mut value, text);
        self.0.push((name.to_owned(), value));
    }

    /// Adds a value that is JSON.
    pub(super) fn raw(&mut self, name: &str, json: &str) {
        self.0.push((name.to_owned(), json.as_bytes().to_vec()));
    }

    /// Adds every pair of a list of names and values that are JSON.
    pub(super) fn all(&mut self, json: &str) {
        let pairs: Vec<(String, serde_json::Value)> =
            serde_json::from_str(json).unwrap_or_default();
        for (name, value) in pairs {
            self.raw(&name, &value.to_string());
        }
    }

    /// Returns the whole line with its newline.
    pub(super) fn render(
        &self,
        format: ZapFormat,
        time: &Zoned,
        head: &Head<'_>,
        message: &str,
    ) -> Vec<u8> {
        let time = stamp(time);
        let place = format!("{}:{}", trimmed(head.path), head.line);
        let mut out = Vec::with_capacity(256);
        match format {
            ZapFormat::Json => {
                let level = head.level.name();
                out.extend_from_slice(
                    format!("{{\"level\":\"{level}\",\"ts\":\"{time}\",").as_bytes(),
                );
                if !head.logger.is_empty() {
                    out.extend_from_slice(b"\"logger\":");
                    json::push(&mut out, head.logger);
                    out.push(b',');
                }
                out.extend_from_slice(b"\"caller\":");
                json::push(&mut out, &place);
                out.extend_from_slice(b",\"msg\":");
                json::push(&mut out, message);
                for (name, value) in &self.0 {
                    out.push(b',');
                    json::push(&mut out, name);
                    out.push(b':');
                    out.extend_from_slice(value);
                }
                out.push(b'}');
            }
            ZapFormat::Console => {
                let level = head.level.name();
                out.extend_from_slice(format!("{time}\t{level}\t").as_bytes());
                if !head.logger.is_empty() {
                    out.extend_from_slice(format!("{}\t", head.logger).as_bytes());
                }
                out.extend_from_slice(format!("{place}\t{message}").as_bytes());
                for (at, (name, value)) in self.0.iter().enumerate() {
                    out.extend_from_slice(if at == 0 { b"\t{" } else { b", " });
                    json::push(&mut out, name);
                    out.extend_from_slice(b": ");
                    out.extend_from_slice(value);
                }
                if !self.0.is_empty() {
                    out.push(b'}');
                }
            }
        }
        out.push(b'\n');
        out
    }
}

fn stamp(time: &Zoned) -> String {
    let zone = if time.offset().is_zero() { "Z" } else { "%z" };
    time.strftime(&format!("%Y-%m-%dT%H:%M:%S%.6f{zone}"))
        .to_string()
}

/// The last folder and the file.
fn trimmed(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/');
    match slashes.nth(1) {
        Some((at, _)) => &path[at + 1..],
        None => path,
    }
}
