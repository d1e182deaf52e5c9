//! The exposition: all groups and our own metrics, merged by name.
//!
//! A leaf of series is rendered once and deflated once, when first asked for; a scrape strings the pieces together and renders
//! only what changed since the last one.
//!
//! Source: client_golang v1.23.2 prometheus/promhttp/http.go; pushgateway storage/diskmetricstore.go `GetMetricFamilies`.

mod gzip;
mod protobuf;

use std::cmp::Ordering;

use bytes::Bytes;
use kit_metrics::{
    escape::EscapingScheme,
    model::{Family, Label, MetricType, Value},
    negotiate::{Compression, Exposition, Format},
    text::encode as text,
};

pub(crate) use self::gzip::Deflated;
use self::gzip::GzipPieces;
use super::{
    names::{NameIndex, Rendered},
    series::{Series, SeriesLabels, order_labels},
    state::State,
};
use crate::reserved;

/// Pieces smaller than this are copied together, larger ones are sent as they are.
const PIECE_MIN_BYTES: usize = 1024;
/// Text rendered anew is closed as a piece when it reaches this size.
const PIECE_MAX_BYTES: usize = 1 << 16;

/// Returns the exposition in a format and compression. `own` is sorted by name.
pub(crate) fn assemble(
    state: &State,
    own: &[Family],
    wanted: Exposition,
    compression: Compression,
) -> Vec<Bytes> {
    match compression {
        Compression::Identity => {
            let mut pieces = Pieces::default();
            write(state, own, wanted, &mut pieces);
            pieces.finish()
        }
        Compression::Gzip => {
            let mut pieces = GzipPieces::new();
            write(state, own, wanted, &mut pieces);
            pieces.finish()
        }
    }
}

fn write(state: &State, own: &[Family], wanted: Exposition, sink: &mut impl Sink) {
    match wanted.format {
        Format::Text => write_text(state, own, wanted.escaping, sink),
        format => protobuf::write(state, own, format, wanted.escaping, sink),
    }
}

/// Where an exposition goes.
trait Sink {
    /// Returns the buffer for text that is rendered anew.
    fn fresh(&mut self) -> &mut Vec<u8>;
    /// Says that what was rendered so far may be closed if it is long, so that one buffer does not hold everything.
    fn flush_if_large(&mut self);
    /// Takes a leaf whose text may be there already.
    fn leaf(&mut self, cache: &Rendered, render: impl FnOnce() -> Vec<u8>);
}

fn write_text(state: &State, own: &[Family], escaping: EscapingScheme, sink: &mut impl Sink) {
    for block in merged(state, own) {
        match block {
            Block::Own(own) => write_own(own, escaping, sink.fresh()),
            Block::Stored(index) => write_stored(index, escaping, sink),
            Block::Both(own, index) => write_both(own, index, escaping, sink.fresh()),
        }
        sink.flush_if_large();
    }
}

/// What the exposition shows under one name.
enum Block<'a> {
    Own(&'a Family),
    Stored(&'a NameIndex),
    Both(&'a Family, &'a NameIndex),
}

/// Returns our own families and the stored names that have series, by name.
fn merged<'a>(state: &'a State, own: &'a [Family]) -> impl Iterator<Item = Block<'a>> {
    let mut own = own.iter().peekable();
    let mut stored = state
        .names
        .iter()
        .filter(|index| !index.series.is_empty())
        .peekable();
    std::iter::from_fn(move || {
        let order = match (own.peek(), stored.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(own), Some(stored)) => (*own.name).cmp(stored.name.as_bytes()),
        };
        Some(match order {
            Ordering::Less => Block::Own(own.next()?),
            Ordering::Greater => Block::Stored(stored.next()?),
            Ordering::Equal => Block::Both(own.next()?, stored.next()?),
        })
    })
}

fn write_own(family: &Family, escaping: EscapingScheme, out: &mut Vec<u8>) {
    write_header(
        out,
        &family.name,
        family.help.as_deref(),
        family.kind,
        escaping,
    );
    for index in 0..family.metrics.len() {
        let labels: Vec<_> = family.metrics.labels(index).collect();
        write_metric(
            out,
            &family.name,
            family.kind,
            &labels,
            &family.metrics.value(index),
            escaping,
        );
    }
}

fn write_stored(index: &NameIndex, escaping: EscapingScheme, sink: &mut impl Sink) {
    write_header(
        sink.fresh(),
        index.name.as_bytes(),
        help_shown(index),
        index.kind(),
        escaping,
    );
    for leaf in index.series.leaves() {
        if escaping == EscapingScheme::Underscores || index.plain_names {
            sink.leaf(&leaf.cache, || render(&leaf.entries, index, escaping));
        } else {
            sink.fresh()
                .append(&mut render(&leaf.entries, index, escaping));
        }
    }
}

/// Writes series of ours and pushed ones under one name, in common order.
fn write_both(own: &Family, index: &NameIndex, escaping: EscapingScheme, out: &mut Vec<u8>) {
    write_header(out, &own.name, own.help.as_deref(), own.kind, escaping);
    let all = series_of_both(own, index);
    for (labels, value) in &all {
        write_metric(out, &own.name, own.kind, labels, value, escaping);
    }
}

fn series_of_both<'a>(own: &'a Family, index: &'a NameIndex) -> Vec<(SeriesLabels<'a>, Value)> {
    let ours =
        (0..own.metrics.len()).map(|at| (own.metrics.labels(at).collect(), own.metrics.value(at)));
    let pushed = index
        .series
        .iter()
        .map(|series| (series.labels(), series.value()));
    let mut all: Vec<(SeriesLabels<'_>, Value)> = ours.chain(pushed).collect();
    all.sort_by(|a, b| order_labels(&a.0, &b.0));
    all
}

/// Returns the help text to show: ours for our own names.
pub(crate) fn help_shown(index: &NameIndex) -> Option<&str> {
    let own = reserved::find(&index.name)
        .filter(|own| own.replaces_help)
        .map(|own| own.help);
    own.or_else(|| index.help().map(|help| &**help))
}

fn render(series: &[Series], index: &NameIndex, escaping: EscapingScheme) -> Vec<u8> {
    let mut out = Vec::with_capacity(series.len() * 96);
    let kind = index.kind();
    for series in series {
        write_metric(
            &mut out,
            index.name.as_bytes(),
            kind,
            &series.labels(),
            &series.value(),
            escaping,
        );
    }
    out
}

fn write_header(
    out: &mut Vec<u8>,
    name: &[u8],
    help: Option<&str>,
    kind: MetricType,
    escaping: EscapingScheme,
) {
    text::header(out, name, help, kind, escaping).expect("types without a name are never stored");
}

fn write_metric(
    out: &mut Vec<u8>,
    name: &[u8],
    kind: MetricType,
    labels: &[Label<'_>],
    value: &Value,
    escaping: EscapingScheme,
) {
    // A value that does not fit its type can only be one of a gauge histogram; upstream would end the exposition here.
    let _ = text::metric(out, name, kind, labels.iter().copied(), value, escaping);
}

/// Text in order, small pieces joined.
#[derive(Default)]
struct Pieces {
    done: Vec<Bytes>,
    pending: Vec<u8>,
}

impl Pieces {
    fn finish(mut self) -> Vec<Bytes> {
        self.flush();
        self.done
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.done.push(Bytes::copy_from_slice(&self.pending));
            self.pending.clear();
        }
    }
}

impl Sink for Pieces {
    fn fresh(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    fn flush_if_large(&mut self) {
        if self.pending.len() >= PIECE_MAX_BYTES {
            self.flush();
        }
    }

    fn leaf(&mut self, cache: &Rendered, render: impl FnOnce() -> Vec<u8>) {
        let text = cache.text(render);
        if text.len() < PIECE_MIN_BYTES {
            self.pending.extend_from_slice(text);
        } else {
            self.flush();
            self.done.push(text.clone());
        }
    }
}

impl Rendered {
    fn text(&self, render: impl FnOnce() -> Vec<u8>) -> &Bytes {
        // A copy of exactly the right size: these stay for as long as the series do.
        self.text.get_or_init(|| Bytes::copy_from_slice(&render()))
    }
}

#[cfg(test)]
mod tests;
