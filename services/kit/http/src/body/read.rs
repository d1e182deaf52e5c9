//! Reading a whole body under a cap. Memory grows with what has arrived, never with what was declared.

use bytes::{Bytes, BytesMut};

use super::{BodyError, DecodeError, RequestBody};

/// Why a body was not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// More bytes than allowed. The answer is 413.
    #[error("request body is larger than {limit} bytes")]
    TooLarge {
        /// The cap in bytes.
        limit: u64,
    },
    /// The body ended early.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// Not in the encoding it claims. The answer is 400, whatever the method.
    #[error(transparent)]
    Encoding(DecodeError),
}

/// Reads a body to its end, at most `bytes_max` bytes of it (0: any number).
///
/// # Errors
/// [`ReadError::TooLarge`] as soon as the declared or the arrived length exceeds the cap.
pub async fn read(mut body: RequestBody, bytes_max: u64) -> Result<Bytes, ReadError> {
    let limit = cap(bytes_max);
    let too_large = ReadError::TooLarge { limit };
    if body.declared_length().is_some_and(|length| length > limit) {
        return Err(too_large);
    }
    let Some(first) = body.next().await.transpose()? else {
        return Ok(Bytes::new());
    };
    let Some(second) = body.next().await.transpose()? else {
        return Some(first)
            .filter(|first| first.len() as u64 <= limit)
            .ok_or(too_large); // the usual small push: not copied
    };
    let mut all = BytesMut::with_capacity(2 * (first.len() + second.len()));
    all.extend_from_slice(&first);
    all.extend_from_slice(&second);
    loop {
        if all.len() as u64 > limit {
            return Err(too_large);
        }
        match body.next().await.transpose()? {
            Some(piece) => all.extend_from_slice(&piece),
            None => return Ok(all.freeze()),
        }
    }
}

/// The cap a number means: 0 lifts it.
pub(super) fn cap(bytes_max: u64) -> u64 {
    if bytes_max == 0 { u64::MAX } else { bytes_max }
}
