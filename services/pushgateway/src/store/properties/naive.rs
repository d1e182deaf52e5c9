//! The store as upstream has it: plain maps, and every push tried by gathering everything. Written from upstream's source, not
//! from ours; slow, and easy to compare with it.
//!
//! Source: pushgateway storage/diskmetricstore.go (`processWriteRequest`, `setPushFailedTimestamp`, `checkWriteRequest`,
//! `GetMetricFamilies`, `sanitizeLabels`); client_golang v1.23.2 prometheus/registry.go (`Gatherers.Gather`,
//! `checkSuffixCollisions`, `checkMetricConsistency`).

use std::collections::{BTreeMap, BTreeSet};

use kit_metrics::model::MetricType;

/// Labels as pairs, sorted by name.
pub(super) type Labels = Vec<(String, String)>;

/// One kind of value each, simple enough to be written down by hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Number {
    Gauge(u8),
    Counter(u8),
    Untyped(u8),
    /// A summary of this count and sum.
    Summary(u8),
    /// A histogram of this count and sum, without buckets.
    Histogram(u8),
}

/// A metric family as pushed, or as stored.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) help: Option<String>,
    pub(super) kind: MetricType,
    pub(super) metrics: Vec<(Labels, Number)>,
    pub(super) timestamped: bool,
}

/// Families by name.
type Families = BTreeMap<String, Family>;

/// The whole store: groups by their labels.
#[derive(Clone, Debug, Default)]
pub(super) struct Naive {
    groups: BTreeMap<Labels, Families>,
}

/// Something of the program's own: name, type and help, of which a push may bring another.
const OWN: (&str, MetricType, &str) = (
    "go_threads",
    MetricType::Gauge,
    "Number of OS threads created.",
);

const PUSH_TIME: (&str, &str) = (
    "push_time_seconds",
    "Last Unix time when changing this group in the Pushgateway succeeded.",
);
const FAILURE_TIME: (&str, &str) = (
    "push_failure_time_seconds",
    "Last Unix time when changing this group in the Pushgateway failed.",
);

impl Naive {
    /// Applies a push of the second `at`; tells whether it was accepted.
    pub(super) fn push(
        &mut self,
        group: &Labels,
        replace: bool,
        at: u8,
        families: &[Family],
    ) -> bool {
        let mut trial = self.clone();
        trial.write(group, replace, at, families);
        let stamped = families.iter().any(|family| family.timestamped);
        if !stamped && trial.is_consistent() {
            *self = trial;
            return true;
        }
        let mut failed = self.clone();
        let stored = failed.groups.entry(group.clone()).or_default();
        stored.insert(FAILURE_TIME.0.to_owned(), time(FAILURE_TIME, group, at));
        stored
            .entry(PUSH_TIME.0.to_owned())
            .or_insert_with(|| time(PUSH_TIME, group, 0));
        // Upstream stores it in any case; deviation D1.
        if failed.is_consistent() {
            *self = failed;
        }
        false
    }

    pub(super) fn delete(&mut self, group: &Labels) {
        self.groups.remove(group);
    }

    pub(super) fn wipe(&mut self) {
        self.groups.clear();
    }

    fn write(&mut self, group: &Labels, replace: bool, at: u8, families: &[Family]) {
        let stored = self.groups.entry(group.clone()).or_default();
        if replace {
            stored.retain(|name, _| name == PUSH_TIME.0 || name == FAILURE_TIME.0);
        }
        let mut written: Families = families
            .iter()
            .map(|family| (family.name.clone(), sanitized(family, group)))
            .collect();
        written.insert(PUSH_TIME.0.to_owned(), time(PUSH_TIME, group, at));
        if !stored.contains_key(FAILURE_TIME.0) {
            written.insert(FAILURE_TIME.0.to_owned(), time(FAILURE_TIME, group, 0));
        }
        stored.extend(written);
    }

    /// Gathers in both orders: upstream's verdict may depend on the order of its maps, and ours is the stricter one then.
    fn is_consistent(&self) -> bool {
        gather(self.groups.values()).is_some() && gather(self.groups.values().rev()).is_some()
    }

    /// Returns the exposition without the program's own metrics and without help texts.
    pub(super) fn exposition(&self) -> String {
        let mut text = String::new();
        for (name, (kind, mut metrics)) in
            gather(self.groups.values()).expect("only consistent stores are kept")
        {
            if metrics.is_empty() {
                continue;
            }
            // Source: client_golang internal/metric.go, `MetricSorter`.
            metrics.sort_by(|(a, _), (b, _)| {
                let values = |labels: &Labels| {
                    labels
                        .iter()
                        .map(|(_, value)| value.clone())
                        .collect::<Vec<_>>()
                };
                a.len()
                    .cmp(&b.len())
                    .then_with(|| values(a).cmp(&values(b)))
                    .then_with(|| a.cmp(b))
            });
            text.push_str(&format!("# TYPE {name} {}\n", kind.name().to_lowercase()));
            for (labels, number) in &metrics {
                put_metric(&mut text, &name, labels, *number);
            }
        }
        text
    }
}

/// What is gathered under each name: the type of the first family met, and all metrics.
type Gathered = BTreeMap<String, (MetricType, Vec<(Labels, Number)>)>;

/// Merges the groups by name as they come; none when upstream's gathering would end with an error.
fn gather<'a>(groups: impl Iterator<Item = &'a Families>) -> Option<Gathered> {
    let mut merged = Gathered::new();
    for family in groups.flat_map(BTreeMap::values) {
        let entry = merged
            .entry(family.name.clone())
            .or_insert_with(|| (family.kind, Vec::new()));
        // Upstream overlooks this for families without metrics, in some orders.
        if entry.0 != family.kind {
            return None;
        }
        entry.1.extend(family.metrics.iter().cloned());
    }
    if merged.get(OWN.0).is_some_and(|(kind, _)| *kind != OWN.1) {
        return None;
    }
    let mut seen = BTreeSet::new();
    for (name, (kind, metrics)) in &merged {
        if collides(&merged, name, *kind) {
            return None;
        }
        for (labels, number) in metrics {
            if !fits(*kind, *number)
                || !labels_are_fine(labels, *number)
                || !seen.insert((name, labels))
            {
                return None;
            }
        }
    }
    Some(merged)
}

fn collides(merged: &Gathered, name: &str, kind: MetricType) -> bool {
    let has = |suffix: &str| merged.contains_key(&format!("{name}{suffix}"));
    match kind {
        MetricType::Summary => has("_count") || has("_sum"),
        MetricType::Histogram => has("_count") || has("_sum") || has("_bucket"),
        _ => false,
    }
}

fn fits(kind: MetricType, number: Number) -> bool {
    match kind {
        MetricType::Gauge => matches!(number, Number::Gauge(_)),
        MetricType::Counter => matches!(number, Number::Counter(_)),
        MetricType::Untyped => matches!(number, Number::Untyped(_)),
        MetricType::Summary => matches!(number, Number::Summary(_)),
        MetricType::Histogram => matches!(number, Number::Histogram(_)),
        MetricType::GaugeHistogram | MetricType::Unknown(_) => unreachable!("not generated"),
    }
}

fn labels_are_fine(labels: &Labels, number: Number) -> bool {
    let mut previous = "";
    for (name, _) in labels {
        let explicit_quantile = matches!(number, Number::Summary(_)) && name == "quantile";
        if name == previous || name.starts_with("__") || explicit_quantile {
            return false;
        }
        previous = name;
    }
    true
}

fn sanitized(family: &Family, group: &Labels) -> Family {
    let mut family = family.clone();
    for (labels, _) in &mut family.metrics {
        for (name, value) in group {
            match labels.iter_mut().find(|(known, _)| known == name) {
                Some((_, old)) => old.clone_from(value),
                None => labels.push((name.clone(), value.clone())),
            }
        }
        if !labels.iter().any(|(name, _)| name == "instance") {
            labels.push(("instance".to_owned(), String::new()));
        }
        labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    family
}

fn time((name, help): (&str, &str), group: &Labels, at: u8) -> Family {
    let family = Family {
        name: name.to_owned(),
        help: Some(help.to_owned()),
        kind: MetricType::Gauge,
        metrics: vec![(Vec::new(), Number::Gauge(at))],
        timestamped: false,
    };
    sanitized(&family, group)
}

fn put_metric(text: &mut String, name: &str, labels: &Labels, number: Number) {
    let shown: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    let labels = shown.join(",");
    match number {
        Number::Gauge(value) | Number::Counter(value) | Number::Untyped(value) => {
            text.push_str(&format!("{name}{{{labels}}} {value}\n"));
        }
        Number::Summary(count) => {
            text.push_str(&format!("{name}_sum{{{labels}}} {count}\n{name}_count{{{labels}}} {count}\n"));
        }
        Number::Histogram(count) => text.push_str(&format!(
            "{name}_bucket{{{labels},le=\"+Inf\"}} {count}\n{name}_sum{{{labels}}} {count}\n{name}_count{{{labels}}} {count}\n"
        )),
    }
}
