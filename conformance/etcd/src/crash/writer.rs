//! A client with keys of its own: puts, deletes and transactions, one after the other, and a note of each.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Clients;
use crate::random::Random;

const KEYS: usize = 12;

/// Key to value.
pub(super) type Keys = BTreeMap<String, String>;

/// What a writer did: which of its keys were changed to what, `None` for a deletion.
type Change = Vec<(String, Option<String>)>;

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Writer {
    number: usize,
    random: Random,
    sent: usize,
    keys: Keys,
    /// Revision and change of all that was acknowledged, or found done.
    pub(super) log: BTreeMap<i64, Change>,
    open: Option<Change>,
    newest: i64,
    done: usize,
}

impl Writer {
    pub(super) fn new(number: usize, seed: u64) -> Self {
        Self {
            number,
            random: Random::new(seed.wrapping_mul(31).wrapping_add(number as u64)),
            sent: 0,
            keys: Keys::new(),
            log: BTreeMap::new(),
            open: None,
            newest: 1,
            done: 0,
        }
    }

    /// Returns how many writes were acknowledged.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// Writes until nobody answers.
    pub(super) async fn work(&mut self, clients: &Clients) {
        loop {
            let (method, request, change) = self.choose();
            // Deleting what is not there changes nothing.
            let change: Change = change
                .into_iter()
                .filter(|(key, value)| value.is_some() || self.keys.contains_key(key))
                .collect();
            self.open = Some(change.clone());
            let Some((reply, message)) = clients.ask(method, &request).await else {
                return;
            };
            self.open = None;
            if reply.code == 0 {
                self.done += 1;
                let revision = message["header"]["revision"].as_i64().unwrap_or(0);
                self.settle(revision, change);
            }
        }
    }

    fn settle(&mut self, revision: i64, change: Change) {
        self.newest = self.newest.max(revision);
        for (key, value) in &change {
            match value {
                Some(value) => self.keys.insert(key.clone(), value.clone()),
                None => self.keys.remove(key),
            };
        }
        if !change.is_empty() {
            self.log.insert(revision, change);
        }
    }

    fn choose(&mut self) -> (&'static str, Value, Change) {
        self.sent += 1;
        let key = self.key();
        let size = self.random.one(&[1, 10, 300, 5000]);
        let value = format!("{}/{}/{}", self.number, self.sent, "x".repeat(size));
        let put = json!({"key": STANDARD.encode(&key), "value": STANDARD.encode(&value)});
        match self.random.below(10) {
            0 | 1 => {
                let delete = json!({"key": STANDARD.encode(&key)});
                ("etcdserverpb.KV/DeleteRange", delete, vec![(key, None)])
            }
            2 | 3 => {
                let mut other = self.key();
                while other == key {
                    other = self.key();
                }
                let delete = json!({"key": STANDARD.encode(&other)});
                let success = json!([{"request_put": put}, {"request_delete_range": delete}]);
                let change = vec![(key, Some(value)), (other, None)];
                ("etcdserverpb.KV/Txn", json!({"success": success}), change)
            }
            _ => ("etcdserverpb.KV/Put", put, vec![(key, Some(value))]),
        }
    }

    fn key(&mut self) -> String {
        format!("w{}/{:02}", self.number, self.random.below(KEYS))
    }

    /// Looks whether its keys are as they must be, with or without what was not answered.
    pub(super) async fn verify(&mut self, clients: &Clients, found: &mut Vec<String>) {
        let (first, end) = (format!("w{}/", self.number), format!("w{}0", self.number));
        let range = json!({"key": STANDARD.encode(first), "range_end": STANDARD.encode(end)});
        let Some((_, reply)) = clients.ask("etcdserverpb.KV/Range", &range).await else {
            found.push("nobody answers after a restart".to_owned());
            return;
        };
        let revision = reply["header"]["revision"].as_i64().unwrap_or(0);
        if revision < self.newest {
            found.push(format!("revision {revision}, and {} was told", self.newest));
        }
        let kvs = reply["kvs"].as_array().map_or(&[][..], Vec::as_slice);
        let there: Keys = kvs
            .iter()
            .map(|kv| (text(&kv["key"]), text(&kv["value"])))
            .collect();
        if let Some(change) = self.open.take().filter(|_| there != self.keys) {
            // It was done: at which revision, its keys say; a deletion alone leaves none, and the watcher tells.
            let at = kvs
                .iter()
                .filter(|kv| {
                    change
                        .iter()
                        .any(|(key, value)| *key == text(&kv["key"]) && value.is_some())
                })
                .find_map(|kv| kv["mod_revision"].as_i64());
            let unknown = -i64::try_from(self.sent).unwrap_or(0);
            self.settle(at.unwrap_or(unknown), change);
        }
        if there != self.keys {
            found.push(format!(
                "writer {} finds {there:?} and not {:?}",
                self.number, self.keys
            ));
            self.keys = there;
        }
    }
}

/// Reads bytes out of JSON.
pub(super) fn text(value: &Value) -> String {
    let bytes = STANDARD.decode(value.as_str().unwrap_or_default());
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}
