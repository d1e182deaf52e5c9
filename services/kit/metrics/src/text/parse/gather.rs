//! Samples put together into families: which family a name belongs to, and which samples of a summary or histogram are one metric.
//!
//! Source: prometheus/common v0.69.0 expfmt/text_parse.go `setOrCreateCurrentMF`, `readingValue`, `normalizeHistogram`.

mod folded;

use std::collections::HashMap;

use self::folded::Folded;
use super::{Message, token::Word};
use crate::{
    FAMILIES_MAX,
    model::{Counter, Family, Label, MetricType, Value},
    name::NameScheme,
    packed::MetricsBuilder,
    quote::{quote, quote_start},
};

/// What the name of a sample says it is within its family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// The name is the family's own, or `_bucket`.
    Plain,
    /// `_sum` of a summary or histogram.
    Sum,
    /// `_count` of a summary or histogram.
    Count,
}

/// One line with a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) role: Role,
    pub(super) value: f64,
    /// The number in `quantile` or `le`.
    pub(super) special: Option<f64>,
}

/// A family while its lines are read.
pub(super) struct OpenFamily<'a> {
    name: Word<'a>,
    pub(super) help: Option<Box<str>>,
    pub(super) kind: Option<MetricType>,
    pub(super) timestamped: bool,
    metrics: Gathered,
}

enum Gathered {
    Simple(MetricsBuilder),
    Folded(Box<Folded>),
}

/// All families of a body.
pub(super) struct Gatherer<'a> {
    scheme: NameScheme,
    families: Vec<OpenFamily<'a>>,
    places: HashMap<Word<'a>, usize>,
    /// The family met last, of which the next line most likely is.
    last: Option<usize>,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(scheme: NameScheme) -> Self {
        Self {
            scheme,
            families: Vec::new(),
            places: HashMap::new(),
            last: None,
        }
    }

    pub(super) const fn scheme(&self) -> NameScheme {
        self.scheme
    }

    pub(super) fn family(&mut self, family: usize) -> &mut OpenFamily<'a> {
        &mut self.families[family]
    }

    /// Returns the name of the family met last, quoted; upstream shows it also where the line is of another one.
    pub(super) fn last_name(&self) -> String {
        self.last
            .map_or_else(|| quote(b""), |last| quote_start(&self.families[last].name))
    }

    /// Returns the label that is a number in this family instead of a label.
    pub(super) fn special_label(&self, family: usize) -> Option<&'static [u8]> {
        match self.families[family].kind {
            Some(MetricType::Summary) => Some(b"quantile"),
            Some(MetricType::Histogram | MetricType::GaugeHistogram) => Some(b"le"),
            _ => None,
        }
    }

    /// Finds the family of a name, making one for a name that is new. `x_sum`, `x_count` and `x_bucket` belong to a summary or
    /// histogram `x` that was announced, unless a family has just that name.
    pub(super) fn locate(&mut self, name: Word<'a>) -> Result<(usize, Role), Message> {
        if let Some(last) = self.last.filter(|last| self.families[*last].name == name) {
            return Ok((last, Role::Plain));
        }
        if !self.scheme.is_metric_name(&name) {
            return Err(format!("invalid metric name {}", quote_start(&name)).into());
        }
        let place = match self.places.get(&name) {
            Some(found) => (*found, Role::Plain),
            None => match self.locate_base(&name) {
                Some(place) => place,
                None => (self.create(name)?, Role::Plain),
            },
        };
        self.last = Some(place.0);
        Ok(place)
    }

    fn locate_base(&self, name: &[u8]) -> Option<(usize, Role)> {
        const SUFFIXES: [(&[u8], Role); 3] = [
            (b"_count", Role::Count),
            (b"_sum", Role::Sum),
            (b"_bucket", Role::Plain),
        ];
        let (base, role) = SUFFIXES
            .into_iter()
            .find_map(|(suffix, role)| Some((name.strip_suffix(suffix)?, role)))?;
        let family = *self.places.get(base)?;
        let belongs = match self.families[family].kind {
            Some(MetricType::Summary) => role != Role::Plain,
            Some(MetricType::Histogram | MetricType::GaugeHistogram) => true,
            _ => false,
        };
        belongs.then_some((family, role))
    }

    fn create(&mut self, name: Word<'a>) -> Result<usize, Message> {
        let place = self.families.len();
        if place == FAMILIES_MAX {
            return Err(format!("more than {FAMILIES_MAX} metric names").into());
        }
        self.places.insert(name.clone(), place);
        let metrics = Gathered::Simple(MetricsBuilder::default());
        self.families.push(OpenFamily {
            name,
            help: None,
            kind: None,
            timestamped: false,
            metrics,
        });
        Ok(place)
    }

    /// Refuses counts that a histogram cannot have.
    pub(super) fn check(&self, family: usize, sample: &Sample) -> Result<(), Message> {
        let family = &self.families[family];
        let is_histogram = matches!(
            family.kind,
            Some(MetricType::Histogram | MetricType::GaugeHistogram)
        );
        if !is_histogram || sample.value >= 0.0 || sample.value.is_nan() {
            return Ok(());
        }
        let what = match (sample.role, sample.special) {
            (Role::Count, _) => "count",
            (Role::Plain, Some(bound)) if !bound.is_nan() => "bucket population",
            _ => return Ok(()),
        };
        Err(format!(
            "negative {what} for histogram {}",
            quote_start(&family.name)
        )
        .into())
    }

    /// Adds a sample with its labels to a family.
    pub(super) fn add(
        &mut self,
        family: usize,
        sample: &Sample,
        labels: &[(Word<'_>, Word<'_>)],
    ) -> Result<(), Message> {
        const FEW: usize = 16;
        let family = &mut self.families[family];
        if labels.len() > FEW {
            let mut labels: Vec<_> = labels
                .iter()
                .map(|(name, value)| Label { name, value })
                .collect();
            return family.add(sample, &mut labels);
        }
        let mut few = [Label {
            name: b"",
            value: b"",
        }; FEW];
        for (place, (name, value)) in few.iter_mut().zip(labels) {
            *place = Label { name, value };
        }
        family.add(sample, &mut few[..labels.len()])
    }

    /// Closes the families that have a sample.
    pub(super) fn finish(self) -> Vec<Family> {
        drop(self.places);
        self.families
            .into_iter()
            .filter_map(OpenFamily::finish)
            .collect()
    }
}

impl OpenFamily<'_> {
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    fn add(&mut self, sample: &Sample, labels: &mut [Label<'_>]) -> Result<(), Message> {
        let value = match self.kind {
            Some(MetricType::Counter) => Value::Counter(Counter {
                value: sample.value,
                ..Counter::default()
            }),
            Some(MetricType::Gauge) => Value::Gauge(sample.value),
            Some(MetricType::Summary) => return self.fold(Folded::summaries, sample, labels),
            Some(MetricType::Histogram | MetricType::GaugeHistogram) => {
                return self.fold(Folded::histograms, sample, labels);
            }
            _ => Value::Untyped(sample.value),
        };
        let Gathered::Simple(builder) = &mut self.metrics else {
            unreachable!("the type of a family with samples does not change")
        };
        builder
            .push(labels, &value)
            .map_err(|error| error.to_string().into())
    }

    fn fold(
        &mut self,
        start: fn() -> Folded,
        sample: &Sample,
        labels: &mut [Label<'_>],
    ) -> Result<(), Message> {
        if let Gathered::Simple(_) = self.metrics {
            self.metrics = Gathered::Folded(Box::new(start()));
        }
        if let Gathered::Folded(folded) = &mut self.metrics {
            folded.add(sample, labels);
        }
        Ok(())
    }

    fn finish(self) -> Option<Family> {
        let metrics = match self.metrics {
            Gathered::Simple(builder) => builder.finish(),
            // What outgrows 4 GiB packed was larger as text.
            Gathered::Folded(folded) => folded.finish(),
        };
        (!metrics.is_empty()).then(|| Family {
            name: self.name.into(),
            help: self.help,
            kind: self.kind.unwrap_or(MetricType::Untyped),
            unit: None,
            metrics,
            timestamped: self.timestamped,
        })
    }
}
