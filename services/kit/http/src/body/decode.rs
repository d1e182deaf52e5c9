//! Undoing `Content-Encoding` while a body arrives, under a cap on what comes out.
//!
//! Faults have Go's texts. Upstream decodes while it parses, so bytes before a fault count: they come with the fault, and
//! the service decides which of the two its client hears about.
//!
//! Source: pushgateway main.go `decodeRequest`; Go compress/gzip; golang/snappy `Reader`.

use bytes::{Bytes, BytesMut};

use self::{gzip::Gzip, snappy::Snappy};
use super::{ReadError, RequestBody, read, read::cap};

mod gzip;
mod snappy;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// gzip, any number of members.
    Gzip,
    /// snappy's framing format, not its raw blocks.
    Snappy,
}

impl Encoding {
    /// Reads a `Content-Encoding` header: compared as a whole, in any case; anything unknown is [`Encoding::Identity`].
    #[must_use]
    pub fn from_header(value: &[u8]) -> Self {
        if value.eq_ignore_ascii_case(b"gzip") {
            Self::Gzip
        } else if value.eq_ignore_ascii_case(b"snappy") {
            Self::Snappy
        } else {
            Self::Identity
        }
    }
}

/// Why a body does not decode. The texts are those of Go's decoders.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// Not a gzip member.
    #[error("gzip: invalid header")] // Go's text
    GzipHeader,
    /// A member whose content is not what it says.
    #[error("gzip: invalid checksum")] // Go's text
    GzipChecksum,
    /// No deflate stream.
    #[error("flate: corrupt input before offset {offset}")] // Go's text
    Deflate {
        /// Bytes of the member's deflate stream before the fault.
        offset: u64,
    },
    /// Nothing where a gzip header must be.
    #[error("EOF")] // Go's text
    Empty,
    /// Ends before its end.
    #[error("unexpected EOF")] // Go's text
    Truncated,
    /// No snappy stream, or one whose content is not what it says.
    #[error("snappy: corrupt input")] // Go's text
    SnappyCorrupt,
    /// A chunk longer or newer than the decoder knows.
    #[error("snappy: unsupported input")] // Go's text
    SnappyUnsupported,
}

/// A body decoded as far as it goes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Decoded {
    /// What came out.
    pub bytes: Bytes,
    /// Why no more did; none at a proper end.
    pub fault: Option<DecodeError>,
}

/// Reads and decodes a body, at most `bytes_max` bytes of it after decoding (0: any number).
///
/// A gzip body without a readable header is [`ReadError::Encoding`]: upstream refuses it whatever the method.
/// Every later fault is in [`Decoded::fault`].
///
/// # Errors
/// [`ReadError`].
pub async fn read_decoded(
    mut body: RequestBody,
    encoding: Encoding,
    bytes_max: u64,
) -> Result<Decoded, ReadError> {
    let Some(mut decoder) = Decoder::new(encoding, bytes_max) else {
        let bytes = read(body, bytes_max).await?;
        return Ok(Decoded { bytes, fault: None });
    };
    while let Some(piece) = body.next().await {
        if decoder.push(&piece?)?.is_break() {
            break; // as upstream, which stops reading at the first fault
        }
    }
    decoder.finish()
}

/// Decodes a body that is already here; otherwise as [`read_decoded`].
///
/// # Errors
/// [`ReadError::TooLarge`] and [`ReadError::Encoding`].
pub fn decode(encoding: Encoding, bytes: Bytes, bytes_max: u64) -> Result<Decoded, ReadError> {
    let Some(mut decoder) = Decoder::new(encoding, bytes_max) else {
        let limit = cap(bytes_max);
        return if bytes.len() as u64 > limit {
            Err(ReadError::TooLarge { limit })
        } else {
            Ok(Decoded { bytes, fault: None })
        };
    };
    let _ = decoder.push(&bytes)?;
    decoder.finish()
}

/// One body on its way through a decoder.
struct Decoder {
    format: Format,
    output: Output,
    fault: Option<DecodeError>,
}

enum Format {
    Gzip(Gzip),
    Snappy(Snappy),
}

/// Why a decoder stops.
enum Stop {
    Fault(DecodeError),
    TooLarge,
}

impl From<DecodeError> for Stop {
    fn from(fault: DecodeError) -> Self {
        Self::Fault(fault)
    }
}

impl Decoder {
    fn new(encoding: Encoding, bytes_max: u64) -> Option<Self> {
        let format = match encoding {
            Encoding::Identity => return None,
            Encoding::Gzip => Format::Gzip(Gzip::new()),
            Encoding::Snappy => Format::Snappy(Snappy::new()),
        };
        Some(Self {
            format,
            output: Output {
                bytes: BytesMut::new(),
                limit: cap(bytes_max),
            },
            fault: None,
        })
    }

    /// Takes the next bytes; breaks when there is no use in more of them.
    fn push(&mut self, input: &[u8]) -> Result<std::ops::ControlFlow<()>, ReadError> {
        let pushed = match &mut self.format {
            Format::Gzip(gzip) => gzip.push(input, &mut self.output),
            Format::Snappy(snappy) => snappy.push(input, &mut self.output),
        };
        match pushed {
            Ok(()) => Ok(std::ops::ControlFlow::Continue(())),
            Err(Stop::TooLarge) => Err(ReadError::TooLarge {
                limit: self.output.limit,
            }),
            Err(Stop::Fault(fault)) => {
                self.fault = Some(fault);
                Ok(std::ops::ControlFlow::Break(()))
            }
        }
    }

    /// Judges the end of the input.
    fn finish(self) -> Result<Decoded, ReadError> {
        let fault = self.fault.or_else(|| match &self.format {
            Format::Gzip(gzip) => gzip.fault_at_end(),
            Format::Snappy(snappy) => snappy.fault_at_end(),
        });
        match (&self.format, fault) {
            (Format::Gzip(gzip), Some(fault)) if !gzip.has_begun() => {
                Err(ReadError::Encoding(fault))
            }
            _ => Ok(Decoded {
                bytes: self.output.bytes.freeze(),
                fault,
            }),
        }
    }
}

/// What has come out, under its cap. Grows with the content only.
struct Output {
    bytes: BytesMut,
    limit: u64,
}

impl Output {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            return Err(Stop::TooLarge);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
