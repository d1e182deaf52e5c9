//! An answer, encoded once into its frame: fields that are there as bytes already are copied, never decoded.

use bytes::{BufMut as _, Bytes, BytesMut};
use etcd_api::etcdserverpb::ResponseHeader;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::grpc::frame::HEAD_BYTES;

/// A message that is being written: a frame's head to be filled in, then fields.
#[derive(Debug)]
pub(crate) struct Answer(BytesMut);

impl Answer {
    /// Begins a message with its header.
    pub(crate) fn new(header: &ResponseHeader) -> Self {
        let mut answer = Self::bare();
        message(&mut answer.0, 1, header);
        answer
    }

    /// Begins a message without a header.
    pub(crate) fn bare() -> Self {
        let mut frame = BytesMut::with_capacity(128);
        frame.put_bytes(0, HEAD_BYTES);
        Self(frame)
    }

    /// Returns the buffer, to append fields.
    pub(crate) fn fields(&mut self) -> &mut BytesMut {
        &mut self.0
    }

    /// Returns the frame.
    pub(crate) fn finish(mut self) -> Bytes {
        let length = u32::try_from(self.0.len() - HEAD_BYTES).expect("answers are far from 4 GiB");
        self.0[1..HEAD_BYTES].copy_from_slice(&length.to_be_bytes());
        self.0.freeze()
    }
}

/// Appends a field that is a message.
pub(crate) fn message(out: &mut BytesMut, field: u32, value: &impl prost::Message) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(value.encoded_len() as u64, out);
    value.encode(out).expect("the buffer grows");
}

/// Appends a field whose bytes are there.
pub(crate) fn bytes(out: &mut BytesMut, field: u32, value: &[u8]) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// Appends a number, unless it is zero.
pub(crate) fn number(out: &mut BytesMut, field: u32, value: u64) {
    if value != 0 {
        encode_key(field, WireType::Varint, out);
        encode_varint(value, out);
    }
}
