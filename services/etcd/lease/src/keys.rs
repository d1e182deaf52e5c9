//! The keys of one lease: most have one, so one costs no tree.

use std::{collections::BTreeSet, sync::Arc};

/// Keys, in byte order. The map from keys to leases shares their bytes.
#[derive(Debug, Default)]
pub(crate) enum Keys {
    #[default]
    None,
    One(Arc<[u8]>),
    Many(BTreeSet<Arc<[u8]>>),
}

impl Keys {
    pub(crate) fn insert(&mut self, key: Arc<[u8]>) {
        match self {
            Self::None => *self = Self::One(key),
            Self::One(own) if *own == key => {}
            Self::One(own) => *self = Self::Many(BTreeSet::from([Arc::clone(own), key])),
            Self::Many(own) => {
                own.insert(key);
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        match self {
            Self::One(own) if **own == *key => *self = Self::None,
            Self::None | Self::One(_) => {}
            Self::Many(own) => {
                own.remove(key);
                if own.len() == 1 {
                    *self = own.pop_first().map_or(Self::None, Self::One);
                }
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<[u8]>> {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(own) => (Some(own), None),
            Self::Many(own) => (None, Some(own.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_a_sorted_set(steps in prop::collection::vec((any::<bool>(), 0u8..4), 0..40)) {
            let mut keys = Keys::default();
            let mut model = BTreeSet::new();
            for (insert, key) in steps {
                if insert {
                    keys.insert([key].into());
                    model.insert(key);
                } else {
                    keys.remove(&[key]);
                    model.remove(&key);
                }
                let found: Vec<u8> = keys.iter().map(|key| key[0]).collect();
                prop_assert_eq!(found, model.iter().copied().collect::<Vec<_>>());
            }
        }
    }
}
