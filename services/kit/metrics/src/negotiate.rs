//! Which format and which compression an answer gets, from the headers of the request. Writing them is left to the service.
//!
//! Upstream's parsers are lenient and odd (wildcards go last whatever their weight); clients have come to rely on what they pick.
//!
//! Source: prometheus/common v0.69.0 expfmt `Negotiate`; munnerz/goautoneg; client_golang v1.23.2 promhttp, internal gddo/httputil.

mod compression;

pub use self::compression::Compression;
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

#[cfg(test)]
mod tests;
