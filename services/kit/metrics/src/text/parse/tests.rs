use std::fmt::Write as _;

use proptest::{collection::vec, prelude::*};

use super::parse;
use crate::{
    FAMILIES_MAX,
    escape::EscapingScheme,
    float::format_float,
    model::{Counter, Family, Histogram, Label, MetricType, Value},
    name::NameScheme,
    quote::quote,
    samples,
    text::encode,
};

/// Returns the bytes of a text in double quotes, with the escapes that the recorder of the cases used.
fn unquote(text: &str) -> Vec<u8> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap();
    let mut bytes = inner.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next().unwrap() {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'x' => {
                    let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                    u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
            other => other,
        });
    }
    out
}

fn number(number: f64) -> String {
    let mut out = Vec::new();
    format_float(&mut out, number);
    String::from_utf8(out).unwrap()
}

/// Writes a family as the recorder of the cases did.
fn render(out: &mut String, family: &Family) {
    let help = family
        .help
        .as_deref()
        .map_or_else(|| "-".to_owned(), |help| quote(help.as_bytes()));
    let (name, kind, timestamps) = (quote(&family.name), family.kind.name(), family.timestamped);
    writeln!(
        out,
        "family {name} {kind} help={help} timestamps={timestamps}"
    )
    .unwrap();
    for index in 0..family.metrics.len() {
        let labels: Vec<_> = family
            .metrics
            .labels(index)
            .map(|label| format!("{}={}", quote(label.name), quote(label.value)))
            .collect();
        writeln!(
            out,
            "  {{{}}} {}",
            labels.join(","),
            rendered_value(&family.metrics.value(index))
        )
        .unwrap();
    }
}

fn rendered_value(value: &Value) -> String {
    match value {
        Value::Missing => "missing".to_owned(),
        Value::Counter(counter) => format!("counter {}", number(counter.value)),
        Value::Gauge(value) => format!("gauge {}", number(*value)),
        Value::Untyped(value) => format!("untyped {}", number(*value)),
        Value::Summary(summary) => {
            let mut out = format!(
                "summary count={} sum={}",
                summary.count,
                number(summary.sum)
            );
            for quantile in &summary.quantiles {
                write!(
                    out,
                    " {}:{}",
                    number(quantile.quantile),
                    number(quantile.value)
                )
                .unwrap();
            }
            out
        }
        Value::Histogram(histogram) => {
            let float = number(histogram.count_float);
            let mut out = format!(
                "histogram count={}/{float} sum={}",
                histogram.count,
                number(histogram.sum)
            );
            for bucket in &histogram.buckets {
                let float = number(bucket.cumulative_count_float);
                write!(
                    out,
                    " {}:{}/{float}",
                    number(bucket.upper_bound),
                    bucket.cumulative_count
                )
                .unwrap();
            }
            out
        }
    }
}

fn outcome(input: &[u8], scheme: NameScheme) -> String {
    match parse(input, scheme) {
        Err(error) => format!("error {}\n", quote(error.to_string().as_bytes())),
        Ok(families) if families.is_empty() => "nothing\n".to_owned(),
        Ok(mut families) => {
            families.sort_by(|a, b| a.name.cmp(&b.name));
            let mut out = String::new();
            for family in &families {
                render(&mut out, family);
            }
            out
        }
    }
}

#[test]
fn odd_inputs_end_as_upstreams_parser_ends_them() {
    let cases = include_str!("../../../testdata/text.txt");
    let mut count = 0;
    let mut failures = Vec::new();
    for case in cases
        .split("\n\n")
        .filter(|case| !case.starts_with('#') && !case.trim().is_empty())
    {
        let (head, expected) = case.split_once('\n').unwrap();
        let (scheme, input) = head.split_once(' ').unwrap();
        let scheme = if scheme == "utf8" {
            NameScheme::Utf8
        } else {
            NameScheme::Legacy
        };
        let found = outcome(&unquote(input), scheme);
        if found.trim_end() != expected.trim_end() {
            failures.push(format!(
                "{head}\nexpected:\n{}\nfound:\n{found}",
                expected.trim_end()
            ));
        }
        count += 1;
    }
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count > 300, "only {count} cases");
}

/// Leaves out what text does not carry: exemplars, created timestamps, native buckets, and two kinds of counts side by side.
fn as_text_carries_it(value: Value) -> Value {
    match value {
        Value::Counter(counter) => Value::Counter(Counter {
            value: counter.value,
            ..Counter::default()
        }),
        Value::Summary(mut summary) => {
            summary.created = None;
            Value::Summary(summary)
        }
        Value::Histogram(histogram) => {
            let mut buckets = histogram.buckets;
            for bucket in &mut buckets {
                bucket.cumulative_count_float = 0.0;
                bucket.exemplar = None;
            }
            if !buckets
                .iter()
                .any(|bucket| bucket.upper_bound == f64::INFINITY)
            {
                let upper_bound = f64::INFINITY;
                buckets.push(crate::model::Bucket {
                    cumulative_count: histogram.count,
                    upper_bound,
                    ..Default::default()
                });
            }
            Value::Histogram(Box::new(Histogram {
                count: histogram.count,
                sum: histogram.sum,
                buckets,
                ..Default::default()
            }))
        }
        other => other,
    }
}

proptest! {
    #[test]
    fn what_is_encoded_parses_to_the_same(
        name in ".{1,8}",
        help in proptest::option::of("[^ \t\n].{0,20}"),
        label in ".{1,8}".prop_filter("reserved or, with a colon, written so that upstream cannot read it", |name| !name.contains(':') && !["__name__", "le", "quantile", "index"].contains(&name.as_str())),
        label_values in vec(".{0,12}", 1..4),
        (kind, value) in samples::value(),
    ) {
        let value = as_text_carries_it(value);
        let mut body = Vec::new();
        encode::header(&mut body, name.as_bytes(), help.as_deref(), kind, EscapingScheme::AllowUtf8).unwrap();
        let indices: Vec<_> = (0..label_values.len()).map(|index| index.to_string()).collect();
        for (index, label_value) in indices.iter().zip(&label_values) {
            let labels = [
                Label { name: b"index", value: index.as_bytes() },
                Label { name: label.as_bytes(), value: label_value.as_bytes() },
            ];
            encode::metric(&mut body, name.as_bytes(), kind, labels, &value, EscapingScheme::AllowUtf8).unwrap();
        }
        let families = parse(&body, NameScheme::Utf8).unwrap();
        prop_assert_eq!(families.len(), 1);
        let family = &families[0];
        prop_assert_eq!(&*family.name, name.as_bytes());
        prop_assert_eq!(family.help.as_deref(), help.as_deref());
        prop_assert_eq!(family.kind, kind);
        prop_assert_eq!(family.metrics.len() as usize, label_values.len());
        for index in 0..family.metrics.len() {
            prop_assert_eq!(family.metrics.value(index), value.clone());
            let expected = label_values[index as usize].as_bytes();
            let carried = family.metrics.labels(index).any(|found| found.name == label.as_bytes() && found.value == expected);
            prop_assert!(carried);
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused_without_panic(body in vec(any::<u8>(), 0..200)) {
        let _ = parse(&body, NameScheme::Utf8);
    }

    #[test]
    fn text_made_of_the_words_of_the_format_is_parsed_or_refused_without_panic(
        body in "(# TYPE |# HELP |s_sum|s|h_bucket|\\{|\\}|le=|quantile=|summary|histogram|\"0.5\"|\"|,| |1|-|\n|\\\\){0,40}",
    ) {
        let _ = parse(body.as_bytes(), NameScheme::Legacy);
    }
}

#[test]
fn families_come_in_the_order_of_their_first_line() {
    let families = parse(b"# HELP z help\nb 1\na 1\nz 1\nb 2\n", NameScheme::Legacy).unwrap();
    let names: Vec<_> = families
        .iter()
        .map(|family| str::from_utf8(&family.name).unwrap())
        .collect();
    assert_eq!(names, ["z", "b", "a"]);
}

#[test]
fn a_sample_without_a_name_is_refused_where_upstream_doubles_the_sample_before() {
    for body in [
        &b"a 1\n{} 2\n"[..],
        b"a 1\n{l=\"v\"} 2\n",
        b"# HELP a x\n{} 1\n",
    ] {
        let error = parse(body, NameScheme::Legacy).unwrap_err();
        assert_eq!(
            error.to_string(),
            "text format parsing error in line 2: invalid metric name"
        );
    }
}

#[test]
fn braces_may_hold_labels_before_the_name_of_a_summary() {
    let body = b"# TYPE s summary\na 1\n{quantile=\"0.5\",l=\"v\",\"s\"} 1\n";
    let families = parse(body, NameScheme::Legacy).unwrap();
    let Value::Summary(summary) = families[0].metrics.value(0) else {
        panic!("no summary")
    };
    assert_eq!(summary.quantiles.len(), 1);
    assert_eq!(families[0].metrics.labels(0).count(), 1);
}

#[test]
fn a_sample_of_many_labels_is_read_without_looking_through_them_again_and_again() {
    let labels = |count: usize| {
        (0..count)
            .map(|index| format!("l{index}=\"v\","))
            .collect::<String>()
    };
    let families = parse(
        format!("a{{{}}} 1\n", labels(50_000)).as_bytes(),
        NameScheme::Legacy,
    )
    .unwrap();
    assert_eq!(families[0].metrics.labels(0).count(), 50_000);
    let error = parse(
        format!("a{{{}l7=\"w\"}} 1\n", labels(50)).as_bytes(),
        NameScheme::Legacy,
    )
    .unwrap_err();
    assert_eq!(error.message, "duplicate label names for metric \"a\"");
}

#[test]
fn the_number_of_names_is_bounded() {
    let mut body = String::new();
    for index in 0..=FAMILIES_MAX {
        writeln!(body, "a{index} 1").unwrap();
    }
    let error = parse(body.as_bytes(), NameScheme::Legacy).unwrap_err();
    assert_eq!(
        error.to_string(),
        "text format parsing error in line 1048577: more than 1048576 metric names"
    );
}

#[test]
fn an_error_shows_the_start_of_a_token_as_long_as_a_body() {
    let body = format!("a {}\n", "x".repeat(1 << 20));
    let error = parse(body.as_bytes(), NameScheme::Legacy).unwrap_err();
    assert!(
        error.message.len() < 70_000,
        "{} bytes",
        error.message.len()
    );
    assert!(
        error
            .message
            .starts_with("expected float as value, got \"xxx")
    );
}

#[test]
fn gauge_histograms_keep_their_type() {
    let families = parse(
        b"# TYPE g gaugehistogram\ng_bucket{le=\"1\"} 2\n",
        NameScheme::Legacy,
    )
    .unwrap();
    assert_eq!(families[0].kind, MetricType::GaugeHistogram);
}
