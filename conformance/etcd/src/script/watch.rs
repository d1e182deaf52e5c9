//! Watchers, on one stream that stays and on streams of their own.

use serde_json::{Value, json};

use super::{State, Step, bytes};

impl State {
    pub(super) fn watch(&mut self) -> Step {
        // A stream of its own is listened to for a while, which takes time.
        if self.random.chance(4) {
            let user = self.somebody();
            let request = self.create();
            return Step::WatchOnce { request, user };
        }
        // The stream that stays was opened by nobody.
        if self.has_auth {
            return self.range();
        }
        match self.random.below(24) {
            0 => {
                let id = self.random.between(0, self.watchers);
                self.due
                    .push(Step::Watch(json!({"cancel_request": {"watch_id": id}})));
                Step::Settle
            }
            1 => Step::Watch(json!({})),
            2 => Step::Settle,
            _ => {
                self.is_unsettled = true;
                self.watchers += 1;
                Step::Watch(json!({"create_request": self.create()}))
            }
        }
    }

    fn create(&mut self) -> Value {
        let (key, end) = self.interval();
        let mut create = json!({"key": bytes(key), "range_end": bytes(end)});
        if self.random.chance(60) {
            // Never one that falls behind a compaction of which it is not known when.
            create["start_revision"] = json!(match self.random.below(10) {
                0 => -3,
                1 => self.compacted,
                2 => self.compacted - 1,
                3 => self.revision + self.random.between(1, 20),
                _ => self.revision - self.random.between(0, 40),
            });
        }
        if self.random.chance(30) {
            create["filters"] =
                json!(
                    self.random
                        .one(&[vec![0], vec![1], vec![0, 1], vec![1, 1], vec![6]])
                );
        }
        for option in ["prev_kv", "fragment", "progress_notify"] {
            if self.random.chance(30) {
                create[option] = json!(true);
            }
        }
        if self.random.chance(10) {
            create["watch_id"] = json!(self.random.between(-1, 200));
        }
        create
    }
}
