//! Which names are allowed: the classic characters only, or any UTF-8. Turning other names into allowed ones is `escape`.
//!
//! Source: prometheus/common v0.69.0 model/metric.go `ValidationScheme`.

/// Which metric and label names pass.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NameScheme {
    /// Letters, digits, `_`, and in metric names `:`; no digit in front.
    #[default]
    Legacy,
    /// Anything that is UTF-8 and not empty.
    Utf8,
}

impl NameScheme {
    /// Tells whether this may be the name of a metric.
    #[must_use]
    pub fn is_metric_name(self, name: &[u8]) -> bool {
        match self {
            Self::Legacy => is_legacy_metric_name(name),
            Self::Utf8 => !name.is_empty() && str::from_utf8(name).is_ok(),
        }
    }

    /// Tells whether this may be the name of a label.
    #[must_use]
    pub fn is_label_name(self, name: &[u8]) -> bool {
        match self {
            Self::Legacy => is_legacy_metric_name(name) && !name.contains(&b':'),
            Self::Utf8 => !name.is_empty() && str::from_utf8(name).is_ok(),
        }
    }
}

/// Tells whether a name needs neither quotes nor escapes in any format.
#[must_use]
pub fn is_legacy_metric_name(name: &[u8]) -> bool {
    name.first().is_some_and(|first| !first.is_ascii_digit())
        && name.iter().copied().all(is_legacy_byte)
}

/// Tells whether a byte may stand in a classic metric name, leaving aside that digits may not begin one.
pub(crate) const fn is_legacy_byte(byte: u8) -> bool {
    LEGACY[byte as usize]
}

const LEGACY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
        byte += 1;
    }
    table
};
