use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::{Registry, layer::SubscriberExt};

use super::*;
use crate::{LogConfig, LogFormat};

/// Returns the lines `log` writes, one per write, with the time replaced by `T`.
#[track_caller]
fn lines(level: Level, format: LogFormat, log: impl FnOnce()) -> Vec<String> {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let write = move |line: &[u8]| {
        sink.lock()
            .unwrap()
            .push(String::from_utf8(line.to_vec()).unwrap())
    };
    let layer = LineLayer::new(level, Promslog::new(LogConfig { level, format }), write);
    tracing::subscriber::with_default(Registry::default().with(layer), log);
    let lines = written.lock().unwrap().clone();
    lines.iter().map(|line| without_time(line)).collect()
}

/// Checks that the line holds a time such as `2026-05-27T12:00:00.123Z`, and replaces it.
#[track_caller]
fn without_time(line: &str) -> String {
    let start = line.find("20").expect("a time");
    let time = &line[start..start + 24];
    let shape: String = time
        .chars()
        .map(|char| if char.is_ascii_digit() { '0' } else { char })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z");
    assert!(time.parse::<Timestamp>().is_ok(), "{time}");
    line.replace(time, "T")
}

#[test]
fn a_line_holds_time_level_caller_message_and_fields_in_order() {
    let line_number = line!() + 2;
    let lines = lines(Level::Info, LogFormat::Logfmt, || {
        tracing::warn!(path = "/data/a b", count = 3, "snapshot not written");
    });
    let expected = format!(
        "ts=T level=warn caller=tests.rs:{line_number} msg=\"snapshot not written\" path=\"/data/a b\" count=3\n"
    );
    assert_eq!(lines, [expected]);
}

#[test]
fn json_lines_hold_the_same_with_types() {
    let lines = lines(Level::Info, LogFormat::Json, || {
        tracing::info!(
            text = "a\n\"b\"",
            number = -1,
            ok = true,
            share = 0.5,
            "Listening on"
        );
    });
    let object: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    let keys: Vec<_> = [
        "ts", "level", "caller", "msg", "text", "number", "ok", "share",
    ]
    .to_vec();
    let places: Vec<_> = keys
        .iter()
        .map(|key| lines[0].find(&format!("\"{key}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{}", lines[0]);
    assert_eq!(object["text"], "a\n\"b\"");
    assert_eq!(
        (&object["number"], &object["ok"], &object["share"]),
        (&(-1).into(), &true.into(), &0.5.into())
    );
    assert!(lines[0].ends_with("}\n"));
}

#[test]
fn several_lines_of_a_value_stay_on_one_line_of_the_log() {
    let lines = lines(Level::Info, LogFormat::Logfmt, || {
        tracing::info!(err = "one\ntwo", "x")
    });
    assert!(
        lines[0].ends_with(" msg=x err=\"one\\ntwo\"\n"),
        "{}",
        lines[0]
    );
}

#[test]
fn at_level_debug_the_caller_names_its_function() {
    let lines = lines(Level::Debug, LogFormat::Logfmt, || {
        tracing::debug!("path prefix")
    });
    assert!(
        lines[0].starts_with("ts=T level=debug caller=tests.rs(tests):"),
        "{}",
        lines[0]
    );
}

#[test]
fn less_serious_events_are_not_written() {
    let log = || {
        tracing::trace!("trace");
        tracing::debug!("debug");
        tracing::info!("info");
        tracing::warn!("warn");
        tracing::error!("error");
    };
    let counts = [Level::Debug, Level::Info, Level::Warn, Level::Error]
        .map(|level| lines(level, LogFormat::Logfmt, log).len());
    assert_eq!(counts, [4, 3, 2, 1]);
}

#[test]
fn a_disabled_event_does_not_compute_its_fields() {
    let mut computed = 0;
    let mut log = |level| {
        lines(level, LogFormat::Logfmt, || {
            tracing::debug!(
                cost = {
                    computed += 1;
                    computed
                },
                "x"
            );
        });
    };
    log(Level::Info);
    log(Level::Debug);
    assert_eq!(computed, 1);
}

#[test]
fn crates_below_us_speak_up_from_warnings_on() {
    let lines = lines(Level::Debug, LogFormat::Logfmt, || {
        tracing::debug!(target: "h2::codec", "frame");
        tracing::info!(target: "hyper", "connection");
        tracing::warn!(target: "rustls::conn", "odd");
        tracing::debug!(target: "h2o", "ours");
    });
    let messages: Vec<_> = lines
        .iter()
        .map(|line| line.split("msg=").nth(1).unwrap())
        .collect();
    assert_eq!(messages, ["odd\n", "ours\n"]);
}

#[test]
fn errors_are_written_with_their_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("write snapshot")]
    struct Outer(#[source] io::Error);

    let error: &(dyn Error + 'static) = &Outer(io::Error::other("disk full"));
    let lines = lines(Level::Info, LogFormat::Logfmt, || {
        tracing::error!(err = error, "x")
    });
    assert!(
        lines[0].ends_with(" err=\"write snapshot: disk full\"\n"),
        "{}",
        lines[0]
    );
}

#[test]
fn fields_named_like_parts_of_the_line_are_renamed() {
    let lines = lines(Level::Info, LogFormat::Logfmt, || {
        tracing::info!(
            source = "1.2.3.4:5",
            level = 1,
            caller = "c",
            ts = 2,
            time = 3,
            "x"
        );
    });
    let expected =
        "msg=x logged_source=1.2.3.4:5 logged_level=1 logged_caller=c logged_ts=2 logged_time=3\n";
    assert!(lines[0].ends_with(expected), "{}", lines[0]);
}
