//! The exposition: all groups and our own metrics, merged by name.
//!
//! A leaf of series is rendered once and deflated once, when first asked for; a scrape strings the pieces together and renders
//! only what changed since the last one. The gzip answer is one member: the deflated pieces end on byte boundaries and do
//! not look back past their start, so they can be joined, and their checksums combined.
//!
//! Source: client_golang v1.23.2 prometheus/promhttp/http.go; pushgateway storage/diskmetricstore.go `GetMetricFamilies`.

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, Status};
use kit_metrics::{
    escape::EscapingScheme,
    model::{Family, Label, MetricType, Value},
    text::encode as text,
};

use super::{
    names::{NameIndex, Rendered},
    series::{Series, order_labels},
    state::State,
};
use crate::reserved;

/// Pieces smaller than this are copied together, larger ones are sent as they are.
const PIECE_MIN_BYTES: usize = 1024;

/// A deflated piece of text: ends on a byte boundary, refers to nothing before it.
#[derive(Clone, Debug)]
pub(crate) struct Deflated {
    bytes: Bytes,
    checksum: crc32fast::Hasher,
}

/// Returns the exposition in the text format. `own` is sorted by name.
pub(crate) fn plain(state: &State, own: &[Family], escaping: EscapingScheme) -> Vec<Bytes> {
    let mut pieces = Pieces::default();
    write(state, own, escaping, &mut pieces);
    pieces.flush();
    pieces.done
}

/// Returns the same, compressed with gzip.
pub(crate) fn gzipped(state: &State, own: &[Family], escaping: EscapingScheme) -> Vec<Bytes> {
    let mut pieces = GzipPieces::new();
    write(state, own, escaping, &mut pieces);
    pieces.finish()
}

/// Where an exposition goes.
trait Sink {
    /// Returns the buffer for text that is rendered anew.
    fn fresh(&mut self) -> &mut Vec<u8>;
    /// Takes a leaf whose text may be there already.
    fn leaf(&mut self, cache: &Rendered, render: impl FnOnce() -> Vec<u8>);
}

fn write(state: &State, own: &[Family], escaping: EscapingScheme, sink: &mut impl Sink) {
    let mut own = own.iter().peekable();
    for index in state.names.iter().filter(|index| !index.series.is_empty()) {
        let name = index.name.as_bytes();
        while let Some(before) = own.next_if(|own| *own.name < *name) {
            write_own(before, escaping, sink.fresh());
        }
        match own.next_if(|own| *own.name == *name) {
            Some(own) => write_merged(own, index, escaping, sink.fresh()),
            None => write_stored(index, escaping, sink),
        }
    }
    own.for_each(|after| write_own(after, escaping, sink.fresh()));
}

fn write_own(family: &Family, escaping: EscapingScheme, out: &mut Vec<u8>) {
    write_header(out, &family.name, family.help.as_deref(), family.kind, escaping);
    for index in 0..family.metrics.len() {
        let labels: Vec<_> = family.metrics.labels(index).collect();
        write_metric(out, &family.name, family.kind, &labels, &family.metrics.value(index), escaping);
    }
}

fn write_stored(index: &NameIndex, escaping: EscapingScheme, sink: &mut impl Sink) {
    write_header(sink.fresh(), index.name.as_bytes(), help_shown(index), index.kind(), escaping);
    for leaf in index.series.leaves() {
        if escaping == EscapingScheme::Underscores || index.plain_names {
            sink.leaf(&leaf.cache, || render(&leaf.entries, index, escaping));
        } else {
            sink.fresh().append(&mut render(&leaf.entries, index, escaping));
        }
    }
}

/// Writes series of ours and pushed ones under one name, in common order.
fn write_merged(own: &Family, index: &NameIndex, escaping: EscapingScheme, out: &mut Vec<u8>) {
    write_header(out, &own.name, own.help.as_deref(), own.kind, escaping);
    let ours = (0..own.metrics.len()).map(|at| (own.metrics.labels(at).collect::<Vec<_>>(), own.metrics.value(at)));
    let pushed = index.series.iter().map(|series| (series.labels().to_vec(), series.value()));
    let mut all: Vec<_> = ours.chain(pushed).collect();
    all.sort_by(|a, b| order_labels(&a.0, &b.0));
    for (labels, value) in &all {
        write_metric(out, &own.name, own.kind, labels, value, escaping);
    }
}

/// Returns the help text to show: ours for our own names, else that of the family pushed first.
pub(crate) fn help_shown(index: &NameIndex) -> Option<&str> {
    let own = reserved::find(&index.name).filter(|own| own.replaces_help).map(|own| own.help);
    own.or_else(|| index.help().map(|help| &**help))
}

fn render(series: &[Series], index: &NameIndex, escaping: EscapingScheme) -> Vec<u8> {
    let mut out = Vec::with_capacity(series.len() * 96);
    let kind = index.kind();
    for series in series {
        write_metric(&mut out, index.name.as_bytes(), kind, &series.labels(), &series.value(), escaping);
    }
    out
}

/// Why writing cannot fail: what does not fit a type keeps a store from being exposed at all.
const CHECKED: &str = "the state was checked before it is exposed";

fn write_header(out: &mut Vec<u8>, name: &[u8], help: Option<&str>, kind: MetricType, escaping: EscapingScheme) {
    text::header(out, name, help, kind, escaping).expect(CHECKED);
}

fn write_metric(
    out: &mut Vec<u8>,
    name: &[u8],
    kind: MetricType,
    labels: &[Label<'_>],
    value: &Value,
    escaping: EscapingScheme,
) {
    text::metric(out, name, kind, labels.iter().copied(), value, escaping).expect(CHECKED);
}

/// Text in order, small pieces joined.
#[derive(Default)]
struct Pieces {
    done: Vec<Bytes>,
    pending: Vec<u8>,
}

impl Pieces {
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

/// A gzip member made of deflated pieces.
struct GzipPieces {
    pieces: Pieces,
    checksum: crc32fast::Hasher,
    length: u32,
    deflater: Deflater,
}

/// Magic, deflate, no flags, no time, no hint, unknown system.
///
/// Source: RFC 1952 section 2.3.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block with fixed codes.
///
/// Source: RFC 1951 section 3.2.3.
const LAST_BLOCK: [u8; 2] = [3, 0];

impl GzipPieces {
    fn new() -> Self {
        let done = vec![Bytes::from_static(&GZIP_HEADER)];
        Self {
            pieces: Pieces { done, pending: Vec::new() },
            checksum: crc32fast::Hasher::new(),
            length: 0,
            deflater: Deflater::new(),
        }
    }

    fn add(&mut self, deflated: &Deflated, length: usize) {
        self.pieces.done.push(deflated.bytes.clone());
        self.checksum.combine(&deflated.checksum);
        // The trailer holds the length modulo 2^32.
        self.length = self.length.wrapping_add(length as u32);
    }

    fn flush(&mut self) {
        if !self.pieces.pending.is_empty() {
            let pending = std::mem::take(&mut self.pieces.pending);
            let deflated = self.deflater.deflate(&pending);
            self.add(&deflated, pending.len());
        }
    }

    fn finish(mut self) -> Vec<Bytes> {
        self.flush();
        let mut end = LAST_BLOCK.to_vec();
        end.extend_from_slice(&self.checksum.finalize().to_le_bytes());
        end.extend_from_slice(&self.length.to_le_bytes());
        self.pieces.done.push(end.into());
        self.pieces.done
    }
}

impl Sink for GzipPieces {
    fn fresh(&mut self) -> &mut Vec<u8> {
        &mut self.pieces.pending
    }

    fn leaf(&mut self, cache: &Rendered, render: impl FnOnce() -> Vec<u8>) {
        let text = cache.text(render);
        if text.len() < PIECE_MIN_BYTES {
            self.pieces.pending.extend_from_slice(text);
        } else {
            self.flush();
            let deflated = cache.deflated.get_or_init(|| self.deflater.deflate(text));
            self.add(&deflated.clone(), text.len());
        }
    }
}

impl Rendered {
    fn text(&self, render: impl FnOnce() -> Vec<u8>) -> &Bytes {
        // A copy of exactly the right size: these stay for as long as the series do.
        self.text.get_or_init(|| Bytes::copy_from_slice(&render()))
    }
}

/// Deflates pieces one after the other with one set of tables.
struct Deflater {
    compress: Compress,
    buffer: Vec<u8>,
}

impl Deflater {
    fn new() -> Self {
        Self { compress: Compress::new(Compression::new(DEFLATE_LEVEL), false), buffer: Vec::new() }
    }

    fn deflate(&mut self, text: &[u8]) -> Deflated {
        self.compress.reset();
        self.buffer.clear();
        let mut rest = text;
        loop {
            self.buffer.reserve(rest.len() / 8 + 256);
            let before = self.compress.total_in();
            let status = self.compress.compress_vec(rest, &mut self.buffer, FlushCompress::Sync);
            let taken = self.compress.total_in() - before;
            rest = &rest[usize::try_from(taken).expect("no more than was given")..];
            // Room left over means that the flush is complete.
            let complete = rest.is_empty() && self.buffer.len() < self.buffer.capacity();
            if complete || matches!(status, Ok(Status::StreamEnd) | Err(_)) {
                break;
            }
        }
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(text);
        Deflated { bytes: Bytes::copy_from_slice(&self.buffer), checksum }
    }
}

/// Scrapes are frequent and local: a fast level loses a tenth in size and is several times as fast.
const DEFLATE_LEVEL: u32 = 3;

#[cfg(test)]
mod tests;
