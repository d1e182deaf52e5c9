//! Protobuf: families read from and written to `io.prometheus.client.MetricFamily`.
//!
//! The wire code is our own: a family is decoded straight into its packed form, so that a body costs a small multiple of its
//! size, and nothing is ever reserved by a length that the sender declared. What a value means is left to `model`.
//!
//! Source: prometheus/client_model v0.6.2 metrics.proto; google.golang.org/protobuf v1.36 `protowire`, `protodelim`.

mod decode;
pub mod encode;
pub mod text;
pub mod value;
mod wire;

pub use decode::{decode, decode_family};

pub(crate) use wire::put_varint;

use crate::FAMILIES_MAX;

/// Why bytes are not the protobuf message they should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProtoError {
    /// The stream ends inside a message.
    #[error("unexpected EOF")] // upstream's text: clients read it
    UnexpectedEof,
    /// The bytes of a message break the wire format.
    #[error("proto: cannot parse invalid wire-format data")]
    // upstream's text, with one plain space
    InvalidWireFormat,
    /// One metric has more labels, buckets, quantiles, spans and exemplars than are accepted from outside.
    #[error("metric with more than {ELEMENTS_MAX} elements")]
    TooManyElements,
    /// The body has more metric names than are accepted from outside.
    #[error("more than {FAMILIES_MAX} metric names")]
    TooManyFamilies,
    /// A family outgrew what its packed form can hold.
    #[error("metric family larger than 4 GiB")]
    TooLarge,
}

/// How many list elements (labels, buckets, quantiles, spans, deltas, exemplars) one metric may have. No real one comes near;
/// the bound keeps a metric of two-byte elements from taking tens of times its size in memory. Ours, upstream has none.
pub const ELEMENTS_MAX: usize = 1 << 20;
