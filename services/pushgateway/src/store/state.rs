//! One version of everything stored: the groups, and the same families seen by metric name.

use std::sync::Arc;

use super::{
    group::{Group, GroupFamily, GroupKey, Notes},
    names::NameIndex,
    tree::{Edit, Entry, Tree},
};

/// One version of the store. Cloning copies two pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) groups: Tree<Arc<Group>>,
    pub(crate) names: Tree<Arc<NameIndex>>,
    /// How many series all groups hold.
    pub(crate) series: usize,
}

/// A family put into or taken out of its group.
pub(crate) type FamilyEdit = Edit<Arc<GroupFamily>>;

impl State {
    /// Returns a group.
    pub(crate) fn group(&self, key: &GroupKey) -> Option<&Arc<Group>> {
        self.groups.find(|group| group.key.order(key))
    }

    /// Returns what is stored under a metric name.
    pub(crate) fn name(&self, name: &str) -> Option<&Arc<NameIndex>> {
        self.names.find(|index| (*index.name).cmp(name))
    }

    /// Returns a version with the edits made, in any number of groups. A family replaced is removed and put.
    pub(crate) fn edited(&self, mut edits: Vec<FamilyEdit>) -> Self {
        edits.sort_by(|a, b| {
            a.entry()
                .group
                .order(&b.entry().group)
                .then_with(|| order_in_group(a, b))
        });
        let mut series = self.series;
        let groups: Vec<_> = edits
            .chunk_by(|a, b| a.entry().group == b.entry().group)
            .map(|edits| self.edited_group(edits, &mut series))
            .collect();
        edits.sort_by(order_in_group);
        let names: Vec<_> = edits
            .chunk_by(|a, b| a.entry().name == b.entry().name)
            .map(|edits| self.edited_name(edits))
            .collect();
        Self {
            groups: self.groups.edited(&groups),
            names: self.names.edited(&names),
            series,
        }
    }

    /// Returns a version with these notes on a group.
    pub(crate) fn noted(self, key: &GroupKey, notes: Notes) -> Self {
        match self.group(key) {
            Some(group) if group.notes != notes => {
                let families = group.families.clone();
                let group = Group {
                    key: key.clone(),
                    families,
                    series: group.series,
                    notes,
                };
                Self {
                    groups: self.groups.with(Arc::new(group)),
                    ..self
                }
            }
            _ => self,
        }
    }

    /// Applies the edits of one group, sorted by name. A group without families ceases to be.
    fn edited_group(&self, edits: &[FamilyEdit], total: &mut usize) -> Edit<Arc<Group>> {
        let key = &edits[0].entry().group;
        let old = self.group(key);
        let mut series = old.map_or(0, |group| group.series);
        *total -= series;
        for edit in edits {
            match edit {
                Edit::Remove(family) => series -= family.metrics.len() as usize,
                Edit::Put(family) => series += family.metrics.len() as usize,
            }
        }
        *total += series;
        let families = old
            .map_or_else(Tree::default, |group| group.families.clone())
            .edited(edits);
        let notes = old.map(|group| group.notes.clone()).unwrap_or_default();
        let emptied = families.is_empty();
        let group = Arc::new(Group {
            key: key.clone(),
            families,
            series,
            notes,
        });
        if emptied {
            Edit::Remove(group)
        } else {
            Edit::Put(group)
        }
    }

    fn edited_name(&self, edits: &[FamilyEdit]) -> Edit<Arc<NameIndex>> {
        let name = &edits[0].entry().name;
        let index = match self.name(name) {
            Some(index) => index.edited(edits),
            None => NameIndex::empty(name).edited(edits),
        };
        let index = Arc::new(index);
        if index.is_unused() {
            Edit::Remove(index)
        } else {
            Edit::Put(index)
        }
    }
}

fn order_in_group(a: &FamilyEdit, b: &FamilyEdit) -> std::cmp::Ordering {
    let puts = |edit: &FamilyEdit| matches!(edit, Edit::Put(_));
    a.entry()
        .order(b.entry())
        .then_with(|| puts(a).cmp(&puts(b)))
}
