//! All series of one metric name across groups: their type and help, and the series in the order of the exposition.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use kit_metrics::{model::MetricType, name::NameScheme};

use super::{
    exposition::Deflated,
    group::GroupFamily,
    series::{Series, sort_edits},
    tree::{Edit, Entry, Tree},
};

/// Everything stored under one metric name.
#[derive(Debug)]
pub(crate) struct NameIndex {
    pub(crate) name: Arc<str>,
    /// The distinct pairs of type and help that living groups gave. A consistent store has one type.
    variants: Vec<Variant>,
    /// The help text to show where groups disagree, found when first asked for.
    chosen_help: OnceLock<Option<Arc<str>>>,
    /// Whether every metric and label name reads the same under every escaping scheme.
    pub(crate) plain_names: bool,
    pub(crate) series: Tree<Series, Rendered>,
}

#[derive(Clone, Debug)]
struct Variant {
    kind: MetricType,
    help: Option<Arc<str>>,
    /// How many groups hold this variant.
    owners: usize,
}

/// What a leaf of series looks like in an exposition, made when first asked for.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) text: OnceLock<Bytes>,
    pub(crate) deflated: OnceLock<Deflated>,
}

impl Variant {
    fn is_of(&self, family: &GroupFamily) -> bool {
        self.kind == family.kind && self.help == family.help
    }
}

impl NameIndex {
    /// Returns an index without any series.
    pub(crate) fn empty(name: &Arc<str>) -> Self {
        let plain_names = NameScheme::Legacy.is_metric_name(name.as_bytes());
        Self {
            name: Arc::clone(name),
            variants: Vec::new(),
            chosen_help: OnceLock::new(),
            plain_names,
            series: Tree::default(),
        }
    }

    /// Returns the type.
    pub(crate) fn kind(&self) -> MetricType {
        self.variants
            .first()
            .map_or(MetricType::Untyped, |variant| variant.kind)
    }

    /// Returns the help text. Where groups disagree it is that of the family pushed first among those still there, by the time
    /// that a snapshot keeps with it, so that a restart changes nothing.
    pub(crate) fn help(&self) -> Option<&Arc<str>> {
        if self.has_several_helps() {
            let choose = || {
                let families = self.series.iter().map(|series| &series.family);
                let first = families.min_by(|a, b| {
                    a.pushed_at
                        .cmp(&b.pushed_at)
                        .then_with(|| a.group.order(&b.group))
                });
                first.and_then(|family| family.help.clone())
            };
            return self.chosen_help.get_or_init(choose).as_ref();
        }
        self.variants
            .first()
            .and_then(|variant| variant.help.as_ref())
    }

    /// Tells whether any group gave a help text other than this, or none.
    pub(crate) fn has_help_other_than(&self, help: &str) -> bool {
        self.variants
            .iter()
            .any(|variant| variant.help.as_deref() != Some(help))
    }

    /// Tells whether groups disagree about the help text.
    pub(crate) fn has_several_helps(&self) -> bool {
        self.variants
            .windows(2)
            .any(|two| two[0].help != two[1].help)
    }

    /// Tells whether no group holds this name any more.
    pub(crate) fn is_unused(&self) -> bool {
        self.variants.is_empty()
    }

    /// Returns the text, as the copy that is stored already if it is the name or a help text of it.
    pub(crate) fn shared(&self, text: &str) -> Arc<str> {
        let mut known = std::iter::once(&self.name).chain(
            self.variants
                .iter()
                .filter_map(|variant| variant.help.as_ref()),
        );
        known
            .find(|known| ***known == *text)
            .map_or_else(|| text.into(), Arc::clone)
    }

    /// Returns the type that groups other than the holder of `removed` gave this name.
    pub(crate) fn kind_without(&self, removed: Option<&GroupFamily>) -> Option<MetricType> {
        self.variants
            .iter()
            .find(|variant| {
                variant.owners > usize::from(removed.is_some_and(|family| variant.is_of(family)))
            })
            .map(|variant| variant.kind)
    }

    /// Returns a version with families taken out and put in. All are of this name.
    pub(crate) fn edited(&self, edits: &[Edit<Arc<GroupFamily>>]) -> Self {
        let mut variants = self.variants.clone();
        let mut plain_names = self.plain_names;
        let mut series = Vec::new();
        for edit in edits {
            match edit {
                Edit::Remove(family) => {
                    remove_owner(&mut variants, family);
                    series.extend(Series::of(family).map(Edit::Remove));
                }
                Edit::Put(family) => {
                    add_owner(&mut variants, family);
                    plain_names &= has_plain_label_names(family);
                    series.extend(Series::of(family).map(Edit::Put));
                }
            }
        }
        variants.retain(|variant| variant.owners > 0);
        let name = Arc::clone(&self.name);
        Self {
            name,
            variants,
            chosen_help: OnceLock::new(),
            plain_names,
            series: self.series.edited(&sort_edits(series)),
        }
    }
}

fn has_plain_label_names(family: &GroupFamily) -> bool {
    let is_plain = |name: &[u8]| NameScheme::Legacy.is_label_name(name);
    family.group.labels().all(|label| is_plain(label.name))
        && family.metrics.shapes().all(|mut names| names.all(is_plain))
}

fn remove_owner(variants: &mut [Variant], family: &GroupFamily) {
    let variant = variants.iter_mut().find(|variant| variant.is_of(family));
    variant
        .expect("a family is counted while it is stored")
        .owners -= 1;
}

fn add_owner(variants: &mut Vec<Variant>, family: &GroupFamily) {
    match variants.iter_mut().find(|variant| variant.is_of(family)) {
        Some(variant) => variant.owners += 1,
        None => variants.push(Variant {
            kind: family.kind,
            help: family.help.clone(),
            owners: 1,
        }),
    }
}

impl Entry for Arc<NameIndex> {
    const LEAF_MAX: usize = 32;

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}
