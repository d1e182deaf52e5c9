//! Compressed expositions: one gzip member joined from pieces that were deflated apart.
//!
//! Each piece ends on a byte boundary and does not look back past its start, so pieces can be joined in any order and their
//! checksums combined.
//!
//! Source: RFC 1951, RFC 1952.

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, Status};

use super::{PIECE_MAX_BYTES, PIECE_MIN_BYTES, Pieces, Sink};
use crate::store::names::Rendered;

/// A deflated piece of text: ends on a byte boundary, refers to nothing before it.
#[derive(Clone, Debug)]
pub(crate) struct Deflated {
    bytes: Bytes,
    checksum: crc32fast::Hasher,
}

/// A gzip member made of deflated pieces.
pub(super) struct GzipPieces {
    pieces: Pieces,
    checksum: crc32fast::Hasher,
    length: u64,
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
    pub(super) fn new() -> Self {
        let done = vec![Bytes::from_static(&GZIP_HEADER)];
        Self {
            pieces: Pieces {
                done,
                pending: Vec::new(),
            },
            checksum: crc32fast::Hasher::new(),
            length: 0,
            deflater: Deflater::new(),
        }
    }

    fn add(&mut self, deflated: &Deflated, length: usize) {
        self.pieces.done.push(deflated.bytes.clone());
        self.checksum.combine(&deflated.checksum);
        self.length += length as u64;
    }

    fn flush(&mut self) {
        if !self.pieces.pending.is_empty() {
            let pending = std::mem::take(&mut self.pieces.pending);
            let deflated = self.deflater.deflate(&pending);
            self.add(&deflated, pending.len());
        }
    }

    pub(super) fn finish(mut self) -> Vec<Bytes> {
        self.flush();
        let mut end = LAST_BLOCK.to_vec();
        end.extend_from_slice(&self.checksum.finalize().to_le_bytes());
        end.extend_from_slice(&self.length.to_le_bytes()[..4]); // modulo 2^32
        self.pieces.done.push(end.into());
        self.pieces.done
    }
}

impl Sink for GzipPieces {
    fn fresh(&mut self) -> &mut Vec<u8> {
        &mut self.pieces.pending
    }

    fn flush_if_large(&mut self) {
        if self.pieces.pending.len() >= PIECE_MAX_BYTES {
            self.flush();
        }
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

/// Deflates pieces one after the other with one set of tables.
struct Deflater {
    compress: Compress,
    buffer: Vec<u8>,
}

impl Deflater {
    fn new() -> Self {
        Self {
            compress: Compress::new(Compression::new(DEFLATE_LEVEL), false),
            buffer: Vec::new(),
        }
    }

    fn deflate(&mut self, text: &[u8]) -> Deflated {
        self.compress.reset();
        self.buffer.clear();
        let mut rest = text;
        loop {
            self.buffer.reserve(rest.len() / 8 + 256);
            let before = self.compress.total_in();
            let status = self
                .compress
                .compress_vec(rest, &mut self.buffer, FlushCompress::Sync);
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
        Deflated {
            bytes: Bytes::copy_from_slice(&self.buffer),
            checksum,
        }
    }
}

/// Scrapes are frequent and local: a fast level loses a tenth in size and is several times as fast.
const DEFLATE_LEVEL: u32 = 3;
