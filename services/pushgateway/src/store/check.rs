//! The consistency check: whether a change leaves a store that can be exposed.
//!
//! Upstream gathers the whole store for every push. Here a push answers for its own families only, against the index of names
//! and the ordered series of each name, so its cost does not depend on what else is stored; the verdicts are the same.
//!
//! Source: client_golang v1.23.2 prometheus/registry.go (`Gatherers.Gather`, `checkMetricConsistency`, `checkSuffixCollisions`).

use std::{fmt, sync::Arc};

use kit_metrics::{
    model::{MetricType, Value},
    proto,
    quote::quote,
};

use super::{
    group::GroupFamily,
    names::NameIndex,
    series::{Series, order_labels, sort_edits},
    state::State,
    tree::Edit,
};
use crate::reserved;

/// Most errors that one refusal spells out; a push of a hundred thousand bad series does not get a message of megabytes.
const LISTED_MAX: usize = 100;

/// Everything that keeps a change, or a store, from being exposed.
#[derive(Debug, Default)]
pub(crate) struct Inconsistencies {
    listed: Vec<Inconsistency>,
    count: usize,
}

/// One reason why families cannot be exposed together. The texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Inconsistency {
    #[error("collected metric {} is not a {}", .metric, .kind.name())]
    WrongKind {
        metric: MetricText,
        kind: MetricType,
    },
    #[error("collected metric {metric} has two or more labels with the same name: {label}")]
    RepeatedLabel { metric: MetricText, label: String },
    #[error("collected metric {metric} has a label with an invalid name: {label}")]
    LabelName { metric: MetricText, label: String },
    #[error("collected metric {metric} must not have an explicit \"quantile\" label")]
    ExplicitQuantile { metric: MetricText },
    #[error("collected metric {metric} has a label named {} whose value is not utf8: {}", quote(.label.as_bytes()), quote(.value))]
    LabelValue {
        metric: MetricText,
        label: String,
        value: Vec<u8>,
    },
    #[error("collected metric {metric} was collected before with the same name and label values")]
    Duplicate { metric: MetricText },
    #[error("collected metric named {} collides with previously collected {} named {}", quote(.name.as_bytes()), .kind.name().to_lowercase(), quote(.with.as_bytes()))]
    CollidesWithKind {
        name: String,
        kind: MetricType,
        with: String,
    },
    #[error("collected {} named {} collides with previously collected metric named {}", if .with.ends_with("_bucket") { "histogram" } else { "histogram or summary" }, quote(.name.as_bytes()), quote(.with.as_bytes()))]
    CollidesWithSuffix { name: String, with: String },
    #[error("gathered metric family {name} has type {} but should have {}", .kind.name(), .own.name())]
    ReservedKind {
        name: String,
        kind: MetricType,
        own: MetricType,
    },
    #[error("gathered metric family {name} has help {} but should have {}", quote(.help.as_bytes()), quote(.own.as_bytes()))]
    ReservedHelp {
        name: String,
        help: String,
        own: &'static str,
    },
    // The three below are ours (deviation D8): upstream takes such families and then cannot expose anything.
    #[error("metric family without a name")]
    NoName,
    #[error("metric family name {} is not utf8", quote(.name))]
    NameNotUtf8 { name: Vec<u8> },
    #[error("metric family {name} has unknown type {}", .kind.name())]
    UnknownKind { name: String, kind: MetricType },
}

/// A metric as error texts show it: the quoted name, then the protobuf text in braces.
#[derive(Debug)]
pub(crate) struct MetricText(String);

impl fmt::Display for MetricText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Inconsistencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ([only], 1) = (&*self.listed, self.count) {
            return write!(f, "{only}");
        }
        write!(f, "{} error(s) occurred:", self.count)?;
        for error in &self.listed {
            write!(f, "\n* {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Inconsistencies {}

impl From<Inconsistency> for Inconsistencies {
    fn from(error: Inconsistency) -> Self {
        Self {
            listed: vec![error],
            count: 1,
        }
    }
}

impl Inconsistencies {
    fn add(&mut self, error: impl FnOnce() -> Inconsistency) {
        self.count += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push(error());
        }
    }

    fn into_result(self) -> Result<(), Self> {
        if self.count == 0 { Ok(()) } else { Err(self) }
    }
}

/// Tells whether the store can be exposed after `removed` left it and `added` entered it. All are of one group; both are
/// sorted by name.
///
/// # Errors
/// Everything that speaks against it.
pub(crate) fn check_change(
    state: &State,
    removed: &[Arc<GroupFamily>],
    added: &[Arc<GroupFamily>],
) -> Result<(), Inconsistencies> {
    let mut found = Inconsistencies::default();
    for (position, family) in added.iter().enumerate() {
        let old = by_name(removed, &family.name);
        let others = state.name(&family.name).and_then(|index| {
            index
                .kind_without(old.map(|old| &**old))
                .map(|kind| Others {
                    index,
                    kind,
                    removed: old,
                })
        });
        let kind_of = |name: &str| {
            let earlier = by_name(&added[..position], name).map(|family| family.kind);
            earlier.or_else(|| stored_kind(state, removed, name))
        };
        if check_name(family, &kind_of, &mut found) {
            check_series(family, others.as_ref(), &mut found);
        }
    }
    found.into_result()
}

fn by_name<'a>(families: &'a [Arc<GroupFamily>], name: &str) -> Option<&'a Arc<GroupFamily>> {
    families
        .binary_search_by(|family| (*family.name).cmp(name))
        .ok()
        .map(|at| &families[at])
}

/// Tells whether the whole store can be exposed, at the cost of looking at every series.
///
/// # Errors
/// Everything that speaks against it.
pub(crate) fn check_all(state: &State) -> Result<(), Inconsistencies> {
    let mut found = Inconsistencies::default();
    for index in state.names.iter() {
        let Some(first) = index.series.iter().next() else {
            continue;
        };
        if !check_name(
            &first.family,
            &|name| stored_kind(state, &[], name),
            &mut found,
        ) {
            continue;
        }
        let mut before: Option<&Series> = None;
        for series in index.series.iter() {
            check_metric(series, index.kind(), &mut found);
            if before.is_some_and(|before| before.same_labels(series)) {
                found.add(|| Inconsistency::Duplicate {
                    metric: metric_text(series),
                });
            }
            before = Some(series);
        }
    }
    found.into_result()
}

/// What other groups hold under the name of a pushed family.
struct Others<'a> {
    index: &'a NameIndex,
    kind: MetricType,
    /// The family of the pushing group that the push replaces; it does not count.
    removed: Option<&'a Arc<GroupFamily>>,
}

/// Returns the type under which a name is known once `removed` is gone: that of our own metrics, or of any group.
fn stored_kind(state: &State, removed: &[Arc<GroupFamily>], name: &str) -> Option<MetricType> {
    let gone = by_name(removed, name).map(|family| &**family);
    let own = reserved::find(name).map(|own| own.kind);
    own.or_else(|| state.name(name).and_then(|index| index.kind_without(gone)))
}

/// Checks what concerns the family as a whole. False ends the check of this family, as upstream does.
fn check_name(
    family: &GroupFamily,
    kind_of: &dyn Fn(&str) -> Option<MetricType>,
    found: &mut Inconsistencies,
) -> bool {
    let (name, kind) = (&*family.name, family.kind);
    let before = found.count;
    if matches!(kind, MetricType::Unknown(_)) {
        found.add(|| Inconsistency::UnknownKind {
            name: name.to_owned(),
            kind,
        });
    }
    if let Some(own) = reserved::find(name) {
        let help = family.help.as_deref().unwrap_or_default();
        if !own.replaces_help && help != own.help {
            found.add(|| Inconsistency::ReservedHelp {
                name: name.to_owned(),
                help: help.to_owned(),
                own: own.help,
            });
        } else if kind != own.kind {
            found.add(|| Inconsistency::ReservedKind {
                name: name.to_owned(),
                kind,
                own: own.kind,
            });
        }
    }
    if let Some(collision) = suffix_collision(name, kind, kind_of) {
        found.add(|| collision);
    }
    found.count == before
}

/// Finds a summary or histogram whose `_count`, `_sum` or `_bucket` is also a metric of its own.
fn suffix_collision(
    name: &str,
    kind: MetricType,
    kind_of: &dyn Fn(&str) -> Option<MetricType>,
) -> Option<Inconsistency> {
    let stem = ["_count", "_sum", "_bucket"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix));
    if let Some(stem) = stem.filter(|stem| !stem.is_empty()) {
        let clashes = match kind_of(stem) {
            Some(MetricType::Summary) => !name.ends_with("_bucket"),
            // A gauge histogram is written as a histogram; upstream forgets it here, and then no reader can tell its lines apart.
            Some(MetricType::Histogram | MetricType::GaugeHistogram) => true,
            _ => false,
        };
        if clashes {
            let kind = kind_of(stem)?;
            return Some(Inconsistency::CollidesWithKind {
                name: name.to_owned(),
                kind,
                with: stem.to_owned(),
            });
        }
    }
    let suffixes: &[&str] = match kind {
        MetricType::Summary => &["_count", "_sum"],
        MetricType::Histogram | MetricType::GaugeHistogram => &["_count", "_sum", "_bucket"],
        _ => &[],
    };
    let with = suffixes
        .iter()
        .map(|suffix| format!("{name}{suffix}"))
        .find(|with| kind_of(with).is_some())?;
    Some(Inconsistency::CollidesWithSuffix {
        name: name.to_owned(),
        with,
    })
}

fn check_series(
    family: &Arc<GroupFamily>,
    others: Option<&Others<'_>>,
    found: &mut Inconsistencies,
) {
    let kind = others.map_or(family.kind, |others| others.kind);
    if kind != family.kind && family.metrics.is_empty() {
        // Upstream refuses this or not, as its maps happen to be ordered. Taken, the type of the name would depend on which
        // group goes first.
        found.add(|| Inconsistency::ReservedKind {
            name: family.name.to_string(),
            kind: family.kind,
            own: kind,
        });
    }
    for series in Series::of(family) {
        if kind == family.kind {
            check_metric(&series, kind, found);
        } else {
            found.add(|| Inconsistency::WrongKind {
                metric: metric_text(&series),
                kind,
            });
        }
    }
    let sorted = sort_edits(Series::of(family).map(Edit::Put).collect());
    let mut before: Option<&Series> = None;
    for series in sorted.iter().map(Edit::entry) {
        let repeated = before.is_some_and(|before| before.same_labels(series));
        if repeated || others.is_some_and(|others| others.hold(series)) {
            found.add(|| Inconsistency::Duplicate {
                metric: metric_text(series),
            });
        }
        before = Some(series);
    }
}

impl Others<'_> {
    /// Tells whether another group has a series of these labels.
    fn hold(&self, series: &Series) -> bool {
        let labels = series.labels();
        let stored = self
            .index
            .series
            .at_or_after(|stored| order_labels(&stored.labels(), &labels));
        stored.is_some_and(|stored| {
            let replaced = self
                .removed
                .is_some_and(|removed| Arc::ptr_eq(removed, &stored.family));
            !replaced && order_labels(&stored.labels(), &labels).is_eq()
        })
    }
}

fn check_metric(series: &Series, kind: MetricType, found: &mut Inconsistencies) {
    let value = series.value();
    if !fits(&value, kind) {
        found.add(|| Inconsistency::WrongKind {
            metric: metric_text(series),
            kind,
        });
        return;
    }
    let is_summary = matches!(value, Value::Summary(_));
    // Upstream starts from an empty name, so an empty first name counts as repeated.
    let mut before: &[u8] = b"";
    for label in &series.labels() {
        let text = || String::from_utf8_lossy(label.name).into_owned();
        if label.name == before {
            return found.add(|| Inconsistency::RepeatedLabel {
                metric: metric_text(series),
                label: text(),
            });
        }
        if std::str::from_utf8(label.name).is_err() || label.name.starts_with(b"__") {
            return found.add(|| Inconsistency::LabelName {
                metric: metric_text(series),
                label: text(),
            });
        }
        if is_summary && label.name == b"quantile" {
            return found.add(|| Inconsistency::ExplicitQuantile {
                metric: metric_text(series),
            });
        }
        if std::str::from_utf8(label.value).is_err() {
            let value = label.value.to_vec();
            return found.add(|| Inconsistency::LabelValue {
                metric: metric_text(series),
                label: text(),
                value,
            });
        }
        before = label.name;
    }
}

/// Tells whether a value can be shown as this type.
fn fits(value: &Value, kind: MetricType) -> bool {
    match kind {
        MetricType::Counter => matches!(value, Value::Counter(_)),
        MetricType::Gauge => matches!(value, Value::Gauge(_)),
        MetricType::Untyped => matches!(value, Value::Untyped(_)),
        MetricType::Summary => matches!(value, Value::Summary(_)),
        MetricType::Histogram => matches!(value, Value::Histogram(_)),
        // Upstream has no rule here, and then ends an exposition at such a metric. Ours leaves the metric out.
        MetricType::GaugeHistogram => true,
        MetricType::Unknown(_) => false,
    }
}

fn metric_text(series: &Series) -> MetricText {
    let text = proto::text::metric(series.labels(), &series.value());
    MetricText(format!(
        "{} {{ {text}}}",
        quote(series.family.name.as_bytes())
    ))
}

#[cfg(test)]
mod tests;
