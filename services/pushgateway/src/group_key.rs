//! The grouping key as a request path spells it: `/metrics/job/<job>/<label>/<value>…`, any value in base64 if its name says so.
//!
//! Source: pushgateway handler/push.go (`Push`, `splitLabels`, `decodeBase64`).

use std::{borrow::Cow, collections::BTreeMap};

use kit_metrics::{escape::unescape, name::NameScheme, quote::quote};

use crate::store::group::GroupKey;

/// Suffix of a label name whose value is in base64.
const BASE64_SUFFIX: &str = "@base64";
/// Label names that begin so belong to Prometheus. A path may hold them only as `U______name`, as in upstream.
pub(crate) const RESERVED_PREFIX: &[u8] = b"__";

/// Why a path names no group. The texts are upstream's; clients see them.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum GroupKeyError {
    #[error("invalid base64 encoding in job name {}: {source}", quote(.decoded))]
    JobEncoding {
        decoded: Vec<u8>,
        source: Base64Error,
    },
    #[error("odd number of components in label string {}", quote(.tail))]
    OddComponents { tail: Vec<u8> },
    #[error("improper label name {}", quote(.name))]
    LabelName { name: Vec<u8> },
    #[error("invalid base64 encoding for label {name}={}: {source}", quote(.value))]
    LabelEncoding {
        name: String,
        value: Vec<u8>,
        source: Base64Error,
    },
    #[error("job name is required")]
    MissingJob,
}

/// A byte that is not base64.
///
/// Source: Go encoding/base64 `CorruptInputError`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("illegal base64 data at input byte {0}")]
pub(crate) struct Base64Error(usize);

/// Reads the grouping key of a path, percent-decoded: the job, whether it is in base64, and what follows it.
///
/// # Errors
/// [`GroupKeyError`], in the order in which upstream finds faults: job encoding, labels, empty job.
pub(crate) fn parse(
    job: &[u8],
    job_is_base64: bool,
    tail: &[u8],
    scheme: NameScheme,
) -> Result<GroupKey, GroupKeyError> {
    let job = if job_is_base64 {
        decode_base64(job)
            .map_err(|(decoded, source)| GroupKeyError::JobEncoding { decoded, source })?
    } else {
        job.to_vec()
    };
    let mut labels = split_labels(tail, scheme)?;
    if job.is_empty() {
        return Err(GroupKeyError::MissingJob);
    }
    labels.insert(b"job".to_vec(), job);
    Ok(GroupKey::new(
        labels.iter().map(|(name, value)| (&**name, &**value)),
    ))
}

fn split_labels(
    tail: &[u8],
    scheme: NameScheme,
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, GroupKeyError> {
    let mut labels = BTreeMap::new();
    if tail.len() <= 1 {
        return Ok(labels);
    }
    let components: Vec<_> = tail[1..].split(|byte| *byte == b'/').collect();
    if components.len() % 2 != 0 {
        return Err(GroupKeyError::OddComponents {
            tail: tail.to_vec(),
        });
    }
    for pair in components.chunks(2) {
        let (name, value) = (pair[0], pair[1]);
        let (name, is_base64) = match name.strip_suffix(BASE64_SUFFIX.as_bytes()) {
            Some(name) => (name, true),
            None => (name, false),
        };
        let label = label_name(name, scheme).ok_or_else(|| GroupKeyError::LabelName {
            name: name.to_vec(),
        })?;
        let value = if is_base64 {
            let name = || String::from_utf8_lossy(name).into_owned();
            let wrong = |(_, source)| GroupKeyError::LabelEncoding {
                name: name(),
                value: value.to_vec(),
                source,
            };
            decode_base64(value).map_err(wrong)?
        } else {
            value.to_vec()
        };
        labels.insert(label, value);
    }
    Ok(labels)
}

/// Returns the label name that stands in a path, or `None` if it is none.
fn label_name(name: &[u8], scheme: NameScheme) -> Option<Vec<u8>> {
    let unescaped = match scheme {
        NameScheme::Legacy => Cow::Borrowed(name),
        NameScheme::Utf8 => unescape(name),
    };
    (scheme.is_label_name(&unescaped) && !name.starts_with(RESERVED_PREFIX))
        .then(|| unescaped.into_owned())
}

/// Decodes URL-safe base64 as Go does with the padding taken off: line ends are passed over, unused bits may be anything.
///
/// # Errors
/// What was decoded before the fault, and where it is.
///
/// Source: Go encoding/base64 `RawURLEncoding.DecodeString`; pushgateway handler/push.go `decodeBase64`.
fn decode_base64(text: &[u8]) -> Result<Vec<u8>, (Vec<u8>, Base64Error)> {
    let unpadded = text.len() - text.iter().rev().take_while(|byte| **byte == b'=').count();
    let mut decoded = Vec::with_capacity(unpadded / 4 * 3 + 2);
    let (mut bits, mut digits, mut quantum_at) = (0u32, 0, 0);
    for (at, byte) in text[..unpadded].iter().enumerate() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            b'\r' | b'\n' => continue,
            _ => return Err((decoded, Base64Error(at))),
        };
        if digits == 0 {
            quantum_at = at;
        }
        bits = bits << 6 | u32::from(digit);
        digits += 1;
        if digits == 4 {
            decoded.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, digits) = (0, 0);
        }
    }
    // The digits left over, moved to where a whole quantum would have them: 2 hold one byte, 3 hold two.
    match digits {
        1 => return Err((decoded, Base64Error(quantum_at))),
        2 => decoded.extend_from_slice(&(bits << 12).to_be_bytes()[1..2]),
        3 => decoded.extend_from_slice(&(bits << 6).to_be_bytes()[1..3]),
        _ => {}
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests;
