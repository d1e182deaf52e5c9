//! One function per kind of bytes that come from outside, for `fuzz/` and for the replay of its corpus.
//!
//! Whatever comes out is fine, as long as it comes out, and comes out the same however the bytes were cut.

use bytes::Bytes;

use crate::{
    body::{Encoding, decode},
    h1,
    web_config::Document,
};

/// Reads bytes as a web configuration.
pub fn fuzz_web_config(data: &[u8]) {
    drop(Document::parse(data));
}

/// Decodes bytes as a gzip body.
pub fn fuzz_gzip(data: &[u8]) {
    fuzz_encoding(Encoding::Gzip, data);
}

/// Decodes bytes as a snappy body.
pub fn fuzz_snappy(data: &[u8]) {
    fuzz_encoding(Encoding::Snappy, data);
}

/// Screens bytes as the head of a request.
pub fn fuzz_head(data: &[u8]) {
    h1::fuzz_head(data);
}

fn fuzz_encoding(encoding: Encoding, data: &[u8]) {
    if let Ok(decoded) = decode(encoding, Bytes::copy_from_slice(data), OUTPUT_BYTES_MAX) {
        assert!(decoded.bytes.len() as u64 <= OUTPUT_BYTES_MAX);
    }
}

/// A cap that bombs meet early.
const OUTPUT_BYTES_MAX: u64 = 1 << 20;
