use jiff::{
    civil::date,
    tz::{TimeZone, offset},
};

use super::*;

#[test]
fn a_logger_has_its_name_and_a_list_of_fields_is_many() {
    let time = date(2026, 11, 21)
        .at(19, 4, 42, 0)
        .to_zoned(TimeZone::UTC)
        .unwrap();
    let head = Head {
        logger: "raft",
        level: ZapLevel::Info,
        path: "a/b.rs",
        line: 1,
    };
    let mut line = Line::default();
    line.all(r#"[["b",["x"]],["a",true]]"#);
    let rendered = |format| String::from_utf8(line.render(format, &time, &head, "m")).unwrap();
    assert_eq!(
        rendered(ZapFormat::Json),
        "{\"level\":\"info\",\"ts\":\"2026-11-21T19:04:42.000000Z\",\"logger\":\"raft\",\"caller\":\"a/b.rs:1\",\"msg\":\"m\",\"b\":[\"x\"],\"a\":true}\n"
    );
    assert_eq!(
        rendered(ZapFormat::Console),
        "2026-11-21T19:04:42.000000Z\tinfo\traft\ta/b.rs:1\tm\t{\"b\": [\"x\"], \"a\": true}\n"
    );
}

fn rendered(format: ZapFormat, hours_east: i8) -> String {
    let zone = TimeZone::fixed(offset(hours_east));
    let time = date(2026, 11, 21)
        .at(19, 4, 42, 1_234_000)
        .to_zoned(zone)
        .unwrap();
    let head = Head {
        logger: "",
        level: ZapLevel::Warn,
        path: "services/etcd/server/src/engine.rs",
        line: 7,
    };
    let mut line = Line::default();
    line.text("error", "a \"b\"\n");
    line.raw("count", "5");
    line.raw("args", r#"["x","y"]"#);
    String::from_utf8(line.render(format, &time, &head, "a\tb")).unwrap()
}

#[test]
fn a_json_line_has_zaps_keys_in_zaps_order() {
    assert_eq!(
        rendered(ZapFormat::Json, 0),
        "{\"level\":\"warn\",\"ts\":\"2026-11-21T19:04:42.001234Z\",\"caller\":\"src/engine.rs:7\",\
         \"msg\":\"a\\tb\",\"error\":\"a \\\"b\\\"\\n\",\"count\":5,\"args\":[\"x\",\"y\"]}\n"
    );
}

#[test]
fn a_line_for_the_console_has_tabs() {
    assert_eq!(
        rendered(ZapFormat::Console, 1),
        "2026-11-21T19:04:42.001234+0100\twarn\tsrc/engine.rs:7\ta\tb\t\
         {\"error\": \"a \\\"b\\\"\\n\", \"count\": 5, \"args\": [\"x\",\"y\"]}\n"
    );
}

#[test]
fn levels_are_read_as_zap_reads_them() {
    assert_eq!("WARN".parse(), Ok(ZapLevel::Warn));
    assert_eq!("".parse(), Ok(ZapLevel::Info));
    assert_eq!("dpanic".parse(), Ok(ZapLevel::Panic));
    let refused = "foo".parse::<ZapLevel>().unwrap_err();
    assert_eq!(refused.to_string(), "unrecognized level: \"foo\"");
}

#[test]
fn of_equal_lines_in_a_second_each_hundredth_follows_the_first_hundred() {
    let mut sampler = Sampler::default();
    let second = |second| Timestamp::from_second(second).unwrap();
    let mut passed = |at, count| {
        (0..count)
            .filter(|_| sampler.passes(second(at), ZapLevel::Info, "x"))
            .count()
    };
    assert_eq!(passed(1, 100), 100);
    assert_eq!(passed(1, 99), 0);
    assert_eq!(passed(1, 1), 1);
    assert_eq!(passed(1, 300), 3);
    assert_eq!(passed(2, 50), 50);
}

#[test]
fn only_json_is_written_as_json() {
    let list = format!("{:?}", json(&["a", "b"]));
    assert_eq!(Raw::read(&list), Some(r#"["a","b"]"#));
    assert_eq!(Raw::read("\u{1}json:1},\"x\":{"), None);
    assert_eq!(Raw::read("[1]"), None);
}

#[test]
fn a_place_that_cannot_be_written_to_is_refused_in_upstreams_words() {
    let refused = Outputs::open(&[ZapOutput::File("/nope/x".into())]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "open sink \"/nope/x\": open /nope/x: no such file or directory"
    );
}
