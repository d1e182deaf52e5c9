//! Families read from text 0.0.4. This file knows the grammar of a line; `labels` knows what stands in braces, `token` reads words,
//! `gather` puts samples together.
//!
//! The grammar is upstream's parser, with all it lets pass (`foo-1` is the sample `foo` of value -1), not the written format.
//! One thing is told apart here: braces without a metric name, which upstream adds to whatever metric came before, are refused.
//!
//! Source: prometheus/common v0.69.0 expfmt/text_parse.go.

mod gather;
mod labels;
mod token;

use std::borrow::Cow;

use self::{
    gather::{Gatherer, Role, Sample},
    labels::Labels,
    token::{Cursor, END, Name, Word},
};
use crate::{
    float::parse_float,
    model::{Family, MetricType},
    name::NameScheme,
    quote::quote_start,
};

/// Why a body is not metric text, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("text format parsing error in line {line}: {message}")] // upstream's text: clients read it
pub struct ParseError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: Cow<'static, str>,
}

/// What is wrong in a line, in upstream's words.
pub(crate) type Message = Cow<'static, str>;

/// Reads a body into families, in the order in which their names first appear. Families without a sample are left out.
///
/// # Errors
/// [`ParseError`] at the first line that breaks the format.
pub fn parse(body: &[u8], scheme: NameScheme) -> Result<Vec<Family>, ParseError> {
    let mut parser = Parser {
        cursor: Cursor::new(body),
        gatherer: Gatherer::new(scheme),
        labels: Labels::default(),
    };
    let mut line = 1;
    loop {
        match parser.line() {
            Ok(true) => line += 1,
            Ok(false) => return Ok(parser.gatherer.finish()),
            Err(message) => return Err(ParseError { line, message }),
        }
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    gatherer: Gatherer<'a>,
    labels: Labels<'a>,
}

/// The family of a sample, and what its name made of it.
type Place = (usize, Role);

impl<'a> Parser<'a> {
    /// Reads one line; `false` at the end of the body.
    fn line(&mut self) -> Result<bool, Message> {
        if self.cursor.skip_blanks().is_err() {
            return Ok(false);
        }
        match self.cursor.current()? {
            b'\n' => self.cursor.advance(),
            b'#' => self.comment()?,
            b'{' => self.sample(None)?,
            _ => {
                let name = self.cursor.name(Name::Metric)?;
                if name.is_empty() {
                    return Err("invalid metric name".into());
                }
                let place = self.sample_family(name)?;
                self.cursor.skip_blanks()?;
                self.sample(Some(place))?;
            }
        }
        Ok(true)
    }

    /// Reads a line that begins with `#`. What is not HELP or TYPE with a name and a text means nothing.
    fn comment(&mut self) -> Result<(), Message> {
        self.cursor.advance();
        self.cursor.skip_blanks()?;
        let keyword = self.cursor.until_blank()?;
        if !matches!(keyword, b"HELP" | b"TYPE") {
            return self.cursor.skip_line();
        }
        self.cursor.skip_blanks()?;
        if self.cursor.at_line_end()? {
            return self.cursor.skip_line();
        }
        let name = self.cursor.name(Name::Metric)?;
        if self.cursor.at_line_end()? {
            return self.cursor.skip_line();
        }
        if !self.cursor.at_blank()? {
            return Err("invalid metric name in comment".into());
        }
        let (family, _) = self.gatherer.locate(name)?;
        self.cursor.skip_blanks()?;
        if self.cursor.at_line_end()? {
            return self.cursor.skip_line();
        }
        if keyword == b"HELP" {
            self.help(family)?;
        } else {
            self.kind(family)?;
        }
        self.cursor.advance();
        Ok(())
    }

    fn help(&mut self, family: usize) -> Result<(), Message> {
        let family = self.gatherer.family(family);
        if family.help.is_some() {
            return Err(format!(
                "second HELP line for metric name {}",
                quote_start(family.name())
            )
            .into());
        }
        let text = self.cursor.help_text()?;
        family.help = Some(String::from_utf8_lossy(&text).into_owned().into_boxed_str());
        Ok(())
    }

    fn kind(&mut self, family: usize) -> Result<(), Message> {
        let family = self.gatherer.family(family);
        if family.kind.is_some() {
            let name = quote_start(family.name());
            return Err(format!(
                "second TYPE line for metric name {name}, or TYPE reported after samples"
            )
            .into());
        }
        let word = self.cursor.until_line_end()?;
        let kind = type_of_word(&word)
            .ok_or_else(|| format!("unknown metric type {}", quote_start(&word)))?;
        family.kind = Some(kind);
        Ok(())
    }

    /// Finds the family of a sample. One without TYPE line is untyped from its first sample on.
    fn sample_family(&mut self, name: Word<'a>) -> Result<Place, Message> {
        let place = self.gatherer.locate(name)?;
        self.gatherer
            .family(place.0)
            .kind
            .get_or_insert(MetricType::Untyped);
        Ok(place)
    }

    /// Reads a sample from behind its name, or from its opening brace when the name is yet to come.
    fn sample(&mut self, place: Option<Place>) -> Result<(), Message> {
        self.labels.clear();
        let (family, role) = match place {
            Some(place) if self.cursor.current()? != b'{' => place,
            place => self.label_set(place)?,
        };
        let token = self.cursor.until_blank()?;
        let value = parse_float(token)
            .ok_or_else(|| format!("expected float as value, got {}", quote_start(token)))?;
        let sample = Sample {
            role,
            value,
            special: self.labels.special,
        };
        self.gatherer.check(family, &sample)?;
        let timestamped = !self.cursor.at_line_end()?;
        if timestamped {
            self.timestamp()?;
        }
        self.cursor.advance();
        self.gatherer.family(family).timestamped |= timestamped;
        self.gatherer.add(family, &sample, &self.labels.pairs)
    }

    /// Reads a timestamp up to the end of its line. Its value is of no use: a push with timestamps is refused.
    fn timestamp(&mut self) -> Result<(), Message> {
        self.cursor.skip_blanks()?;
        let token = self.cursor.until_blank()?;
        if str::from_utf8(token)
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .is_none()
        {
            return Err(
                format!("expected integer as timestamp, got {}", quote_start(token)).into(),
            );
        }
        let rest = self.cursor.until_line_end()?;
        if !rest.is_empty() {
            return Err(format!("spurious string after timestamp: {}", quote_start(&rest)).into());
        }
        Ok(())
    }
}

/// Returns the type that a TYPE line names, in any case. The last word is OpenMetrics' spelling.
fn type_of_word(word: &[u8]) -> Option<MetricType> {
    let word = str::from_utf8(word).ok().filter(|word| word.len() < 64)?;
    Some(match upper_case(word).as_str() {
        "COUNTER" => MetricType::Counter,
        "GAUGE" => MetricType::Gauge,
        "SUMMARY" => MetricType::Summary,
        "UNTYPED" => MetricType::Untyped,
        "HISTOGRAM" => MetricType::Histogram,
        "GAUGE_HISTOGRAM" | "GAUGEHISTOGRAM" => MetricType::GaugeHistogram,
        _ => return None,
    })
}

/// Go's `strings.ToUpper` maps one character to one: `ſ` becomes `S` there too, `ß` stays.
fn upper_case(word: &str) -> String {
    let upper = |character: char| {
        let mut mapped = character.to_uppercase();
        mapped
            .next()
            .filter(|_| mapped.next().is_none())
            .unwrap_or(character)
    };
    word.chars().map(upper).collect()
}

impl From<token::End> for Message {
    fn from(_: token::End) -> Self {
        Cow::Borrowed(END)
    }
}

#[cfg(test)]
mod tests;
