//! Hashes, alarms, the cluster, elections and locks.

use serde_json::{Value, json};

use super::{State, Step, bytes};

impl State {
    pub(super) fn maintenance(&mut self) -> Step {
        let (method, request) = match self.random.below(22) {
            0..5 => return self.hash(),
            5 | 6 => ("etcdserverpb.Maintenance/Status", json!({})),
            7..10 => return self.alarm(),
            10 => (
                "etcdserverpb.Maintenance/MoveLeader",
                json!({"targetID": self.random.between(0, 3)}),
            ),
            11 | 12 => ("etcdserverpb.Maintenance/Downgrade", self.downgrade()),
            13 => (
                "etcdserverpb.Cluster/MemberList",
                json!({"linearizable": self.random.chance(50)}),
            ),
            14 | 15 => return self.cluster(),
            16 if self.random.chance(20) => ("etcdserverpb.Maintenance/Defragment", json!({})),
            _ => return self.election(),
        };
        self.call(method, request)
    }

    fn hash(&mut self) -> Step {
        let revision = self.some_revision();
        let call = self.call(
            "etcdserverpb.Maintenance/HashKV",
            json!({"revision": revision}),
        );
        if std::mem::replace(&mut self.is_compacting, false) {
            self.due.push(call);
            return Step::Rest;
        }
        call
    }

    /// An alarm that stops everything is set for a few steps only.
    fn alarm(&mut self) -> Step {
        let kind = self.random.one(&[0, 1, 1, 2]);
        let member = if self.random.chance(80) {
            self.member
        } else {
            77
        };
        if self.random.chance(40) {
            let kind = self.random.one(&[0, 1, 2, 6]);
            return self.call(
                "etcdserverpb.Maintenance/Alarm",
                json!({"action": 0, "alarm": kind, "memberID": member}),
            );
        }
        let as_root = |action: i32| Step::Call {
            method: "etcdserverpb.Maintenance/Alarm",
            request: json!({"action": action, "alarm": kind, "memberID": member}),
            user: Some("root".to_owned()),
        };
        self.due.push(as_root(2));
        for _ in 0..self.random.below(6) {
            let step = match self.random.below(5) {
                0 => self.put(),
                1 => self.range(),
                2 => self.delete_range(),
                3 => self.lease(),
                _ => self.txn(),
            };
            self.due.push(step);
        }
        as_root(1)
    }

    fn downgrade(&mut self) -> Value {
        let version = self.random.one(&[
            "", "3.6", "3.6.0", "3.7", "3.8", "3.5", "x", "3", "3.6.0.0", "v3.6", "-3.6", "3.6.1-a",
        ]);
        json!({"action": self.random.one(&[0, 0, 0, 2, 9]), "version": version})
    }

    fn cluster(&mut self) -> Step {
        let urls = self.random.one(&[
            vec![],
            vec!["http://127.0.0.1:2380"],
            vec!["not a url"],
            vec!["http://127.0.0.1"],
            vec!["tcp://127.0.0.1:1"],
            vec!["http://127.0.0.1:1/path"],
        ]);
        let id = self.random.one(&[0, 1, 77]);
        let (method, request) = match self.random.below(4) {
            0 => (
                "etcdserverpb.Cluster/MemberAdd",
                json!({"peerURLs": urls, "isLearner": self.random.chance(50)}),
            ),
            1 => ("etcdserverpb.Cluster/MemberRemove", json!({"ID": id})),
            2 => (
                "etcdserverpb.Cluster/MemberPromote",
                json!({"ID": self.random.one(&[77, self.member])}),
            ),
            _ => (
                "etcdserverpb.Cluster/MemberUpdate",
                json!({"ID": id, "peerURLs": urls}),
            ),
        };
        self.call(method, request)
    }

    /// Nobody waits: names are free, or who asks has them already.
    fn election(&mut self) -> Step {
        let name = self.random.one(&["e/0", "e/1", "e"]);
        let lease = self.random.between(1, 15);
        let leader = match self.random.below(4) {
            0 => Value::Null,
            1 => {
                json!({"name": bytes(name), "key": bytes(self.key()), "rev": self.revision, "lease": lease})
            }
            _ => {
                json!({"name": bytes(name), "key": bytes(format!("{name}/{lease:x}")), "rev": self.some_revision(), "lease": lease})
            }
        };
        let with_leader = |more: Value| {
            let mut request = more;
            if !leader.is_null() {
                request["leader"] = leader.clone();
            }
            request
        };
        let (method, request) = match self.random.below(8) {
            0..2 => ("v3electionpb.Election/Leader", json!({"name": bytes(name)})),
            2 => (
                "v3electionpb.Election/Proclaim",
                with_leader(json!({"value": bytes("x")})),
            ),
            3 => ("v3electionpb.Election/Resign", with_leader(json!({}))),
            4 => (
                "v3lockpb.Lock/Unlock",
                json!({"key": bytes(format!("lock/{lease:x}"))}),
            ),
            5 | 6 => {
                // A name of its own, so that nobody has the lock.
                let name = format!("lock/{}", self.revision);
                (
                    "v3lockpb.Lock/Lock",
                    json!({"name": bytes(name), "lease": lease}),
                )
            }
            _ => {
                let name = format!("campaign/{}", self.revision);
                (
                    "v3electionpb.Election/Campaign",
                    json!({"name": bytes(name), "lease": lease, "value": bytes("y")}),
                )
            }
        };
        self.call(method, request)
    }
}
