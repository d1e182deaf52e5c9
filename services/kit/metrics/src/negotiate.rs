//! Which format and which compression an answer gets, from the headers of the request. Writing them is left to the service.
//!
//! Upstream's parsers are lenient and odd (wildcards go last whatever their weight); clients have come to rely on what they pick.
//!
//! Source: prometheus/common v0.69.0 expfmt `Negotiate`; munnerz/goautoneg; client_golang v1.23.2 promhttp, internal gddo/httputil.

use crate::escape::EscapingScheme;

/// How many clauses of an `Accept` header are looked at. Real ones have less than ten. Ours, upstream has no bound.
const CLAUSES_MAX: usize = 100;

const PROTOBUF: (&str, &str) = ("application", "vnd.google.protobuf");
const PROTOBUF_MESSAGE: &str = "io.prometheus.client.MetricFamily";
const TEXT_VERSION: &str = "0.0.4";

/// The format of an exposition.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Format {
    /// Text 0.0.4.
    #[default]
    Text,
    /// Protobuf messages, each with its length in front.
    ProtobufDelimited,
    /// Protobuf text, indented.
    ProtobufText,
    /// Protobuf text, a family on a line.
    ProtobufCompactText,
}

/// A format together with how names are escaped in it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Exposition {
    /// The format.
    pub format: Format,
    /// How names that are not classic are shown.
    pub escaping: EscapingScheme,
}

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Compression {
    /// Not at all.
    #[default]
    Identity,
    /// gzip.
    Gzip,
}

impl Exposition {
    /// Returns what an `Accept` header asks for; text with underscores if it asks for nothing that there is.
    ///
    /// An `escaping` parameter counts in every clause up to the one that matches, and stays in force for the later ones.
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        let mut escaping = EscapingScheme::default();
        for clause in clauses(accept.unwrap_or_default()) {
            escaping = clause
                .parameter("escaping")
                .and_then(EscapingScheme::from_name)
                .unwrap_or(escaping);
            if let Some(format) = clause.format() {
                return Self { format, escaping };
            }
        }
        Self {
            format: Format::Text,
            escaping,
        }
    }

    /// Returns the `Content-Type` of an answer in this format.
    #[must_use]
    pub fn content_type(self) -> String {
        let encoding = match self.format {
            Format::Text => {
                return format!(
                    "text/plain; version={TEXT_VERSION}; charset=utf-8; escaping={}",
                    self.escaping.name()
                );
            }
            Format::ProtobufDelimited => "delimited",
            Format::ProtobufText => "text",
            Format::ProtobufCompactText => "compact-text",
        };
        let ((class, name), escaping) = (PROTOBUF, self.escaping.name());
        format!(
            "{class}/{name}; proto={PROTOBUF_MESSAGE}; encoding={encoding}; escaping={escaping}"
        )
    }
}

/// One media range of an `Accept` header.
#[derive(Debug)]
struct Clause<'a> {
    class: &'a str,
    name: &'a str,
    weight: f32,
    parameters: &'a str,
}

/// Returns the clauses in the order in which upstream looks at them.
fn clauses(header: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<_> = header
        .split(',')
        .filter_map(Clause::parse)
        .take(CLAUSES_MAX)
        .collect();
    // The order is not a total one, so the outcome depends on the algorithm: this is the one Go uses for a dozen elements.
    for end in 1..clauses.len() {
        for index in (1..=end).rev() {
            if !clauses[index].goes_before(&clauses[index - 1]) {
                break;
            }
            clauses.swap(index, index - 1);
        }
    }
    clauses
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = trim(text);
        let (range, parameters) = text.split_once(';').unwrap_or((text, ""));
        let (class, name) = range.split_once('/').unwrap_or((range, ""));
        let (class, name) = match (trim(class), name) {
            ("*", "") => ("*", "*"),
            (_, "") => return None,
            (class, name) => (class, trim(name.strip_suffix('/').unwrap_or(name))),
        };
        if name.contains('/') {
            return None;
        }
        let mut clause = Self {
            class,
            name,
            weight: 1.0,
            parameters,
        };
        // The weight is taken as it stands, with no blanks around; what cannot be read weighs nothing.
        if let Some(weight) = clause.raw_parameter("q") {
            clause.weight = weight.parse().unwrap_or_default();
        }
        Some(clause)
    }

    fn goes_before(&self, other: &Self) -> bool {
        self.weight > other.weight
            || self.class != "*" && other.class == "*"
            || self.name != "*" && other.name == "*"
    }

    fn format(&self) -> Option<Format> {
        match (self.class, self.name) {
            PROTOBUF if self.parameter("proto") == Some(PROTOBUF_MESSAGE) => {
                match self.parameter("encoding")? {
                    "delimited" => Some(Format::ProtobufDelimited),
                    "text" => Some(Format::ProtobufText),
                    "compact-text" => Some(Format::ProtobufCompactText),
                    _ => None,
                }
            }
            ("text", "plain") => {
                let version = self.parameter("version").unwrap_or_default();
                (version.is_empty() || version == TEXT_VERSION).then_some(Format::Text)
            }
            _ => None,
        }
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.raw_parameter(name).map(trim)
    }

    /// Returns the last parameter of this name; one with a second `=` is none.
    fn raw_parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .map(|(found, value)| (trim(found), value.strip_suffix('=').unwrap_or(value)))
            .rfind(|(found, value)| *found == name && !value.is_empty() && !value.contains('='))
            .map(|(_, value)| value)
    }
}

/// Only spaces are blank here, as upstream has it.
fn trim(text: &str) -> &str {
    text.trim_matches(' ')
}

impl Compression {
    /// Returns what the `Accept-Encoding` headers of a request ask for. Of two that weigh the same, none at all wins.
    #[must_use]
    pub fn negotiate<'a>(accept_encoding: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut identity, mut gzip) = (-1.0_f64, -1.0_f64);
        for header in accept_encoding {
            for (coding, weight) in (Codings { rest: header }) {
                if matches!(coding, "identity" | "*") {
                    identity = identity.max(weight);
                }
                if matches!(coding, "gzip" | "*") {
                    gzip = gzip.max(weight);
                }
            }
        }
        if gzip > identity && gzip > 0.0 {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// Returns the `Content-Encoding` of the answer, if it has one.
    #[must_use]
    pub const fn content_encoding(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
        }
    }
}

/// The codings of an `Accept-Encoding` header with their weights, up to the first that is malformed.
struct Codings<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Codings<'a> {
    type Item = (&'a str, f64);

    fn next(&mut self) -> Option<(&'a str, f64)> {
        let is_coding =
            |byte: u8| byte.is_ascii_graphic() && !b"\"(),:;<=>?@[]\\{}".contains(&byte);
        let rest = std::mem::take(&mut self.rest);
        let end = rest
            .bytes()
            .position(|byte| !is_coding(byte))
            .unwrap_or(rest.len());
        let (coding, rest) = rest.split_at(end);
        if coding.is_empty() {
            return None;
        }
        let mut rest = skip_blanks(rest);
        let mut weight = 1.0;
        if let Some(parameter) = rest.strip_prefix(';') {
            (weight, rest) = take_weight(skip_blanks(parameter).strip_prefix("q=")?)?;
        }
        self.rest = skip_blanks(rest)
            .strip_prefix(',')
            .map(skip_blanks)
            .unwrap_or_default();
        Some((coding, weight))
    }
}

/// Takes a weight such as `0.5`; nothing but 0 and 1 may stand before the point.
fn take_weight(text: &str) -> Option<(f64, &str)> {
    let (whole, rest) = match text.as_bytes().first()? {
        b'0' => (0.0, &text[1..]),
        b'1' => (1.0, &text[1..]),
        _ => return None,
    };
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some((whole, rest));
    };
    let end = fraction
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(fraction.len());
    let (digits, rest) = fraction.split_at(end);
    let fraction = if digits.is_empty() {
        0.0
    } else {
        format!("0.{digits}").parse().unwrap_or_default()
    };
    Some((whole + fraction, rest))
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests;
