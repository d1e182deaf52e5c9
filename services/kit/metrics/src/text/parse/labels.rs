//! What stands in braces: labels, and a metric name that is quoted and so stands among them.
//!
//! Source: prometheus/common v0.69.0 expfmt/text_parse.go `readingLabels`, `startLabelName`, `startLabelValue`.

use std::collections::HashSet;

use super::{
    Message, Parser, Place,
    token::{Name, Word},
};
use crate::{
    float::parse_float,
    quote::{quote_byte, quote_start},
};

/// The labels of the sample being read.
#[derive(Default)]
pub(super) struct Labels<'a> {
    pub(super) pairs: Vec<(Word<'a>, Word<'a>)>,
    /// Their names once more, when there are too many to look through.
    names: HashSet<Word<'a>>,
    /// The number in `quantile` or `le`, which is no label of a summary or histogram.
    pub(super) special: Option<f64>,
}

impl<'a> Parser<'a> {
    /// Reads what stands in braces, and the blanks behind them.
    pub(super) fn label_set(&mut self, mut place: Option<Place>) -> Result<Place, Message> {
        let name_inside = place.is_none();
        loop {
            self.cursor.advance(); // over the brace or the comma
            self.cursor.skip_blanks()?;
            if self.cursor.current()? == b'}' {
                break;
            }
            let name = self.cursor.name(Name::Label)?;
            if name.is_empty() {
                return Err(format!(
                    "invalid label name for metric {}",
                    self.gatherer.last_name()
                )
                .into());
            }
            self.cursor.skip_blanks()?;
            if self.cursor.current()? == b'=' {
                self.label(name, place)?;
            } else {
                self.name_among_labels(name, name_inside, &mut place)?;
            }
            if self.cursor.current()? == b'}' {
                break;
            }
        }
        let place = place.ok_or("invalid metric name")?;
        self.cursor.advance();
        self.cursor.skip_blanks()?;
        Ok(place)
    }

    /// Takes a word without a value as the metric name, if that may stand here.
    fn name_among_labels(
        &mut self,
        name: Word<'a>,
        name_inside: bool,
        place: &mut Option<Place>,
    ) -> Result<(), Message> {
        let next = self.cursor.current()?;
        if !name_inside {
            return Err(
                format!("expected '=' after label name, found {}", quote_byte(next)).into(),
            );
        }
        if place.is_some() {
            return Err(format!(
                "multiple metric names for metric {}",
                self.gatherer.last_name()
            )
            .into());
        }
        if !matches!(next, b',' | b'}') {
            return Err(format!("unexpected end of metric name {}", quote_byte(next)).into());
        }
        let found = self.sample_family(name)?;
        *place = Some(found);
        // A label that came before the name could not be known as `quantile` or `le`.
        if let Some(special) = self.gatherer.special_label(found.0)
            && let Some(index) = self
                .labels
                .pairs
                .iter()
                .position(|(name, _)| **name == *special)
        {
            let (_, value) = self.labels.pairs.remove(index);
            self.labels.special = Some(special_number(special, &value)?);
        }
        Ok(())
    }

    /// Reads a label from its `=` to the comma or brace behind it.
    fn label(&mut self, name: Word<'a>, place: Option<Place>) -> Result<(), Message> {
        if *name == *b"__name__" {
            return Err("label name \"__name__\" is reserved".into());
        }
        if !self.gatherer.scheme().is_label_name(&name) {
            return Err(format!("invalid label name {}", quote_start(&name)).into());
        }
        let special = place
            .and_then(|(family, _)| self.gatherer.special_label(family))
            .filter(|special| *name == **special);
        if special.is_none() && self.labels.has(&name) {
            return Err(format!(
                "duplicate label names for metric {}",
                self.gatherer.last_name()
            )
            .into());
        }
        self.cursor.advance();
        self.cursor.skip_blanks()?;
        let opening = self.cursor.current()?;
        if opening != b'"' {
            return Err(format!(
                "expected '\"' at start of label value, found {}",
                quote_byte(opening)
            )
            .into());
        }
        let value = self.cursor.label_value()?;
        if str::from_utf8(&value).is_err() {
            return Err(format!("invalid label value {}", quote_start(&value)).into());
        }
        if let Some(special) = special {
            self.labels.special = Some(special_number(special, &value)?);
        }
        self.cursor.skip_blanks()?;
        if !matches!(self.cursor.current()?, b',' | b'}') {
            return Err(format!("unexpected end of label value {}", quote_start(&value)).into());
        }
        if special.is_none() {
            self.labels.pairs.push((name, value));
        }
        Ok(())
    }
}

impl<'a> Labels<'a> {
    pub(super) fn clear(&mut self) {
        self.pairs.clear();
        self.names.clear();
        self.special = None;
    }

    /// Tells whether a label of this name was read before.
    fn has(&mut self, name: &Word<'a>) -> bool {
        const FEW: usize = 32;
        if self.pairs.len() < FEW {
            return self.pairs.iter().any(|(known, _)| known == name);
        }
        if self.names.is_empty() {
            self.names
                .extend(self.pairs.iter().map(|(known, _)| known.clone()));
        }
        !self.names.insert(name.clone())
    }
}

fn special_number(label: &'static [u8], value: &[u8]) -> Result<f64, Message> {
    let label = if label == b"le" { "le" } else { "quantile" };
    parse_float(value).ok_or_else(|| {
        format!(
            "expected float as value for '{label}' label, got {}",
            quote_start(value)
        )
        .into()
    })
}
