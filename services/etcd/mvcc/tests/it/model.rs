//! The plainest store there is: a sorted map of histories.

use std::collections::BTreeMap;

use etcd_api::{
    etcdserverpb::{
        RangeRequest, RangeResponse,
        range_request::{SortOrder, SortTarget},
    },
    mvccpb::KeyValue,
};

#[derive(Clone, Default)]
pub(crate) struct Model {
    /// Of every key all states, with the revision since when they are.
    histories: BTreeMap<Vec<u8>, Vec<(i64, Option<KeyValue>)>>,
    pub(crate) revision: i64,
    pub(crate) compacted: i64,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            revision: 1,
            compacted: -1,
            ..Self::default()
        }
    }

    pub(crate) fn at(&self, key: &[u8], revision: i64) -> Option<&KeyValue> {
        let history = self.histories.get(key)?;
        history
            .iter()
            .rfind(|(since, _)| *since <= revision)?
            .1
            .as_ref()
    }

    pub(crate) fn put(
        &mut self,
        key: &[u8],
        value: &[u8],
        lease: i64,
        revision: i64,
    ) -> Option<KeyValue> {
        let previous = self.at(key, revision).cloned();
        let kv = KeyValue {
            key: key.to_vec().into(),
            create_revision: previous
                .as_ref()
                .map_or(revision, |previous| previous.create_revision),
            mod_revision: revision,
            version: previous.as_ref().map_or(1, |previous| previous.version + 1),
            value: value.to_vec().into(),
            lease,
        };
        self.histories
            .entry(key.to_vec())
            .or_default()
            .push((revision, Some(kv)));
        previous
    }

    pub(crate) fn keys(&self, key: &[u8], range_end: &[u8], revision: i64) -> Vec<KeyValue> {
        let inside = |candidate: &[u8]| match range_end {
            [] => candidate == key,
            [0] => candidate >= key,
            end => candidate >= key && candidate < end,
        };
        let keys = self.histories.keys().filter(|key| inside(key));
        keys.filter_map(|key| self.at(key, revision).cloned())
            .collect()
    }

    pub(crate) fn delete(&mut self, key: &[u8], range_end: &[u8], revision: i64) -> usize {
        let keys = self.keys(key, range_end, revision);
        for kv in &keys {
            self.histories
                .get_mut(&kv.key[..])
                .unwrap()
                .push((revision, None));
        }
        keys.len()
    }

    /// Answers a range that may be answered.
    pub(crate) fn range(&self, request: &RangeRequest) -> RangeResponse {
        let revision = if request.revision <= 0 {
            self.revision
        } else {
            request.revision
        };
        let mut kvs = self.keys(&request.key, &request.range_end, revision);
        let count = i64::try_from(kvs.len()).unwrap();
        let limit = usize::try_from(request.limit)
            .ok()
            .filter(|limit| *limit > 0);
        let (target, order) = (request.sort_target(), request.sort_order());
        let filtered = [
            request.min_mod_revision,
            request.max_mod_revision,
            request.min_create_revision,
            request.max_create_revision,
        ];
        let in_key_order =
            order == SortOrder::None || (target, order) == (SortTarget::Key, SortOrder::Ascend);
        let cuts_first = in_key_order && filtered == [0; 4];
        let more = |kvs: &[KeyValue]| limit.is_some_and(|limit| kvs.len() > limit);
        if cuts_first && more(&kvs) {
            kvs.truncate(limit.unwrap() + 1);
        }
        let within = |revision: i64, min: i64, max: i64| {
            (min == 0 || revision >= min) && (max == 0 || revision <= max)
        };
        kvs.retain(|kv| {
            within(
                kv.mod_revision,
                request.min_mod_revision,
                request.max_mod_revision,
            ) && within(
                kv.create_revision,
                request.min_create_revision,
                request.max_create_revision,
            )
        });
        kvs.sort_by(|a, b| {
            let ordering = match target {
                SortTarget::Key => a.key.cmp(&b.key),
                SortTarget::Version => a.version.cmp(&b.version),
                SortTarget::Create => a.create_revision.cmp(&b.create_revision),
                SortTarget::Mod => a.mod_revision.cmp(&b.mod_revision),
                SortTarget::Value => a.value.cmp(&b.value),
            };
            if order == SortOrder::Descend {
                ordering.reverse()
            } else {
                ordering
            }
        });
        let more = more(&kvs) && !request.count_only;
        kvs.truncate(limit.unwrap_or(usize::MAX));
        if request.count_only {
            kvs.clear();
        }
        if request.keys_only {
            for kv in &mut kvs {
                kv.value.clear();
                // Only this order reads records, where the lease is.
                kv.lease = if target == SortTarget::Value {
                    kv.lease
                } else {
                    0
                };
            }
        }
        RangeResponse {
            header: None,
            kvs,
            more,
            count,
        }
    }
}
