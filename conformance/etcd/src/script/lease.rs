//! Leases. Those that stay live for an hour and more, so that none ends in between.

use serde_json::json;

use super::{State, Step};

impl State {
    pub(super) fn lease_id(&mut self) -> i64 {
        match self.random.below(30) {
            0 => 0,
            1 => -7,
            2 => i64::MAX,
            _ => self.random.between(1, 15),
        }
    }

    pub(super) fn lease(&mut self) -> Step {
        let id = self.lease_id();
        match self.random.below(12) {
            0..4 if id != 0 => self.grant(id),
            4 | 5 => self.call("etcdserverpb.Lease/LeaseRevoke", json!({"ID": id})),
            6 => self.call("etcdserverpb.Lease/LeaseKeepAlive", json!({"ID": id})),
            7 | 8 => {
                let has_keys = self.random.chance(60);
                self.call(
                    "etcdserverpb.Lease/LeaseTimeToLive",
                    json!({"ID": id, "keys": has_keys}),
                )
            }
            9 => self.call("etcdserverpb.Lease/LeaseLeases", json!({})),
            _ if self.has_auth => self.call("etcdserverpb.Lease/LeaseLeases", json!({})),
            _ => Step::AutoLease,
        }
    }

    fn grant(&mut self, id: i64) -> Step {
        let ttl = self
            .random
            .one(&[3600_i64, 5000, 7200, 9_000_000_000, 9_000_000_001, 0, -5, 1]);
        if ttl < 3600 {
            // Raised to a few seconds; gone before they are over.
            let revoke = Step::Call {
                method: "etcdserverpb.Lease/LeaseRevoke",
                request: json!({"ID": id}),
                user: Some("root".to_owned()),
            };
            self.due.push(revoke);
        }
        self.call(
            "etcdserverpb.Lease/LeaseGrant",
            json!({"ID": id, "TTL": ttl}),
        )
    }
}
