//! Everything pushed: one writer at a time makes a new version of the state and publishes it; readers take the version that
//! is there and wait for nobody.
//!
//! Parsing requests is left to `push`, files to `persist`, HTTP to `routes`.
//!
//! Source: pushgateway storage/diskmetricstore.go.

pub(crate) mod check;
pub(crate) mod clock;
pub(crate) mod exposition;
pub(crate) mod group;
pub(crate) mod names;
pub(crate) mod pushed;
pub(crate) mod series;
pub(crate) mod state;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tree;

use std::{
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, MutexGuard, watch};
use tracing::info;

use self::{
    check::{Inconsistencies, check_all, check_change},
    clock::Moment,
    group::{FAILURE_TIME, Group, GroupFamily, GroupKey, Notes, PUSH_TIME},
    pushed::{FAILURE_TIME_FAMILY, PUSH_TIME_FAMILY, Pushed},
    state::{FamilyEdit, State},
    tree::Edit,
};
use crate::reserved;

/// Writes that may wait before the health check reports trouble.
///
/// Source: pushgateway storage/diskmetricstore.go `writeQueueCapacity`.
const WAITING_WRITES_MAX: usize = 1000;

/// How much of a refusal the page can show later.
const REFUSAL_CHARS_MAX: usize = 1000;

/// What the store refuses beyond what cannot be exposed; `None` = no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) groups_max: Option<NonZeroU64>,
    pub(crate) series_max: Option<NonZeroU64>,
}

/// What a push does to the families of its group that it does not name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// PUT: they go.
    Replace,
    /// POST: they stay.
    Merge,
}

/// Why a push was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    // The frame around this and the next is the answer's, see `service::push`.
    #[error("pushed metrics must not have timestamps")]
    Timestamps,
    #[error(transparent)]
    Inconsistent(Inconsistencies),
    #[error("push refused: the limit of {0} groups (--push.max-groups) is reached")]
    TooManyGroups(NonZeroU64),
    #[error("push refused: it would exceed the limit of {0} series (--push.max-series)")]
    TooManySeries(NonZeroU64),
}

/// The store.
#[derive(Debug)]
pub(crate) struct Store {
    state: ArcSwap<State>,
    writer: Mutex<()>,
    waiting: AtomicUsize,
    /// Whether pushes are checked. If not, readers check the whole store, as upstream does.
    checked: bool,
    limits: Limits,
    /// Whether the state may hold what cannot be exposed: pushes are not checked, or a snapshot was loaded and not yet seen to
    /// be clean.
    suspect: AtomicBool,
    /// Counts the versions; who writes snapshots waits for the next one.
    version: watch::Sender<u64>,
}

impl Store {
    /// Returns a store that begins with this state.
    pub(crate) fn new(state: State, checked: bool, limits: Limits) -> Self {
        let suspect = AtomicBool::new(!checked || !state.groups.is_empty());
        let state = ArcSwap::from_pointee(state);
        let version = watch::Sender::new(0);
        Self {
            state,
            writer: Mutex::default(),
            waiting: AtomicUsize::new(0),
            checked,
            limits,
            suspect,
            version,
        }
    }

    /// Returns the present version of everything stored.
    pub(crate) fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// Tells whether pushes are checked.
    pub(crate) const fn is_checked(&self) -> bool {
        self.checked
    }

    /// Tells when the state changed.
    pub(crate) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Tells whether so many writes wait that the store must be called unhealthy.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= WAITING_WRITES_MAX
    }

    /// Tells whether `state`, a version of this store, can be exposed.
    ///
    /// # Errors
    /// All that speaks against it; impossible while pushes are checked and the loaded snapshot was clean.
    pub(crate) fn check(&self, state: &State) -> Result<(), Inconsistencies> {
        if !self.suspect.load(Ordering::Relaxed) {
            return Ok(());
        }
        check_all(state)?;
        // Checked pushes keep a clean state clean. They may have made newer versions of this one, which are clean too.
        self.suspect.store(!self.checked, Ordering::Relaxed);
        Ok(())
    }

    /// Applies a push.
    ///
    /// # Errors
    /// The reason for a refusal; then only the failure time of the group has changed, if that can be exposed.
    pub(crate) async fn push(&self, pushed: Pushed) -> Result<(), Refusal> {
        let writer = self.writer().await;
        self.push_as(&writer, pushed)
    }

    /// Applies a push from a thread that may block.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(crate) fn push_blocking(&self, pushed: Pushed) -> Result<(), Refusal> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let writer = self.writer.blocking_lock();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.push_as(&writer, pushed)
    }

    /// Removes a group; one that is not there is no error.
    pub(crate) async fn delete(&self, key: &GroupKey) {
        let writer = self.writer().await;
        let state = self.state();
        if let Some(group) = state.group(key) {
            self.publish(&writer, state.edited(removal_of(group)));
        }
    }

    /// Removes every group and returns the version before. To free it takes as long as it is large.
    pub(crate) async fn clear(&self) -> Arc<State> {
        let writer = self.writer().await;
        let state = self.state();
        self.publish(&writer, State::default());
        state
    }

    /// Removes the groups for which `condemned` is true, and returns them.
    pub(crate) async fn delete_where(&self, condemned: impl Fn(&Group) -> bool) -> Vec<Arc<Group>> {
        let writer = self.writer().await;
        let state = self.state();
        let groups: Vec<_> = state
            .groups
            .iter()
            .filter(|group| condemned(group))
            .cloned()
            .collect();
        if !groups.is_empty() {
            self.publish(
                &writer,
                state.edited(groups.iter().flat_map(|group| removal_of(group)).collect()),
            );
        }
        groups
    }

    /// Lets no write through any more: one that still arrives waits for ever and is never answered, so nothing can be
    /// acknowledged that the last snapshot lacks.
    pub(crate) async fn close(&self) {
        std::mem::forget(self.writer().await);
    }

    async fn writer(&self) -> MutexGuard<'_, ()> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let writer = self.writer.lock().await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        writer
    }

    fn push_as(&self, writer: &MutexGuard<'_, ()>, pushed: Pushed) -> Result<(), Refusal> {
        let state = self.state();
        let (key, received) = (pushed.key.clone(), pushed.received);
        let refusal = match self.accepted(&state, pushed) {
            Ok(next) => {
                self.publish(writer, next);
                return Ok(());
            }
            Err(refusal) => refusal,
        };
        if let Some(next) = self.with_failure(&state, &key, received) {
            let text: String = refusal
                .to_string()
                .chars()
                .take(REFUSAL_CHARS_MAX)
                .collect();
            let notes = Notes {
                refusal: Some(text.into()),
                ..notes_of(&next, &key)
            };
            self.publish(writer, next.noted(&key, notes));
        }
        Err(refusal)
    }

    /// Returns the state after an accepted push.
    fn accepted(&self, state: &State, pushed: Pushed) -> Result<State, Refusal> {
        let Pushed {
            key,
            mode,
            received,
            ttl,
            timestamped,
            families,
        } = pushed;
        if timestamped {
            return Err(Refusal::Timestamps);
        }
        let group = state.group(&key);
        let mut added: Vec<_> = families.into_iter().collect::<Result<_, _>>()?;
        added.retain(|family| *family.name != *PUSH_TIME);
        added.push(PUSH_TIME_FAMILY.of(&key, received, Some(received)));
        let knows_failure = group.is_some_and(|group| group.family(FAILURE_TIME).is_some());
        if !knows_failure {
            // As upstream, which lets a group say of itself that it failed only once it has the family.
            added.retain(|family| *family.name != *FAILURE_TIME);
            added.push(FAILURE_TIME_FAMILY.of(&key, received, None));
        }
        added.sort_by(|a, b| a.name.cmp(&b.name));
        let removed = families_replaced(group.map(|group| &**group), mode, &added);
        if self.checked {
            check_change(state, &removed, &added).map_err(Refusal::Inconsistent)?;
        }
        let names: Vec<_> = added
            .iter()
            .map(|family| Arc::clone(&family.name))
            .collect();
        let next = state.edited(replacement(removed, added));
        self.check_limits(state, &next)?;
        names
            .iter()
            .for_each(|name| log_new_help_conflict(state, &next, name));
        let notes = Notes {
            refusal: None,
            ttl: ttl.or_else(|| notes_of(&next, &key).ttl),
        };
        Ok(next.noted(&key, notes))
    }

    /// Returns the state after a refused push, which shows in the failure time alone; `None` if even that cannot be exposed.
    fn with_failure(&self, state: &State, key: &GroupKey, received: Moment) -> Option<State> {
        let group = state.group(key);
        let mut added = vec![FAILURE_TIME_FAMILY.of(key, received, Some(received))];
        if group.is_none() {
            added.push(PUSH_TIME_FAMILY.of(key, received, None));
        }
        let removed = families_replaced(group.map(|group| &**group), Mode::Merge, &added);
        if self.checked && check_change(state, &removed, &added).is_err() {
            return None;
        }
        let next = state.edited(replacement(removed, added));
        self.check_limits(state, &next).is_ok().then_some(next)
    }

    fn check_limits(&self, state: &State, next: &State) -> Result<(), Refusal> {
        let exceeds = |limit: NonZeroU64, before: usize, after: usize| {
            after > before && after as u64 > limit.get()
        };
        let Limits {
            groups_max,
            series_max,
        } = self.limits;
        if let Some(limit) =
            groups_max.filter(|max| exceeds(*max, state.groups.len(), next.groups.len()))
        {
            return Err(Refusal::TooManyGroups(limit));
        }
        match series_max.filter(|max| exceeds(*max, state.series, next.series)) {
            Some(limit) => Err(Refusal::TooManySeries(limit)),
            None => Ok(()),
        }
    }

    fn publish(&self, _writer: &MutexGuard<'_, ()>, next: State) {
        self.state.store(Arc::new(next));
        self.version.send_modify(|version| *version += 1);
    }
}

/// Returns the families that a change takes out of the group, sorted by name. `added` is sorted.
fn families_replaced(
    group: Option<&Group>,
    mode: Mode,
    added: &[Arc<GroupFamily>],
) -> Vec<Arc<GroupFamily>> {
    let Some(group) = group else {
        return Vec::new();
    };
    match mode {
        Mode::Merge => added
            .iter()
            .filter_map(|family| group.family(&family.name))
            .cloned()
            .collect(),
        Mode::Replace => {
            let replaced = |name: &str| {
                added
                    .binary_search_by(|family| (*family.name).cmp(name))
                    .is_ok()
            };
            let stays = |name: &str| (name == PUSH_TIME || name == FAILURE_TIME) && !replaced(name);
            group
                .families
                .iter()
                .filter(|family| !stays(&family.name))
                .cloned()
                .collect()
        }
    }
}

fn replacement(removed: Vec<Arc<GroupFamily>>, added: Vec<Arc<GroupFamily>>) -> Vec<FamilyEdit> {
    removed
        .into_iter()
        .map(Edit::Remove)
        .chain(added.into_iter().map(Edit::Put))
        .collect()
}

fn removal_of(group: &Group) -> Vec<FamilyEdit> {
    group.families.iter().cloned().map(Edit::Remove).collect()
}

/// Logs that a push brought a help text that will not be shown, once and not with every scrape as upstream does.
fn log_new_help_conflict(state: &State, next: &State, name: &str) {
    let conflicts = |state: &State| {
        state
            .name(name)
            .is_some_and(|index| index.has_several_helps())
    };
    if conflicts(next) && !conflicts(state) {
        info!(name, "metric families inconsistent help strings"); // upstream's text
    }
    let Some(own) = reserved::find(name).filter(|own| own.replaces_help) else {
        return;
    };
    let overlaps = |state: &State| {
        state
            .name(name)
            .is_some_and(|index| index.has_help_other_than(own.help))
    };
    if overlaps(next) && !overlaps(state) {
        info!(name, "metric families overlap"); // upstream's text
    }
}

fn notes_of(state: &State, key: &GroupKey) -> Notes {
    state
        .group(key)
        .map(|group| group.notes.clone())
        .unwrap_or_default()
}

/// Tells whether a group outlived its time: its own, or else that of the flag (zero = for ever).
pub(crate) fn is_expired(group: &Group, ttl: Duration, now: Moment) -> bool {
    let ttl = group.notes.ttl.unwrap_or(ttl);
    !ttl.is_zero()
        && now.as_seconds() - group.push_time().max(group.failure_time()) > ttl.as_secs_f64()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
