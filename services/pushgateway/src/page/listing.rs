//! Which groups a page shows: those that the search finds, in the order asked for, fifty at a time.

use std::{cmp::Reverse, sync::Arc};

use super::query::{Query, Sort};
use crate::store::{
    group::{Group, GroupKey},
    state::State,
};

/// Groups on one page: little enough to paint at once, enough to scroll through.
pub(super) const GROUPS_PER_PAGE: usize = 50;

/// Metric names named for a group that the search found through them.
const MATCHES_SHOWN_MAX: usize = 4;

/// The groups of one page.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    pub(super) shown: Vec<Found<'a>>,
    /// How many groups there are on all pages.
    pub(super) found: usize,
    /// How many groups of the whole store were refused their last push.
    pub(super) failed: usize,
    pub(super) page: usize,
    pub(super) pages: usize,
}

/// A group, and the metric names by which the search found it.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) group: &'a Arc<Group>,
    pub(super) matches: Vec<&'a str>,
    /// How many metric names match beyond those.
    pub(super) matches_more: usize,
}

impl<'a> Listing<'a> {
    /// Picks the groups that a query asks for. A page behind the last becomes the last.
    pub(super) fn new(state: &'a State, query: &Query) -> Self {
        let words = Words::new(&query.search);
        let mut failed = 0;
        let mut groups = Vec::new();
        for group in state.groups.iter() {
            let is_failed = !group.last_push_successful();
            failed += usize::from(is_failed);
            if (is_failed || !query.failed_only) && words.find(group) {
                groups.push(group);
            }
        }
        sort(&mut groups, query.sort);
        let pages = groups.len().div_ceil(GROUPS_PER_PAGE).max(1);
        let page = query.page.min(pages - 1);
        let on_page = groups
            .iter()
            .skip(page * GROUPS_PER_PAGE)
            .take(GROUPS_PER_PAGE);
        let shown = on_page.map(|group| words.found(group)).collect();
        Self {
            shown,
            found: groups.len(),
            failed,
            page,
            pages,
        }
    }
}

/// Returns when a group was last pushed to, whatever came of it, in seconds since 1970.
pub(super) fn last_push(group: &Group) -> f64 {
    group.push_time().max(group.failure_time())
}

/// Sorts groups that come in the order of their keys.
fn sort(groups: &mut [&Arc<Group>], order: Sort) {
    let job = |group: &&Arc<Group>| job_of(&group.key).to_vec();
    let age = |group: &&Arc<Group>| ordered(last_push(group));
    match order {
        Sort::Key => {}
        Sort::Job => groups.sort_by_cached_key(job),
        Sort::Newest => groups.sort_by_cached_key(|group| Reverse(age(group))),
        Sort::Oldest => groups.sort_by_cached_key(age),
        Sort::Size => groups.sort_by_key(|group| Reverse(group.series)),
    }
}

fn job_of(key: &GroupKey) -> &[u8] {
    key.value(b"job").unwrap_or_default()
}

/// Returns a number that orders as the float does; times of pushes are not negative.
fn ordered(seconds: f64) -> u64 {
    seconds.max(0.0).to_bits()
}

/// The words of a search, all of which a group must have.
struct Words(Vec<Vec<u8>>);

impl Words {
    fn new(search: &str) -> Self {
        Self(
            search
                .split_whitespace()
                .map(|word| word.to_ascii_lowercase().into_bytes())
                .collect(),
        )
    }

    /// Tells whether every word is in a label or in a metric name.
    fn find(&self, group: &Group) -> bool {
        self.0.iter().all(|word| {
            in_labels(group, word)
                || group
                    .families
                    .iter()
                    .any(|family| is_in(&family.name, word))
        })
    }

    /// Returns a group with the metric names that explain why it was found.
    fn found<'a>(&self, group: &'a Arc<Group>) -> Found<'a> {
        let beyond_labels: Vec<_> = self
            .0
            .iter()
            .filter(|word| !in_labels(group, word))
            .collect();
        let matching = group.families.iter().map(|family| &*family.name);
        let mut matching =
            matching.filter(|name| beyond_labels.iter().any(|word| is_in(name, word)));
        let matches = matching.by_ref().take(MATCHES_SHOWN_MAX).collect();
        Found {
            group,
            matches,
            matches_more: matching.count(),
        }
    }
}

/// Tells whether a label reads as the word does, with or without quotes: `job="x"`, `job=x`, `x`.
fn in_labels(group: &Group, word: &[u8]) -> bool {
    group.key.labels().any(|label| {
        let plain = [label.name, b"=", label.value].concat();
        contains(&plain, word)
            || word.contains(&b'"')
                && contains(&[label.name, b"=\"", label.value, b"\""].concat(), word)
    })
}

fn is_in(name: &str, word: &[u8]) -> bool {
    contains(name.as_bytes(), word)
}

/// Tells whether a text contains a word in lower case, whatever the case of its ASCII letters.
fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
