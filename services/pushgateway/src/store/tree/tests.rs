use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A small leaf makes a few hundred entries a tree of several levels.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Pair(u16, u8);

impl Entry for Pair {
    const LEAF_MAX: usize = 4;

    fn order(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

fn entries(tree: &Tree<Pair>) -> Vec<(u16, u8)> {
    tree.iter().map(|pair| (pair.0, pair.1)).collect()
}

proptest! {
    #[test]
    fn behaves_like_a_sorted_map_and_old_versions_stay(
        writes in prop::collection::vec(prop::collection::btree_map(0u16..600, prop::option::of(any::<u8>()), 1..40), 1..30),
    ) {
        let mut model = BTreeMap::new();
        let mut tree: Tree<Pair> = Tree::default();
        let mut history = Vec::new();
        for write in writes {
            let mut edits = Vec::new();
            for (key, value) in write {
                match value {
                    Some(value) => {
                        model.insert(key, value);
                        edits.push(Edit::Put(Pair(key, value)));
                    }
                    None => {
                        model.remove(&key);
                        edits.push(Edit::Remove(Pair(key, 0)));
                    }
                }
            }
            tree = tree.edited(&edits);
            prop_assert_eq!(tree.len(), model.len());
            prop_assert_eq!(entries(&tree), model.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>());
            for key in (0..600).step_by(7) {
                let found = tree.find(|pair| pair.0.cmp(&key)).map(|pair| pair.1);
                prop_assert_eq!(found, model.get(&key).copied());
                let next = tree.at_or_after(|pair| pair.0.cmp(&key)).map(|pair| pair.0);
                prop_assert_eq!(next, model.range(key..).next().map(|(k, _)| *k));
            }
            history.push((tree.clone(), model.clone()));
        }
        for (old, model) in history {
            prop_assert_eq!(entries(&old), model.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_leaf_never_holds_more_than_its_limit_nor_nothing(keys in prop::collection::btree_set(0u16..5000, 0..600)) {
        let all: Vec<_> = keys.iter().map(|key| Edit::Put(Pair(*key, 0))).collect();
        let tree = Tree::<Pair>::default().edited(&all);
        prop_assert!(tree.leaves().all(|leaf| (1..=Pair::LEAF_MAX).contains(&leaf.entries.len())));
        let none: Vec<_> = keys.iter().map(|key| Edit::Remove(Pair(*key, 0))).collect();
        prop_assert!(tree.edited(&none).leaves().next().is_none());
    }
}

#[test]
fn a_removal_and_a_put_of_one_entry_replace_it() {
    let tree: Tree<Pair> = Tree::default().with(Pair(1, 1));
    let tree = tree.edited(&[Edit::Remove(Pair(1, 1)), Edit::Put(Pair(1, 2))]);
    assert_eq!(entries(&tree), [(1, 2)]);
    assert!(tree.edited(&[Edit::Remove(Pair(1, 0))]).is_empty());
}

#[test]
fn a_write_keeps_the_leaves_it_does_not_touch() {
    let all: Vec<_> = (0..1000).map(|key| Edit::Put(Pair(key, 0))).collect();
    let before: Tree<Pair> = Tree::default().edited(&all);
    let after = before.with(Pair(500, 9));
    let addresses = |tree: &Tree<Pair>| tree.leaves().map(std::ptr::from_ref).collect::<Vec<_>>();
    let (old, new) = (addresses(&before), addresses(&after));
    assert_eq!(old.len(), new.len());
    assert_eq!(old.iter().zip(&new).filter(|(a, b)| a != b).count(), 1);
}
