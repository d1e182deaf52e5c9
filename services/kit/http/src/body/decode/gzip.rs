//! gzip members in a row, as Go's `gzip.Reader` takes them: same order of checks, same faults.
//!
//! Source: Go compress/gzip gunzip.go.

use flate2::{Decompress, FlushDecompress, Status};

use super::{DecodeError, Output, Stop};

/// A gzip body on its way.
pub(super) struct Gzip {
    part: Part,
    /// Bytes of a header or trailer that is not complete yet.
    pending: Vec<u8>,
    inflate: Decompress,
    checksum: crc32fast::Hasher,
    /// Length of the member's content, modulo 2^32.
    length: u32,
    is_first: bool,
    scratch: Box<[u8]>,
}

/// The part of a member the next byte belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Header,
    Content,
    Trailer,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            part: Part::Header,
            pending: Vec::new(),
            inflate: Decompress::new(false),
            checksum: crc32fast::Hasher::new(),
            length: 0,
            is_first: true,
            scratch: vec![0; SCRATCH_BYTES].into_boxed_slice(),
        }
    }

    /// Says whether the first header was read.
    pub(super) fn has_begun(&self) -> bool {
        !self.is_first || self.part != Part::Header
    }

    pub(super) fn push(&mut self, mut input: &[u8], output: &mut Output) -> Result<(), Stop> {
        while !input.is_empty() {
            input = match self.part {
                Part::Header => self.header(input)?,
                Part::Content => self.content(input, output)?,
                Part::Trailer => self.trailer(input)?,
            };
        }
        Ok(())
    }

    pub(super) fn fault_at_end(&self) -> Option<DecodeError> {
        match self.part {
            Part::Header if self.pending.is_empty() => self.is_first.then_some(DecodeError::Empty),
            _ => Some(DecodeError::Truncated),
        }
    }

    /// Takes bytes of a header; returns what lies behind it.
    fn header<'a>(&mut self, input: &'a [u8]) -> Result<&'a [u8], Stop> {
        let before = self.pending.len();
        let taken = input.len().min(HEADER_BYTES_MAX - before);
        self.pending.extend_from_slice(&input[..taken]);
        let Some(length) = header_length(&self.pending)? else {
            return Ok(&input[taken..]);
        };
        self.pending.clear();
        self.inflate.reset(false);
        self.part = Part::Content;
        Ok(&input[length - before..])
    }

    /// Inflates; returns what lies behind the deflate stream.
    fn content<'a>(&mut self, mut input: &'a [u8], output: &mut Output) -> Result<&'a [u8], Stop> {
        loop {
            let (taken_before, given_before) = (self.inflate.total_in(), self.inflate.total_out());
            let step = self
                .inflate
                .decompress(input, &mut self.scratch, FlushDecompress::None);
            let taken = count(self.inflate.total_in() - taken_before);
            let given = &self.scratch[..count(self.inflate.total_out() - given_before)];
            output.put(given)?; // before the fault, if there is one: as Go
            self.checksum.update(given);
            let modulo = u32::try_from(given.len()).expect("the scratch is small");
            self.length = self.length.wrapping_add(modulo);
            input = &input[taken..];
            let status = step.map_err(|_| DecodeError::Deflate {
                offset: self.inflate.total_in(),
            })?;
            if status == Status::StreamEnd {
                self.part = Part::Trailer;
                return Ok(input);
            }
            // All the input may be in while output still waits inside.
            if input.is_empty() && given.len() < self.scratch.len() {
                return Ok(input);
            }
        }
    }

    /// Takes bytes of a trailer; returns what lies behind it.
    fn trailer<'a>(&mut self, input: &'a [u8]) -> Result<&'a [u8], Stop> {
        let taken = input.len().min(TRAILER_BYTES - self.pending.len());
        self.pending.extend_from_slice(&input[..taken]);
        if self.pending.len() == TRAILER_BYTES {
            let checksum = std::mem::take(&mut self.checksum).finalize();
            let expected = [checksum.to_le_bytes(), self.length.to_le_bytes()].concat();
            if self.pending != expected {
                return Err(DecodeError::GzipChecksum.into());
            }
            self.length = 0;
            self.pending.clear();
            self.is_first = false;
            self.part = Part::Header;
        }
        Ok(&input[taken..])
    }
}

/// Returns the length of the header at the start of `bytes`; none when more bytes are needed to tell.
fn header_length(bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    const CHECKSUM: u8 = 1 << 1;
    if bytes.len() < FIXED_BYTES {
        return Ok(None);
    }
    if bytes[..3] != [0x1f, 0x8b, 8] {
        return Err(DecodeError::GzipHeader);
    }
    let flags = bytes[3];
    let mut at = FIXED_BYTES;
    if flags & EXTRA != 0 {
        let Some(length) = bytes.get(at..at + 2) else {
            return Ok(None);
        };
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let text = bytes.get(at..).unwrap_or_default();
            match memchr::memchr(0, &text[..text.len().min(TEXT_BYTES_MAX)]) {
                Some(length) => at += length + 1,
                None if text.len() >= TEXT_BYTES_MAX => return Err(DecodeError::GzipHeader),
                None => return Ok(None),
            }
        }
    }
    if flags & CHECKSUM != 0 {
        let Some(stored) = bytes.get(at..at + 2) else {
            return Ok(None);
        };
        let [low, high, ..] = crc32fast::hash(&bytes[..at]).to_le_bytes();
        if stored != [low, high] {
            return Err(DecodeError::GzipHeader);
        }
        at += 2;
    }
    Ok((at <= bytes.len()).then_some(at))
}

fn count(bytes: u64) -> usize {
    usize::try_from(bytes).expect("one step fits in memory")
}

const FIXED_BYTES: usize = 10;
const TRAILER_BYTES: usize = 8;

/// Go keeps name and comment in a buffer of this size each, their end included.
const TEXT_BYTES_MAX: usize = 512;

/// A header with everything in it.
const HEADER_BYTES_MAX: usize = FIXED_BYTES + 2 + 65535 + 2 * TEXT_BYTES_MAX + 2;

/// Bytes inflated per step.
const SCRATCH_BYTES: usize = 32 << 10;
