//! A push in text, scraped in every format that can be negotiated, and taken in again.

use kit_metrics::{
    model::Family,
    name::NameScheme,
    negotiate::{Exposition, Format},
    proto, text,
};

const PUSHED: &str = "\
# HELP backup_seconds How long the backup took.
# TYPE backup_seconds gauge
backup_seconds{disk=\"sda\"} 12.5
backup_seconds{disk=\"sdb\"} 1e6
# TYPE backup_bytes histogram
backup_bytes_bucket{le=\"1000\"} 1
backup_bytes_bucket{le=\"+Inf\"} 3
backup_bytes_sum 4500
backup_bytes_count 3
# TYPE wait_seconds summary
wait_seconds{quantile=\"0.5\"} 0.25
wait_seconds_sum 17
wait_seconds_count 8
# TYPE \"runs.total\" counter
{\"runs.total\",\"backup.kind\"=\"full\"} 7
";

/// Writes families as a service does for an `Accept` header.
fn scrape(families: &[Family], accept: &str) -> Vec<u8> {
    let Exposition { format, escaping } = Exposition::negotiate(Some(accept));
    let mut out = Vec::new();
    for family in families {
        let metrics = (0..family.metrics.len())
            .map(|index| (family.metrics.labels(index), family.metrics.value(index)));
        let (help, kind) = (family.help.as_deref(), family.kind);
        match format {
            Format::Text => {
                text::encode::header(&mut out, &family.name, help, kind, escaping).unwrap();
                for (labels, value) in metrics {
                    text::encode::metric(&mut out, &family.name, kind, labels, &value, escaping)
                        .unwrap();
                }
            }
            Format::ProtobufDelimited => {
                proto::encode::family_delimited(&mut out, &family.name, help, kind, None, metrics)
            }
            Format::ProtobufText | Format::ProtobufCompactText => {
                let mut payload = Vec::new();
                proto::encode::family(&mut payload, &family.name, help, kind, None, metrics);
                out.extend_from_slice(proto::text::family_on_one_line(&payload).as_bytes());
                out.push(b'\n');
            }
        }
    }
    out
}

fn pushed() -> Vec<Family> {
    text::parse(PUSHED.as_bytes(), NameScheme::Utf8).unwrap()
}

#[test]
fn text_with_utf8_names_comes_out_as_it_was_pushed() {
    let body = scrape(&pushed(), "text/plain;version=0.0.4;escaping=allow-utf-8");
    assert_eq!(
        String::from_utf8(body).unwrap(),
        PUSHED.replace("1e6", "1e+06")
    );
}

#[test]
fn a_reader_that_says_nothing_gets_classic_names() {
    let body = String::from_utf8(scrape(&pushed(), "*/*")).unwrap();
    assert!(
        body.ends_with("# TYPE runs_total counter\nruns_total{backup_kind=\"full\"} 7\n"),
        "{body}"
    );
    assert_eq!(
        text::parse(body.as_bytes(), NameScheme::Legacy)
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn protobuf_carries_the_same_metrics_as_text() {
    let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let families = proto::decode(&scrape(&pushed(), accept)).unwrap();
    let utf8_text = "text/plain;escaping=allow-utf-8";
    assert_eq!(scrape(&families, utf8_text), scrape(&pushed(), utf8_text));
}

#[test]
fn protobuf_text_has_a_family_on_a_line() {
    let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text";
    let body = String::from_utf8(scrape(&pushed(), accept)).unwrap();
    let expected = "name:\"wait_seconds\" type:SUMMARY metric:{summary:{sample_count:8 sample_sum:17 quantile:{quantile:0.5 value:0.25}}}";
    assert_eq!(body.lines().nth(2), Some(expected));
}
