use super::{EncodeError, header, metric};
use crate::{
    escape::EscapingScheme::{self, AllowUtf8, Dots, Underscores, Values},
    model::{
        Bucket, Counter, Histogram, Label, MetricType, NativeHistogram, Quantile, Summary, Value,
    },
};

const LABELS: [Label<'_>; 2] = [
    Label {
        name: b"instance",
        value: b"",
    },
    Label {
        name: b"job",
        value: b"a\"b\\c\nd",
    },
];

#[track_caller]
fn check(
    name: &str,
    kind: MetricType,
    labels: &[Label<'_>],
    value: &Value,
    escaping: EscapingScheme,
    expected: &str,
) {
    let mut out = Vec::new();
    metric(
        &mut out,
        name.as_bytes(),
        kind,
        labels.iter().copied(),
        value,
        escaping,
    )
    .unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[track_caller]
fn check_header(
    name: &str,
    help: Option<&str>,
    kind: MetricType,
    escaping: EscapingScheme,
    expected: &str,
) {
    let mut out = Vec::new();
    header(&mut out, name.as_bytes(), help, kind, escaping).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn help_is_shown_when_it_is_there_even_if_empty() {
    check_header(
        "m",
        None,
        MetricType::Counter,
        Underscores,
        "# TYPE m counter\n",
    );
    check_header(
        "m",
        Some(""),
        MetricType::Gauge,
        Underscores,
        "# HELP m \n# TYPE m gauge\n",
    );
    check_header(
        "m",
        Some("a\\b\n\"c\""),
        MetricType::Untyped,
        Underscores,
        "# HELP m a\\\\b\\n\"c\"\n# TYPE m untyped\n",
    );
}

#[test]
fn a_gauge_histogram_is_shown_as_histogram() {
    check_header(
        "m",
        None,
        MetricType::GaugeHistogram,
        Underscores,
        "# TYPE m histogram\n",
    );
}

#[test]
fn names_are_escaped_or_quoted() {
    check_header(
        "my.name",
        None,
        MetricType::Gauge,
        AllowUtf8,
        "# TYPE \"my.name\" gauge\n",
    );
    check_header(
        "my.name",
        None,
        MetricType::Gauge,
        Values,
        "# TYPE U__my_2e_name gauge\n",
    );
    let labels = [Label {
        name: b"my.l",
        value: b"v",
    }];
    check(
        "my.name",
        MetricType::Gauge,
        &[],
        &Value::Gauge(1.0),
        AllowUtf8,
        "{\"my.name\"} 1\n",
    );
    check(
        "my.name",
        MetricType::Gauge,
        &labels,
        &Value::Gauge(1.0),
        AllowUtf8,
        "{\"my.name\",\"my.l\"=\"v\"} 1\n",
    );
    check(
        "my.name",
        MetricType::Gauge,
        &labels,
        &Value::Gauge(1.0),
        Dots,
        "my_dot_name{my_dot_l=\"v\"} 1\n",
    );
    let summary = Value::Summary(Summary::default());
    check(
        "a.b",
        MetricType::Summary,
        &[],
        &summary,
        AllowUtf8,
        "{\"a.b_sum\"} 0\n{\"a.b_count\"} 0\n",
    );
}

#[test]
fn simple_values_take_one_line() {
    check(
        "m",
        MetricType::Gauge,
        &[],
        &Value::Gauge(-0.0),
        Underscores,
        "m 0\n",
    );
    check(
        "m",
        MetricType::Untyped,
        &[],
        &Value::Untyped(f64::NAN),
        Underscores,
        "m NaN\n",
    );
    let counter = Value::Counter(Counter {
        value: 1e6,
        ..Counter::default()
    });
    check(
        "m",
        MetricType::Counter,
        &LABELS,
        &counter,
        Underscores,
        "m{instance=\"\",job=\"a\\\"b\\\\c\\nd\"} 1e+06\n",
    );
}

#[test]
fn a_summary_shows_quantiles_then_sum_and_count() {
    let quantiles = vec![
        Quantile {
            quantile: 0.9,
            value: 2.0,
        },
        Quantile {
            quantile: 0.5,
            value: f64::NAN,
        },
    ];
    let summary = Value::Summary(Summary {
        count: 3,
        sum: 4.5,
        quantiles,
        created: None,
    });
    let labels = &LABELS[..1];
    check(
        "m",
        MetricType::Summary,
        labels,
        &summary,
        Underscores,
        "m{instance=\"\",quantile=\"0.9\"} 2\nm{instance=\"\",quantile=\"0.5\"} NaN\nm_sum{instance=\"\"} 4.5\nm_count{instance=\"\"} 3\n",
    );
}

#[test]
fn a_histogram_gets_the_last_bucket_if_it_lacks_it() {
    let bucket = |upper_bound, cumulative_count| Bucket {
        cumulative_count,
        upper_bound,
        ..Bucket::default()
    };
    let mut histogram = Histogram {
        count: 7,
        sum: 1.5,
        buckets: vec![bucket(0.1, 1)],
        ..Histogram::default()
    };
    let without = Value::Histogram(Box::new(histogram.clone()));
    let expected = "m_bucket{le=\"0.1\"} 1\nm_bucket{le=\"+Inf\"} 7\nm_sum 1.5\nm_count 7\n";
    check(
        "m",
        MetricType::Histogram,
        &[],
        &without,
        Underscores,
        expected,
    );
    histogram.buckets.push(bucket(f64::INFINITY, 6));
    let with = Value::Histogram(Box::new(histogram));
    let expected = "m_bucket{le=\"0.1\"} 1\nm_bucket{le=\"+Inf\"} 6\nm_sum 1.5\nm_count 7\n";
    check(
        "m",
        MetricType::GaugeHistogram,
        &[],
        &with,
        Underscores,
        expected,
    );
}

#[test]
fn float_counts_come_before_integer_ones_and_native_buckets_are_not_shown() {
    let buckets = vec![Bucket {
        cumulative_count: 1,
        cumulative_count_float: 1.5,
        upper_bound: 1.0,
        exemplar: None,
    }];
    let native = Some(Box::new(NativeHistogram {
        schema: Some(1),
        ..NativeHistogram::default()
    }));
    let value = Value::Histogram(Box::new(Histogram {
        count: 2,
        count_float: 2.5,
        buckets,
        native,
        ..Histogram::default()
    }));
    let expected = "m_bucket{le=\"1\"} 1.5\nm_bucket{le=\"+Inf\"} 2.5\nm_sum 0\nm_count 2.5\n";
    check(
        "m",
        MetricType::Histogram,
        &[],
        &value,
        Underscores,
        expected,
    );
}

#[test]
fn a_value_that_does_not_fit_its_family_is_named() {
    let mut out = Vec::new();
    let error = metric(
        &mut out,
        b"my.m",
        MetricType::Gauge,
        LABELS,
        &Value::Untyped(1e6),
        Underscores,
    )
    .unwrap_err();
    let expected = r#"expected gauge in metric my_m label:{name:"instance" value:""} label:{name:"job" value:"a\"b\\c\nd"} untyped:{value:1e+06}"#;
    assert_eq!(error.to_string(), expected);
    assert!(out.is_empty());
}

#[test]
fn a_type_without_a_word_is_refused() {
    let mut out = Vec::new();
    let kind = MetricType::Unknown(42);
    assert_eq!(
        header(&mut out, b"m", None, kind, Underscores),
        Err(EncodeError::UnknownType { number: 42 })
    );
    let error = metric(&mut out, b"m", kind, [], &Value::Gauge(1.0), Underscores).unwrap_err();
    assert_eq!(error.to_string(), "unknown metric type 42");
    assert!(out.is_empty());
}
