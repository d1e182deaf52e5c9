//! Families written as text 0.0.4. The caller brings the order, the labels and the sink; nothing is checked that was checked before.
//!
//! Source: prometheus/common v0.69.0 expfmt/text_create.go.

use crate::{
    escape::EscapingScheme,
    float::format_float,
    model::{Histogram, Label, MetricType, Summary, Value},
    name::is_legacy_metric_name,
    proto,
};

/// Why a family cannot be written as text. Only a store whose pushes were not checked holds such a family.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EncodeError {
    /// The type of the family is none that the text format knows.
    #[error("unknown metric type {number}")] // upstream's text
    UnknownType {
        /// Number of the type in the protobuf enumeration.
        number: i32,
    },
    /// A metric has a value of another kind than its family.
    #[error("expected {expected} in metric {name} {metric}")] // upstream's text
    OtherKind {
        /// The kind of the family.
        expected: &'static str,
        /// Name of the family as it would have been shown.
        name: String,
        /// The metric as protobuf text.
        metric: String,
    },
}

/// Appends the `# HELP` line, if there is a help text, and the `# TYPE` line of a family.
///
/// # Errors
/// [`EncodeError::UnknownType`] when the text format has no word for the type; nothing is appended then.
pub fn header(
    out: &mut Vec<u8>,
    name: &[u8],
    help: Option<&str>,
    kind: MetricType,
    escaping: EscapingScheme,
) -> Result<(), EncodeError> {
    let word = match kind {
        MetricType::Counter => "counter",
        MetricType::Gauge => "gauge",
        MetricType::Summary => "summary",
        MetricType::Untyped => "untyped",
        // The format knows no gauge histograms.
        MetricType::Histogram | MetricType::GaugeHistogram => "histogram",
        MetricType::Unknown(number) => return Err(EncodeError::UnknownType { number }),
    };
    let name = escaping.escape(name);
    if let Some(help) = help {
        out.extend_from_slice(b"# HELP ");
        put_name(out, &name);
        out.push(b' ');
        put_escaped(out, help.as_bytes(), false);
        out.push(b'\n');
    }
    out.extend_from_slice(b"# TYPE ");
    put_name(out, &name);
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.push(b'\n');
    Ok(())
}

/// Appends the lines of one metric, its labels in the order given.
///
/// Allocates nothing but the growth of `out`, unless names have to be escaped.
///
/// # Errors
/// [`EncodeError::OtherKind`] when the value does not fit the type; nothing is appended then.
pub fn metric<'a, L>(
    out: &mut Vec<u8>,
    name: &[u8],
    kind: MetricType,
    labels: L,
    value: &Value,
    escaping: EscapingScheme,
) -> Result<(), EncodeError>
where
    L: IntoIterator<Item = Label<'a>> + Clone,
{
    let name = escaping.escape(name);
    let mut lines = Lines {
        out,
        name: &name,
        labels: labels.clone(),
        escaping,
    };
    match (kind, value) {
        (MetricType::Counter, Value::Counter(counter)) => lines.sample("", None, counter.value),
        (MetricType::Gauge, Value::Gauge(value)) | (MetricType::Untyped, Value::Untyped(value)) => {
            lines.sample("", None, *value);
        }
        (MetricType::Summary, Value::Summary(summary)) => lines.summary(summary),
        (MetricType::Histogram | MetricType::GaugeHistogram, Value::Histogram(histogram)) => {
            lines.histogram(histogram)
        }
        _ => return Err(other_kind(&name, kind, labels, value, escaping)),
    }
    Ok(())
}

#[cold]
fn other_kind<'a>(
    name: &[u8],
    kind: MetricType,
    labels: impl IntoIterator<Item = Label<'a>>,
    value: &Value,
    escaping: EscapingScheme,
) -> EncodeError {
    let expected = match kind {
        MetricType::Counter => "counter",
        MetricType::Gauge => "gauge",
        MetricType::Summary => "summary",
        MetricType::Untyped => "untyped",
        MetricType::Histogram | MetricType::GaugeHistogram => "histogram",
        MetricType::Unknown(number) => return EncodeError::UnknownType { number },
    };
    let names: Vec<_> = labels
        .into_iter()
        .map(|label| (escaping.escape(label.name), label.value))
        .collect();
    let labels = names.iter().map(|(name, value)| Label { name, value });
    let metric = proto::text::metric(labels, value);
    EncodeError::OtherKind {
        expected,
        name: String::from_utf8_lossy(name).into_owned(),
        metric,
    }
}

/// Writes the lines of one metric, which differ in suffix, last label and number.
struct Lines<'o, 'n, L> {
    out: &'o mut Vec<u8>,
    name: &'n [u8],
    labels: L,
    escaping: EscapingScheme,
}

impl<'a, L: IntoIterator<Item = Label<'a>> + Clone> Lines<'_, '_, L> {
    fn summary(&mut self, summary: &Summary) {
        for quantile in &summary.quantiles {
            self.sample("", Some(("quantile", quantile.quantile)), quantile.value);
        }
        self.sample("_sum", None, summary.sum);
        self.sample("_count", None, summary.count as f64);
    }

    fn histogram(&mut self, histogram: &Histogram) {
        let in_force = |float: f64, count: u64| if float == 0.0 { count as f64 } else { float };
        let count = in_force(histogram.count_float, histogram.count);
        for bucket in &histogram.buckets {
            let count = in_force(bucket.cumulative_count_float, bucket.cumulative_count);
            self.sample("_bucket", Some(("le", bucket.upper_bound)), count);
        }
        if !histogram
            .buckets
            .iter()
            .any(|bucket| bucket.upper_bound == f64::INFINITY)
        {
            self.sample("_bucket", Some(("le", f64::INFINITY)), count);
        }
        self.sample("_sum", None, histogram.sum);
        self.sample("_count", None, count);
    }

    fn sample(&mut self, suffix: &str, last_label: Option<(&str, f64)>, value: f64) {
        let mut separator = b'{';
        self.name_and_suffix(suffix, &mut separator);
        for label in self.labels.clone() {
            self.out.push(separator);
            separator = b',';
            put_name(self.out, &self.escaping.escape(label.name));
            self.out.extend_from_slice(b"=\"");
            put_escaped(self.out, label.value, true);
            self.out.push(b'"');
        }
        if let Some((name, number)) = last_label {
            self.out.push(separator);
            separator = b',';
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"=\"");
            put_number(self.out, number);
            self.out.push(b'"');
        }
        if separator == b',' {
            self.out.push(b'}');
        }
        self.out.push(b' ');
        put_number(self.out, value);
        self.out.push(b'\n');
    }

    /// A name that is not classic stands inside the braces, as if it were the first label.
    fn name_and_suffix(&mut self, suffix: &str, separator: &mut u8) {
        if is_legacy_metric_name(self.name) {
            self.out.extend_from_slice(self.name);
            self.out.extend_from_slice(suffix.as_bytes());
            return;
        }
        self.out.extend_from_slice(b"{\"");
        put_escaped(self.out, self.name, true);
        self.out.extend_from_slice(suffix.as_bytes());
        self.out.push(b'"');
        *separator = b',';
    }
}

fn put_name(out: &mut Vec<u8>, name: &[u8]) {
    if is_legacy_metric_name(name) {
        out.extend_from_slice(name);
        return;
    }
    out.push(b'"');
    put_escaped(out, name, true);
    out.push(b'"');
}

fn put_escaped(out: &mut Vec<u8>, text: &[u8], quotes_too: bool) {
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'\n') || quotes_too && *byte == b'"';
    let mut rest = text;
    while let Some(special) = rest.iter().position(is_special) {
        out.extend_from_slice(&rest[..special]);
        out.extend_from_slice(&[
            b'\\',
            if rest[special] == b'\n' {
                b'n'
            } else {
                rest[special]
            },
        ]);
        rest = &rest[special + 1..];
    }
    out.extend_from_slice(rest);
}

/// Writes a number as the text format does, which knows no negative zero.
fn put_number(out: &mut Vec<u8>, number: f64) {
    if number == 0.0 {
        out.push(b'0')
    } else {
        format_float(out, number)
    }
}

#[cfg(test)]
mod tests;
