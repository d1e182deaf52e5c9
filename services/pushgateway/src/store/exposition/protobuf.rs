//! Expositions as protobuf messages, binary or as text. These are made anew each time.
//!
//! Source: prometheus/common v0.69.0 expfmt/encode.go.

use kit_metrics::{
    escape::EscapingScheme,
    model::{Family, Label, MetricType, Value},
    negotiate::Format,
    proto::{encode, text},
};

use super::{Block, Sink, help_shown, merged, series_of_both};
use crate::store::{names::NameIndex, series::SeriesLabels, state::State};

pub(super) fn write(
    state: &State,
    own: &[Family],
    format: Format,
    escaping: EscapingScheme,
    sink: &mut impl Sink,
) {
    for block in merged(state, own) {
        let message = match block {
            Block::Own(own) => {
                let series = (0..own.metrics.len())
                    .map(|at| (own.metrics.labels(at).collect(), own.metrics.value(at)));
                message(&own.name, own.help.as_deref(), own.kind, series, escaping)
            }
            Block::Stored(index) => stored(index, escaping),
            Block::Both(own, index) => {
                let series = series_of_both(own, index).into_iter();
                message(&own.name, own.help.as_deref(), own.kind, series, escaping)
            }
        };
        let out = sink.fresh();
        match format {
            Format::ProtobufText => push_line(out, &text::family_indented(&message)),
            Format::ProtobufCompactText => push_line(out, &text::family_on_one_line(&message)),
            Format::ProtobufDelimited | Format::Text => {
                encode::length(out, message.len());
                out.extend_from_slice(&message);
            }
        }
        sink.flush_if_large();
    }
}

fn stored(index: &NameIndex, escaping: EscapingScheme) -> Vec<u8> {
    let series = index
        .series
        .iter()
        .map(|series| (series.labels(), series.value()));
    message(
        index.name.as_bytes(),
        help_shown(index),
        index.kind(),
        series,
        escaping,
    )
}

fn message<'a>(
    name: &[u8],
    help: Option<&str>,
    kind: MetricType,
    series: impl Iterator<Item = (SeriesLabels<'a>, Value)>,
    escaping: EscapingScheme,
) -> Vec<u8> {
    let mut out = Vec::new();
    encode::header(&mut out, &escaping.escape(name), help, kind);
    for (labels, value) in series {
        let names: SmallNames<'_> = labels
            .iter()
            .map(|label| escaping.escape(label.name))
            .collect();
        let labels = labels.iter().zip(&names).map(|(label, name)| Label {
            name,
            value: label.value,
        });
        encode::metric(&mut out, labels, &value);
    }
    out
}

/// Label names after escaping, as many as a series usually has.
type SmallNames<'a> = smallvec::SmallVec<[std::borrow::Cow<'a, [u8]>; 12]>;

fn push_line(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(line.as_bytes());
    out.push(b'\n');
}
