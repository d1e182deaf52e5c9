//! gRPC's framing: a byte that says whether a message is compressed, its length, the message.
//!
//! Source: grpc-go v1.83 rpc_util.go `parser.recvMsg`, `checkRecvPayload`, `decompress`.

use std::io::Read as _;

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::bufread::GzDecoder;
use tonic::{Code, Status};

/// Bytes before each message.
pub(crate) const HEAD_BYTES: usize = 5;

/// How the messages of a stream may be compressed, as its head says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// Not at all.
    #[default]
    Identity,
    /// With gzip.
    Gzip,
    /// With something we do not know.
    Other(String),
}

impl Encoding {
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "" | "identity" => Self::Identity,
            "gzip" => Self::Gzip,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Cuts the data of a stream into messages. Holds what has arrived of the next one, never more.
#[derive(Debug)]
pub(crate) struct Frames {
    encoding: Encoding,
    bytes_max: usize,
    /// Data as it came: a message that lies in one piece is a slice of it.
    piece: Bytes,
    /// Data of a message that came in several pieces; then `piece` is empty.
    gathered: BytesMut,
}

impl Frames {
    /// Takes the largest message that is allowed, in bytes.
    pub(crate) fn new(encoding: Encoding, bytes_max: usize) -> Self {
        Self {
            encoding,
            bytes_max,
            piece: Bytes::new(),
            gathered: BytesMut::new(),
        }
    }

    /// Takes data that arrived.
    pub(crate) fn push(&mut self, data: Bytes) {
        if self.gathered.is_empty() && self.piece.is_empty() {
            self.piece = data;
            return;
        }
        if self.gathered.is_empty() {
            self.gathered.extend_from_slice(&self.piece);
            self.piece = Bytes::new();
        }
        self.gathered.extend_from_slice(&data);
    }

    /// Returns the length of the message that is arriving; none before its head is here.
    pub(crate) fn announced(&self) -> Option<usize> {
        let head = self.held().first_chunk::<HEAD_BYTES>()?;
        let [_, length @ ..] = *head;
        usize::try_from(u32::from_be_bytes(length)).ok()
    }

    /// Says whether part of a message is here. Less than the head of one is passed over when no more comes, as grpc-go does.
    pub(crate) fn has_part(&self) -> bool {
        self.held().len() >= HEAD_BYTES
    }

    /// Takes the next message; none before it is whole.
    ///
    /// # Errors
    /// The status that ends the stream.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let Some(length) = self.announced() else {
            return Ok(None);
        };
        if length > self.bytes_max {
            let max = self.bytes_max;
            let text = format!("grpc: received message larger than max ({length} vs. {max})"); // upstream's text
            return Err(Status::new(Code::ResourceExhausted, text));
        }
        if self.held().len() < HEAD_BYTES + length {
            return Ok(None);
        }
        let mut message = if self.gathered.is_empty() {
            self.piece.split_to(HEAD_BYTES + length)
        } else {
            self.gathered.split_to(HEAD_BYTES + length).freeze()
        };
        match message.get_u8() {
            0 => Ok(Some(message.split_off(HEAD_BYTES - 1))),
            1 => self.expand(&message[HEAD_BYTES - 1..]).map(Some),
            other => {
                let text = format!("grpc: received unexpected payload format {other}"); // upstream's text
                Err(Status::new(Code::Internal, text))
            }
        }
    }

    fn held(&self) -> &[u8] {
        if self.gathered.is_empty() {
            &self.piece
        } else {
            &self.gathered
        }
    }

    // The texts below are upstream's.
    fn expand(&self, compressed: &[u8]) -> Result<Bytes, Status> {
        match &self.encoding {
            Encoding::Gzip => {}
            Encoding::Identity => {
                let text = "grpc: compressed flag set with identity or empty encoding";
                return Err(Status::new(Code::Internal, text));
            }
            Encoding::Other(name) => {
                let text =
                    format!("grpc: Decompressor is not installed for grpc-encoding {name:?}");
                return Err(Status::new(Code::Unimplemented, text));
            }
        }
        let mut expanded = Vec::new();
        let max = self.bytes_max;
        let read = GzDecoder::new(compressed)
            .take(max as u64 + 1)
            .read_to_end(&mut expanded);
        if read.is_err() {
            let text = "grpc: failed to decompress the message: gzip: invalid header";
            return Err(Status::new(Code::Internal, text));
        }
        if expanded.len() > max {
            let text = format!("grpc: received message after decompression larger than max {max}");
            return Err(Status::new(Code::ResourceExhausted, text));
        }
        Ok(expanded.into())
    }
}

#[cfg(test)]
mod tests;
