//! snappy's framing format as golang/snappy's `Reader` takes it: same order of checks, same faults.
//!
//! Source: golang/snappy v1.0.0 decode.go `Reader.fill`; google/snappy framing_format.txt.

use snap::raw::{Decoder, decompress_len};

use super::{DecodeError, Output, Stop};

/// A snappy body on its way.
pub(super) struct Snappy {
    /// The beginning of a chunk whose end has not arrived; never longer than [`CHUNK_BYTES_MAX`] and its header.
    pending: Vec<u8>,
    has_begun: bool,
    block: Box<[u8]>,
}

impl Snappy {
    pub(super) fn new() -> Self {
        Self {
            pending: Vec::new(),
            has_begun: false,
            block: vec![0; BLOCK_BYTES_MAX].into_boxed_slice(),
        }
    }

    pub(super) fn push(&mut self, mut input: &[u8], output: &mut Output) -> Result<(), Stop> {
        while !input.is_empty() {
            let wanted = match self.pending.first_chunk() {
                None => HEADER_BYTES,
                Some(header) => HEADER_BYTES + chunk_length(*header),
            };
            let taken = input.len().min(wanted - self.pending.len());
            self.pending.extend_from_slice(&input[..taken]);
            input = &input[taken..];
            let Some(header) = self.pending.first_chunk().copied() else {
                return Ok(());
            };
            self.check_header(header)?;
            if self.pending.len() == HEADER_BYTES + chunk_length(header) {
                self.chunk(header[0], output)?;
                self.pending.clear();
            }
        }
        Ok(())
    }

    pub(super) fn fault_at_end(&self) -> Option<DecodeError> {
        (!self.pending.is_empty()).then_some(DecodeError::SnappyCorrupt)
    }

    /// Refuses a chunk by its header alone, before any of its bytes are kept.
    fn check_header(&mut self, header: [u8; HEADER_BYTES]) -> Result<(), DecodeError> {
        if !self.has_begun && header[0] != STREAM_IDENTIFIER {
            return Err(DecodeError::SnappyCorrupt);
        }
        self.has_begun = true;
        let length = chunk_length(header);
        match header[0] {
            _ if length > CHUNK_BYTES_MAX => Err(DecodeError::SnappyUnsupported),
            COMPRESSED | UNCOMPRESSED if length < CHECKSUM_BYTES => Err(DecodeError::SnappyCorrupt),
            STREAM_IDENTIFIER if length != MAGIC.len() => Err(DecodeError::SnappyCorrupt),
            COMPRESSED | UNCOMPRESSED | SKIPPABLE_MIN.. => Ok(()),
            _ => Err(DecodeError::SnappyUnsupported),
        }
    }

    /// Takes a complete chunk.
    fn chunk(&mut self, kind: u8, output: &mut Output) -> Result<(), Stop> {
        let content = &self.pending[HEADER_BYTES..];
        let data = match kind {
            STREAM_IDENTIFIER if content != MAGIC => return Err(DecodeError::SnappyCorrupt.into()),
            COMPRESSED => {
                let block = &content[CHECKSUM_BYTES..];
                let length = decompress_len(block)
                    .ok()
                    .filter(|length| *length <= BLOCK_BYTES_MAX)
                    .ok_or(DecodeError::SnappyCorrupt)?;
                let decoded = &mut self.block[..length];
                Decoder::new()
                    .decompress(block, decoded)
                    .map_err(|_| DecodeError::SnappyCorrupt)?;
                &*decoded
            }
            UNCOMPRESSED if content.len() - CHECKSUM_BYTES > BLOCK_BYTES_MAX => {
                return Err(DecodeError::SnappyCorrupt.into());
            }
            UNCOMPRESSED => &content[CHECKSUM_BYTES..],
            _ => return Ok(()), // padding
        };
        if masked_checksum(data).to_le_bytes() != content[..CHECKSUM_BYTES] {
            return Err(DecodeError::SnappyCorrupt.into());
        }
        output.put(data)
    }
}

fn chunk_length(header: [u8; HEADER_BYTES]) -> usize {
    let [_, low, middle, high] = header.map(usize::from);
    low | middle << 8 | high << 16
}

/// The checksum of the framing format: CRC-32C, rotated and shifted so that checksums of checksums are harmless.
fn masked_checksum(data: &[u8]) -> u32 {
    crc32c::crc32c(data)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

const COMPRESSED: u8 = 0x00;
const UNCOMPRESSED: u8 = 0x01;
const SKIPPABLE_MIN: u8 = 0x80;
const STREAM_IDENTIFIER: u8 = 0xff;
const MAGIC: &[u8] = b"sNaPpY";
const HEADER_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 4;

/// Most bytes a chunk decodes to.
const BLOCK_BYTES_MAX: usize = 65536;

/// Most bytes of a chunk: Go's `maxEncodedLenOfMaxBlockSize` and the checksum.
const CHUNK_BYTES_MAX: usize = 76490 + CHECKSUM_BYTES;
