//! A sorted sequence whose versions share what did not change.
//!
//! A write makes a new version: it copies the leaf it touches and the branches above it, a few kilobytes however long the
//! sequence is. A reader keeps the version it has; nobody waits for anybody. Each leaf carries a cache of the caller's, empty
//! in a new leaf, which is how a rendered exposition survives every push that did not touch it.

use std::{cmp::Ordering, sync::Arc};

/// What a tree holds: cheap to clone, with a total order.
pub(crate) trait Entry: Clone {
    /// Most entries in one leaf. Small leaves make writes cheap, large ones make reads and caches cheap.
    const LEAF_MAX: usize;

    /// Orders two entries; entries that compare equal replace one another.
    fn order(&self, other: &Self) -> Ordering;
}

/// One step of a write.
#[derive(Clone, Debug)]
pub(crate) enum Edit<E> {
    /// Takes an entry out; one that is not there is no error.
    Remove(E),
    /// Adds an entry, or replaces the one that compares equal.
    Put(E),
}

/// The sequence.
#[derive(Debug)]
pub(crate) struct Tree<E, C = ()> {
    root: Option<Arc<Node<E, C>>>,
    len: usize,
}

/// A run of entries that are stored, and rendered, together.
#[derive(Debug)]
pub(crate) struct Leaf<E, C> {
    pub(crate) entries: Box<[E]>,
    pub(crate) cache: C,
}

#[derive(Debug)]
enum Node<E, C> {
    Leaf(Leaf<E, C>),
    /// Never empty; all children have the same height.
    Branch(Box<[Arc<Self>]>),
}

/// Most children of a branch.
const FANOUT: usize = 64;

impl<E> Edit<E> {
    pub(crate) const fn entry(&self) -> &E {
        match self {
            Self::Remove(entry) | Self::Put(entry) => entry,
        }
    }
}

impl<E, C> Clone for Tree<E, C> {
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            len: self.len,
        }
    }
}

impl<E, C> Default for Tree<E, C> {
    fn default() -> Self {
        Self { root: None, len: 0 }
    }
}

impl<E: Entry, C: Default> Tree<E, C> {
    /// Returns how many entries there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there is no entry.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the entry for which `probe`, the order of an entry against the one sought, says equal.
    pub(crate) fn find(&self, probe: impl Fn(&E) -> Ordering) -> Option<&E> {
        self.at_or_after(&probe)
            .filter(|entry| probe(entry).is_eq())
    }

    /// Returns the first entry that is not before the one sought.
    pub(crate) fn at_or_after(&self, probe: impl Fn(&E) -> Ordering) -> Option<&E> {
        let mut node = self.root.as_deref()?;
        let mut following = None;
        loop {
            match node {
                Node::Branch(children) => {
                    let after = children.partition_point(|child| probe(child.first()).is_lt());
                    following = children.get(after).map(|child| child.first()).or(following);
                    node = &children[after.saturating_sub(1)];
                }
                Node::Leaf(leaf) => {
                    let at = leaf.entries.partition_point(|entry| probe(entry).is_lt());
                    return leaf.entries.get(at).or(following);
                }
            }
        }
    }

    /// Returns a version with the edits made. They must be sorted; of two for one entry, the removal comes first.
    pub(crate) fn edited(&self, edits: &[Edit<E>]) -> Self {
        debug_assert!(
            edits.is_sorted_by(|a, b| a.entry().order(b.entry()).is_le()),
            "edits are sorted"
        );
        if edits.is_empty() {
            return self.clone();
        }
        let mut nodes = Vec::new();
        let mut change = Change {
            nodes: &mut nodes,
            added: 0,
            removed: 0,
        };
        match &self.root {
            Some(root) => root.edit(edits, &mut change),
            None => Leaf {
                entries: Box::default(),
                cache: C::default(),
            }
            .edit(edits, &mut change),
        }
        let len = self.len + change.added - change.removed;
        while nodes.len() > 1 {
            nodes = in_even_parts(nodes, FANOUT, |part| Arc::new(Node::Branch(part)));
        }
        let mut root = nodes.pop();
        while let Some(Node::Branch(children)) = root.as_deref()
            && let [only] = &**children
        {
            root = Some(Arc::clone(only));
        }
        Self { root, len }
    }

    /// Returns a version with one entry added or replaced.
    pub(crate) fn with(&self, entry: E) -> Self {
        self.edited(&[Edit::Put(entry)])
    }
}

impl<E, C> Tree<E, C> {
    /// Returns the leaves in order.
    pub(crate) fn leaves(&self) -> Leaves<'_, E, C> {
        Leaves {
            path: self
                .root
                .iter()
                .map(|root| std::slice::from_ref(root).iter())
                .collect(),
        }
    }

    /// Returns the entries in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &E> {
        self.leaves().flat_map(|leaf| leaf.entries.iter())
    }
}

/// Iterates over the leaves of a tree.
#[derive(Debug)]
pub(crate) struct Leaves<'a, E, C> {
    path: Vec<std::slice::Iter<'a, Arc<Node<E, C>>>>,
}

impl<'a, E, C> Iterator for Leaves<'a, E, C> {
    type Item = &'a Leaf<E, C>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.path.last_mut()?.next().map(|node| &**node) {
                Some(Node::Leaf(leaf)) => return Some(leaf),
                Some(Node::Branch(children)) => self.path.push(children.iter()),
                None => drop(self.path.pop()),
            }
        }
    }
}

/// Where a write collects the nodes that take the place of the one it was given.
struct Change<'a, E, C> {
    nodes: &'a mut Vec<Arc<Node<E, C>>>,
    added: usize,
    removed: usize,
}

impl<E: Entry, C: Default> Node<E, C> {
    fn first(&self) -> &E {
        match self {
            Self::Leaf(leaf) => &leaf.entries[0],
            Self::Branch(children) => children[0].first(),
        }
    }

    fn edit(&self, edits: &[Edit<E>], change: &mut Change<'_, E, C>) {
        match self {
            Self::Leaf(leaf) => leaf.edit(edits, change),
            Self::Branch(children) => edit_branch(children, edits, change),
        }
    }

    /// Puts two neighbours into one node when together they are small.
    fn joined(&self, next: &Self) -> Option<Self> {
        match (self, next) {
            (Self::Leaf(a), Self::Leaf(b))
                if a.entries.len() + b.entries.len() <= E::LEAF_MAX / 2 =>
            {
                Some(Self::leaf(
                    a.entries.iter().chain(&b.entries).cloned().collect(),
                ))
            }
            (Self::Branch(a), Self::Branch(b)) if a.len() + b.len() <= FANOUT / 2 => {
                Some(Self::Branch(a.iter().chain(b).cloned().collect()))
            }
            _ => None,
        }
    }

    fn leaf(entries: Box<[E]>) -> Self {
        Self::Leaf(Leaf {
            entries,
            cache: C::default(),
        })
    }
}

fn edit_branch<E: Entry, C: Default>(
    children: &[Arc<Node<E, C>>],
    mut edits: &[Edit<E>],
    change: &mut Change<'_, E, C>,
) {
    let mut nodes = Vec::with_capacity(children.len() + 1);
    let mut done = 0;
    while let Some(edit) = edits.first() {
        let after =
            children[done..].partition_point(|child| child.first().order(edit.entry()).is_le());
        let owner = done + after.saturating_sub(1);
        nodes.extend_from_slice(&children[done..owner]);
        let mine = children.get(owner + 1).map_or(edits.len(), |next| {
            edits.partition_point(|edit| edit.entry().order(next.first()).is_lt())
        });
        let mut inner = Change {
            nodes: &mut nodes,
            added: 0,
            removed: 0,
        };
        children[owner].edit(&edits[..mine], &mut inner);
        change.added += inner.added;
        change.removed += inner.removed;
        edits = &edits[mine..];
        done = owner + 1;
    }
    nodes.extend_from_slice(&children[done..]);
    let nodes = join_small(nodes);
    change.nodes.extend(in_even_parts(nodes, FANOUT, |part| {
        Arc::new(Node::Branch(part))
    }));
}

fn join_small<E: Entry, C: Default>(nodes: Vec<Arc<Node<E, C>>>) -> Vec<Arc<Node<E, C>>> {
    let mut joined: Vec<Arc<Node<E, C>>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        match joined.last().and_then(|last| last.joined(&node)) {
            Some(both) => *joined.last_mut().expect("there is a last") = Arc::new(both),
            None => joined.push(node),
        }
    }
    joined
}

impl<E: Entry, C: Default> Leaf<E, C> {
    fn edit(&self, edits: &[Edit<E>], change: &mut Change<'_, E, C>) {
        let mut entries = Vec::with_capacity(self.entries.len() + edits.len());
        let mut rest = &*self.entries;
        for edit in edits {
            let before = gallop(rest, edit.entry());
            entries.extend_from_slice(&rest[..before]);
            rest = &rest[before..];
            if rest
                .first()
                .is_some_and(|next| next.order(edit.entry()).is_eq())
            {
                rest = &rest[1..];
                change.removed += 1;
            }
            if let Edit::Put(entry) = edit {
                entries.push(entry.clone());
                change.added += 1;
            }
        }
        entries.extend_from_slice(rest);
        change
            .nodes
            .extend(in_even_parts(entries, E::LEAF_MAX, |part| {
                Arc::new(Node::leaf(part))
            }));
    }
}

/// Returns how many entries come before `sought`, looking near the start first: edits of a bulk write are neighbours.
fn gallop<E: Entry>(entries: &[E], sought: &E) -> usize {
    let mut end = 1;
    while end <= entries.len() && entries[end - 1].order(sought).is_lt() {
        end *= 2;
    }
    let start = end / 2;
    let end = end.min(entries.len());
    start.min(end)
        + entries[start.min(end)..end].partition_point(|entry| entry.order(sought).is_lt())
}

/// Splits `items` into as few parts of at most `most` as will do, all of nearly one size.
fn in_even_parts<T, P>(items: Vec<T>, most: usize, mut make: impl FnMut(Box<[T]>) -> P) -> Vec<P> {
    if items.is_empty() {
        return Vec::new();
    }
    let parts = items.len().div_ceil(most);
    let (size, larger) = (items.len() / parts, items.len() % parts);
    let mut items = items.into_iter();
    (0..parts)
        .map(|part| {
            make(
                items
                    .by_ref()
                    .take(size + usize::from(part < larger))
                    .collect(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
