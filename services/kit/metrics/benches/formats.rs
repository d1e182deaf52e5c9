//! Speed of the formats, per line and per byte. Run with `cargo bench -p kit-metrics`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot start has nothing to tell"
)]

use std::fmt::Write as _;

use divan::{
    Bencher, black_box,
    counter::{BytesCount, ItemsCount},
};
use kit_metrics::{
    escape::EscapingScheme,
    model::{Family, Label, MetricType, Value},
    name::NameScheme,
    proto,
    registry::{Description, SummaryVec},
    text,
};

fn main() {
    divan::main();
}

const LINES: usize = 10_000;

/// Gauges of a few names with two labels, integers and fractions in turn.
fn gauges() -> String {
    let mut body = String::new();
    for name in 0..10 {
        writeln!(
            body,
            "# HELP node_filesystem_{name} Filesystem space.\n# TYPE node_filesystem_{name} gauge"
        )
        .unwrap();
        for index in 0..LINES / 10 {
            let value = if index % 2 == 0 {
                index as f64
            } else {
                index as f64 * 1.37
            };
            writeln!(
                body,
                "node_filesystem_{name}{{device=\"/dev/sda{index}\",fstype=\"ext4\"}} {value}"
            )
            .unwrap();
        }
    }
    body
}

/// Names that all differ, one sample each.
fn names() -> String {
    (0..LINES).fold(String::new(), |mut body, index| {
        writeln!(body, "some_metric_{index} {index}").unwrap();
        body
    })
}

fn histograms() -> String {
    let mut body = String::from("# TYPE request_seconds histogram\n");
    for index in 0..LINES / 12 {
        for bound in [
            "0.01", "0.05", "0.1", "0.5", "1", "5", "10", "50", "100", "+Inf",
        ] {
            writeln!(
                body,
                "request_seconds_bucket{{path=\"/{index}\",le=\"{bound}\"}} {index}"
            )
            .unwrap();
        }
        writeln!(body, "request_seconds_sum{{path=\"/{index}\"}} 1.5").unwrap();
        writeln!(body, "request_seconds_count{{path=\"/{index}\"}} {index}").unwrap();
    }
    body
}

#[divan::bench(args = ["gauges", "names", "histograms"])]
fn parse_text(bencher: Bencher<'_, '_>, kind: &str) {
    let body = match kind {
        "gauges" => gauges(),
        "names" => names(),
        _ => histograms(),
    };
    bencher
        .counter(BytesCount::of_str(&body))
        .bench(|| text::parse(black_box(body.as_bytes()), NameScheme::Legacy).unwrap());
}

fn values(fraction: f64) -> Vec<Value> {
    (0..LINES)
        .map(|index| Value::Gauge(index as f64 * fraction))
        .collect()
}

#[divan::bench(args = [1.0, 1.37])]
fn encode_text_gauges(bencher: Bencher<'_, '_>, fraction: f64) {
    let labels = [
        Label {
            name: b"instance",
            value: b"host-17.example.org",
        },
        Label {
            name: b"job",
            value: b"backup",
        },
    ];
    let values = values(fraction);
    let mut out = Vec::with_capacity(LINES * 80);
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        out.clear();
        for value in &values {
            let labels = labels.iter().copied();
            text::encode::metric(
                &mut out,
                b"some_metric",
                MetricType::Gauge,
                labels,
                value,
                EscapingScheme::Underscores,
            )
            .unwrap();
        }
        out.len()
    });
}

fn families() -> Vec<Family> {
    text::parse(gauges().as_bytes(), NameScheme::Legacy).unwrap()
}

#[divan::bench]
fn encode_text_packed(bencher: Bencher<'_, '_>) {
    let families = families();
    let mut out = Vec::with_capacity(LINES * 80);
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        out.clear();
        for family in &families {
            for index in 0..family.metrics.len() {
                let (labels, value) = (family.metrics.labels(index), family.metrics.value(index));
                text::encode::metric(
                    &mut out,
                    &family.name,
                    family.kind,
                    labels,
                    &value,
                    EscapingScheme::Underscores,
                )
                .unwrap();
            }
        }
        out.len()
    });
}

fn encode_proto(out: &mut Vec<u8>, families: &[Family]) {
    for family in families {
        let metrics = (0..family.metrics.len())
            .map(|index| (family.metrics.labels(index), family.metrics.value(index)));
        proto::encode::family_delimited(
            out,
            &family.name,
            family.help.as_deref(),
            family.kind,
            None,
            metrics,
        );
    }
}

#[divan::bench]
fn encode_protobuf(bencher: Bencher<'_, '_>) {
    let families = families();
    let mut out = Vec::with_capacity(LINES * 80);
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        out.clear();
        encode_proto(&mut out, &families);
        out.len()
    });
}

#[divan::bench]
fn decode_protobuf(bencher: Bencher<'_, '_>) {
    let mut body = Vec::new();
    encode_proto(&mut body, &families());
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| proto::decode(black_box(&body)).unwrap());
}

#[divan::bench]
fn observe_a_push(bencher: Bencher<'_, '_>) {
    let summaries = SummaryVec::new(
        Description {
            name: "size_bytes",
            help: "Size.",
        },
        ["method"],
    );
    bencher.bench(|| {
        summaries
            .with([black_box("put")])
            .observe(black_box(1234.0))
    });
}
