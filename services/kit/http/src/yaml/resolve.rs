//! What a scalar means, by Go's rules for YAML 1.1.
//!
//! Source: go.yaml.in/yaml/v2 resolve.go.

use super::{Kind, Node};

/// The meaning of a value as far as a configuration needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved<'a> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number of at most 64 bits.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(&'a str),
    /// Values in order.
    Sequence,
    /// Keys with values.
    Mapping,
}

impl Node {
    /// Returns the meaning of the value.
    #[must_use]
    pub fn resolve(&self) -> Resolved<'_> {
        match &self.kind {
            Kind::Sequence(_) => Resolved::Sequence,
            Kind::Mapping(_) => Resolved::Mapping,
            Kind::Scalar { text, tag, .. } if tag.as_deref() == Some("!!str") => {
                Resolved::Text(text)
            }
            Kind::Scalar {
                text,
                is_plain: false,
                tag: None,
            } => Resolved::Text(text),
            Kind::Scalar { text, .. } => plain(text),
        }
    }

    /// Names the value as Go's errors do: "!!str `hello`", "!!seq".
    #[must_use]
    pub fn shown(&self) -> String {
        let (text, explicit) = match &self.kind {
            Kind::Sequence(_) => return "!!seq".to_owned(),
            Kind::Mapping(_) => return "!!map".to_owned(),
            Kind::Scalar { text, tag, .. } => (text, tag),
        };
        let tag = explicit.as_deref().unwrap_or_else(|| match self.resolve() {
            Resolved::Bool(_) => "!!bool",
            Resolved::Integer(_) => "!!int",
            Resolved::Float(_) => "!!float",
            Resolved::Null => "!!null",
            _ => "!!str",
        });
        if text.len() > 10 {
            // Go cuts bytes; a cut character is shown as what is left of it.
            let cut = String::from_utf8_lossy(&text.as_bytes()[..7]);
            format!("{tag} `{cut}...`")
        } else {
            format!("{tag} `{text}`")
        }
    }
}

fn plain(text: &str) -> Resolved<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Resolved::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if !text.starts_with(['+', '-', '.']) && !text.starts_with(|it: char| it.is_ascii_digit()) {
        return Resolved::Text(text);
    }
    let digits = text.replace('_', "");
    if let Some(integer) = integer(&digits) {
        Resolved::Integer(integer)
    } else if is_float(&digits) {
        digits.parse().map_or(Resolved::Text(text), Resolved::Float)
    } else {
        Resolved::Text(text)
    }
}

/// Reads an integer with Go's prefixes, as far as 64 bits go.
fn integer(digits: &str) -> Option<i128> {
    let (sign, magnitude) = match digits.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (radix, magnitude) = match magnitude.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &magnitude[2..]),
        [b'0', b'b' | b'B', ..] => (2, &magnitude[2..]),
        [b'0', b'o' | b'O', ..] => (8, &magnitude[2..]),
        [b'0', _, ..] => (8, &magnitude[1..]),
        _ => (10, magnitude),
    };
    if magnitude.starts_with(['+', '-']) {
        return None;
    }
    let value = sign * i128::from(u64::from_str_radix(magnitude, radix).ok()?);
    (value >= i128::from(i64::MIN)).then_some(value)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    mantissa_fits
        && exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && all_digits(digits)
        })
}
