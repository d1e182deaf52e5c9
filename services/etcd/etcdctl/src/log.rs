//! The client's log lines on stderr, as zap writes them: one JSON object each.
//!
//! The fields `logger` and `caller` of an event become the keys zap has for them; everything else follows in its order.
//!
//! Source: etcd v3.7 client/pkg/logutil; go.uber.org/zap zapcore/json_encoder.go.

use std::{
    fmt,
    io::{self, Write},
};

use jiff::Zoned;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::print::go_json;

/// Turns the log on for this process. A second call changes nothing.
pub(crate) fn init() {
    drop(tracing::subscriber::set_global_default(Zap));
}

/// Writes one line that no event stands for.
pub(crate) fn write(
    level: &str,
    time: &Zoned,
    caller: &str,
    message: &str,
    fields: &[(&str, &str)],
) {
    let field =
        |(key, value): &(&str, &str)| format!(",\"{key}\":{}", go_json::plain_string(value));
    let line = Line {
        message: message.to_owned(),
        logger: String::new(),
        caller: caller.to_owned(),
        fields: fields.iter().map(field).collect(),
    };
    let text = line.render(level, &timestamp(time));
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

struct Zap;

impl Subscriber for Zap {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = ["etcd_client", "etcdctl"];
        *metadata.level() <= Level::INFO
            && ours
                .iter()
                .any(|target| metadata.target().starts_with(target))
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level().as_str().to_lowercase();
        let text = line.render(&level, &timestamp(&Zoned::now()));
        drop(io::stderr().lock().write_all(text.as_bytes()));
    }

    // Nothing here opens spans.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Returns Go's `2006-01-02T15:04:05.000000Z0700`.
fn timestamp(time: &Zoned) -> String {
    let zone = if time.offset().is_zero() { "Z" } else { "%z" };
    time.strftime(&format!("%Y-%m-%dT%H:%M:%S%.6f{zone}"))
        .to_string()
}

#[derive(Default)]
struct Line {
    message: String,
    logger: String,
    caller: String,
    fields: String,
}

impl Line {
    fn render(&self, level: &str, time: &str) -> String {
        let mut line = format!("{{\"level\":\"{level}\",\"ts\":\"{time}\"");
        for (key, value) in [("logger", &self.logger), ("caller", &self.caller)] {
            if !value.is_empty() {
                line.push_str(&format!(",\"{key}\":{}", go_json::plain_string(value)));
            }
        }
        let message = go_json::plain_string(&self.message);
        line.push_str(&format!(",\"msg\":{message}{}}}\n", self.fields));
        line
    }

    fn push(&mut self, field: &Field, text: &str) {
        match field.name() {
            "message" => text.clone_into(&mut self.message),
            "logger" => text.clone_into(&mut self.logger),
            "caller" => text.clone_into(&mut self.caller),
            name => {
                let value = go_json::plain_string(text);
                self.fields.push_str(&format!(",\"{name}\":{value}"));
            }
        }
    }

    fn push_number(&mut self, field: &Field, number: &dyn fmt::Display) {
        self.fields
            .push_str(&format!(",\"{}\":{number}", field.name()));
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push_number(field, &value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push_number(field, &value);
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::{self, TimeZone};

    use super::*;

    #[test]
    fn a_line_has_zaps_keys_in_zaps_order() {
        let line = Line {
            message: "retrying \"it\"".to_owned(),
            logger: "etcd-client".to_owned(),
            caller: "a.go:1".to_owned(),
            fields: ",\"attempt\":0".to_owned(),
        };
        assert_eq!(
            line.render("warn", "T"),
            "{\"level\":\"warn\",\"ts\":\"T\",\"logger\":\"etcd-client\",\"caller\":\"a.go:1\",\
             \"msg\":\"retrying \\\"it\\\"\",\"attempt\":0}\n"
        );
    }

    #[test]
    fn times_have_six_digits_and_a_zone_as_go_writes_it() {
        let time: jiff::Timestamp = "2026-01-02T03:04:05.06Z".parse().unwrap();
        let at = |hours| timestamp(&time.to_zoned(TimeZone::fixed(tz::offset(hours))));
        assert_eq!(at(0), "2026-01-02T03:04:05.060000Z");
        assert_eq!(at(2), "2026-01-02T05:04:05.060000+0200");
        assert_eq!(at(-3), "2026-01-02T00:04:05.060000-0300");
    }
}
