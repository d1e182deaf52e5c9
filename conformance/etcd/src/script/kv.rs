//! Keys: puts, ranges, deletions, transactions, compactions.

use serde_json::{Value, json};

use super::{State, Step, bytes};

impl State {
    pub(super) fn key(&mut self) -> Vec<u8> {
        match self.random.below(100) {
            0 => Vec::new(),
            1 => vec![0],
            2 => vec![0xff],
            3 => vec![0xff, 0xff],
            4 => vec![b'k', 0xff],
            5 => self
                .random
                .one(&[600, 2000, 70_000])
                .to_string()
                .repeat(200)
                .into_bytes(),
            6..40 => format!("k{}", self.random.below(30)).into_bytes(),
            40..70 => {
                let folder = self.random.one(&["a", "b", "c"]);
                format!("dir/{folder}/{}", self.random.below(6)).into_bytes()
            }
            _ => vec![b'a' + u8::try_from(self.random.below(12)).unwrap_or(0)],
        }
    }

    /// A key and an end; mostly intervals with something in them.
    pub(super) fn interval(&mut self) -> (Vec<u8>, Vec<u8>) {
        match self.random.below(20) {
            0..7 => (self.key(), Vec::new()),
            7..9 => (vec![0], vec![0]),
            9 => (self.key(), vec![0]),
            10 | 11 => (b"dir/".to_vec(), b"dir0".to_vec()),
            12 => (b"k".to_vec(), b"l".to_vec()),
            13 => {
                let mut end = self.key();
                let key = end.clone();
                end.push(0);
                (key, end)
            }
            14 => (Vec::new(), self.key()),
            _ => {
                let (mut first, mut second) = (self.key(), self.key());
                if first > second && self.random.chance(80) {
                    std::mem::swap(&mut first, &mut second);
                }
                (first, second)
            }
        }
    }

    pub(super) fn some_revision(&mut self) -> i64 {
        let (revision, compacted) = (self.revision, self.compacted);
        match self.random.below(12) {
            0..5 => 0,
            5..8 => revision - self.random.between(0, 30),
            8 => compacted + self.random.between(-1, 1),
            9 => revision + self.random.one(&[0, 1, 1000]),
            10 => self.random.between(-3, 3),
            _ => self.random.between(compacted, revision.max(compacted)),
        }
    }

    fn value(&mut self) -> Vec<u8> {
        match self.random.below(50) {
            0 => Vec::new(),
            1 => vec![0xfe; 3000],
            2 => vec![b'v'; 40_000],
            _ => format!("v{}", self.random.below(8)).into_bytes(),
        }
    }

    pub(super) fn put_request(&mut self) -> Value {
        let value = if self.random.chance(8) {
            Vec::new()
        } else {
            self.value()
        };
        let mut put = json!({"key": bytes(self.key()), "value": bytes(value)});
        if self.random.chance(25) {
            put["lease"] = json!(self.lease_id());
        }
        if self.random.chance(30) {
            put["prev_kv"] = json!(true);
        }
        if self.random.chance(6) {
            put["ignore_value"] = json!(true);
            if self.random.chance(80) {
                put["value"] = json!("");
            }
        }
        if self.random.chance(6) {
            put["ignore_lease"] = json!(true);
            if self.random.chance(80) {
                put["lease"] = json!(0);
            }
        }
        put
    }

    pub(super) fn range_request(&mut self) -> Value {
        let (key, end) = self.interval();
        let mut range =
            json!({"key": bytes(key), "range_end": bytes(end), "revision": self.some_revision()});
        if self.random.chance(40) {
            range["limit"] = json!(self.random.between(-1, 12));
        }
        if self.random.chance(35) {
            range["sort_order"] = json!(self.random.one(&[0, 1, 2, 1, 2, 7, -1]));
            range["sort_target"] = json!(self.random.one(&[0, 1, 2, 3, 4, 1, 2, 3, 4, 9, -2]));
        }
        for option in ["serializable", "keys_only", "count_only"] {
            if self.random.chance(15) {
                range[option] = json!(true);
            }
        }
        for option in [
            "min_mod_revision",
            "max_mod_revision",
            "min_create_revision",
            "max_create_revision",
        ] {
            if self.random.chance(7) {
                range[option] = json!(self.some_revision());
            }
        }
        range
    }

    pub(super) fn delete_request(&mut self) -> Value {
        let (key, mut end) = self.interval();
        // Now and then all of it goes; more often would leave nothing to look at.
        if key == [0] && self.random.chance(80) {
            end = Vec::new();
        }
        json!({"key": bytes(key), "range_end": bytes(end), "prev_kv": self.random.chance(40)})
    }

    pub(super) fn put(&mut self) -> Step {
        let request = self.put_request();
        self.call("etcdserverpb.KV/Put", request)
    }

    pub(super) fn range(&mut self) -> Step {
        let request = self.range_request();
        // With a limit below zero upstream puts all into one message of the stream, however large; ours does not.
        let is_limited = request["limit"].as_i64().is_none_or(|limit| limit >= 0);
        let method = if is_limited && self.random.chance(25) {
            "etcdserverpb.KV/RangeStream"
        } else {
            "etcdserverpb.KV/Range"
        };
        self.call(method, request)
    }

    pub(super) fn delete_range(&mut self) -> Step {
        let request = self.delete_request();
        self.call("etcdserverpb.KV/DeleteRange", request)
    }

    pub(super) fn txn(&mut self) -> Step {
        let request = self.txn_request(0);
        self.call("etcdserverpb.KV/Txn", request)
    }

    pub(super) fn txn_request(&mut self, depth: usize) -> Value {
        let is_read = self.random.chance(15);
        let compares: Vec<_> = (0..self.random.below(3)).map(|_| self.compare()).collect();
        let count = if self.random.chance(1) {
            129
        } else {
            self.random.below(4)
        };
        let success: Vec<_> = (0..count).map(|_| self.operation(depth, is_read)).collect();
        let count = self.random.below(4);
        let failure: Vec<_> = (0..count).map(|_| self.operation(depth, is_read)).collect();
        json!({"compare": compares, "success": success, "failure": failure})
    }

    fn operation(&mut self, depth: usize, is_read: bool) -> Value {
        if is_read {
            return json!({"request_range": self.range_request()});
        }
        match self.random.below(30) {
            0 => json!({}),
            1..4 if depth < 3 => json!({"request_txn": self.txn_request(depth + 1)}),
            4..10 => json!({"request_range": self.range_request()}),
            10..15 => json!({"request_delete_range": self.delete_request()}),
            _ => json!({"request_put": self.put_request()}),
        }
    }

    fn compare(&mut self) -> Value {
        let target = self.random.one(&[0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 11]);
        let (key, end) = self.interval();
        let mut compare = json!({
            "result": self.random.one(&[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 8]),
            "target": target,
            "key": bytes(key),
        });
        if self.random.chance(20) {
            compare["range_end"] = bytes(end);
        }
        // What it is compared with: now and then nothing, or something of another kind.
        let kind = if self.random.chance(6) {
            self.random.one(&[0, 1, 2, 3, 4])
        } else {
            target
        };
        match kind {
            _ if self.random.chance(5) => {}
            0 => compare["version"] = json!(self.random.between(0, 3)),
            1 => {
                compare["create_revision"] =
                    json!(self.random.one(&[0, self.revision, self.revision / 2]))
            }
            2 => {
                compare["mod_revision"] =
                    json!(self.random.one(&[0, self.revision, self.revision - 3]))
            }
            3 => compare["value"] = bytes(self.value()),
            _ => compare["lease"] = json!(self.lease_id()),
        }
        compare
    }

    pub(super) fn compact(&mut self) -> Step {
        let revision = match self.random.below(6) {
            0 => self.some_revision(),
            1 => self.revision,
            _ => self
                .random
                .between(self.compacted, self.revision.max(self.compacted)),
        };
        let is_physical = self.random.chance(70);
        let request = json!({"revision": revision, "physical": is_physical});
        let compact = self.call("etcdserverpb.KV/Compact", request);
        let was_compacting = std::mem::replace(&mut self.is_compacting, !is_physical);
        self.due.push(compact);
        // A watcher that is behind would be told something else, depending on who is faster.
        self.due.push(Step::Settle);
        if was_compacting {
            Step::Rest
        } else {
            Step::Settle
        }
    }
}
