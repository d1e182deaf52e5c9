//! The value messages of a metric: counter, summary and histogram with all they contain. The metric around them is `decode` and
//! `encode`.
//!
//! Source: prometheus/client_model v0.6.2 metrics.proto.

mod merge;
mod put;

use super::ProtoError;
use crate::model::{Counter, Histogram, Summary};

pub(super) use self::merge::{merge_counter, merge_histogram, merge_summary, set, take_label};
pub use self::put::{put_counter, put_histogram, put_summary};

/// Reads the payload of a `Counter` message.
///
/// # Errors
/// [`ProtoError::InvalidWireFormat`] when the bytes are not a message.
pub fn take_counter(payload: &[u8]) -> Result<Counter, ProtoError> {
    let mut counter = Counter::default();
    merge_counter(&mut counter, payload, &mut Budget::unlimited())?;
    Ok(counter)
}

/// Reads the payload of a `Summary` message.
///
/// # Errors
/// [`ProtoError::InvalidWireFormat`] when the bytes are not a message.
pub fn take_summary(payload: &[u8]) -> Result<Summary, ProtoError> {
    let mut summary = Summary::default();
    merge_summary(&mut summary, payload, &mut Budget::unlimited())?;
    Ok(summary)
}

/// Reads the payload of a `Histogram` message.
///
/// # Errors
/// [`ProtoError::InvalidWireFormat`] when the bytes are not a message.
pub fn take_histogram(payload: &[u8]) -> Result<Histogram, ProtoError> {
    let mut histogram = Histogram::default();
    merge_histogram(&mut histogram, payload, &mut Budget::unlimited())?;
    Ok(histogram)
}

/// How many list elements one metric may still have. Two bytes on the wire make an element of up to 80 in memory, so what comes
/// from outside is limited; what was packed here was limited before.
#[derive(Debug)]
pub(super) struct Budget {
    elements: usize,
}

impl Budget {
    pub(super) const fn new(elements: usize) -> Self {
        Self { elements }
    }

    const fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    pub(super) fn spend(&mut self) -> Result<(), ProtoError> {
        self.elements = self
            .elements
            .checked_sub(1)
            .ok_or(ProtoError::TooManyElements)?;
        Ok(())
    }
}
