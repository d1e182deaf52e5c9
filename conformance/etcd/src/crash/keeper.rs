//! Keeps the member busy besides: leases, compactions, defragmentation, hashes; and remembers what it was told of them.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::Clients;
use crate::random::Random;

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Keeper {
    random: Random,
    revision: i64,
    /// Up to where history is known to be gone.
    pub(super) compacted: i64,
    /// A compaction that was asked for and not answered.
    asked: i64,
    leases: BTreeSet<i64>,
    open_lease: Option<i64>,
    next_lease: i64,
    /// Hash, revision and compacted revision, as they were told.
    hashes: Vec<(Value, i64, Value)>,
    counts: [usize; 4],
}

impl Keeper {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed ^ 0xc0_ffee),
            revision: 1,
            compacted: 0,
            asked: 0,
            leases: BTreeSet::new(),
            open_lease: None,
            next_lease: 1,
            hashes: Vec::new(),
            counts: [0; 4],
        }
    }

    pub(super) fn told(&self) -> String {
        let [granted, compactions, defragmentations, hashes] = self.counts;
        format!(
            "{granted} leases, {compactions} compactions, {defragmentations} defragmentations, {hashes} hashes held"
        )
    }

    /// Works until nobody answers.
    pub(super) async fn work(&mut self, clients: &Clients) {
        loop {
            tokio::time::sleep(Duration::from_millis(3)).await;
            let is_done = match self.random.below(12) {
                0..5 => self.lease(clients).await,
                5 | 6 => self.compact(clients).await,
                7 => self.defragment(clients).await,
                _ => self.hash(clients).await,
            };
            if is_done.is_none() {
                return;
            }
        }
    }

    async fn lease(&mut self, clients: &Clients) -> Option<()> {
        if self.leases.len() > 20 {
            let id = *self.leases.first()?;
            self.leases.remove(&id);
            self.open_lease = Some(id);
            clients
                .ask("etcdserverpb.Lease/LeaseRevoke", &json!({"ID": id}))
                .await?;
        } else {
            let id = self.next_lease;
            self.next_lease += 1;
            let grant = json!({"ID": id, "TTL": 3600});
            clients.ask("etcdserverpb.Lease/LeaseGrant", &grant).await?;
            self.leases.insert(id);
            self.counts[0] += 1;
        }
        self.open_lease = None;
        Some(())
    }

    async fn compact(&mut self, clients: &Clients) -> Option<()> {
        let status = clients
            .ask("etcdserverpb.KV/Range", &json!({"key": "YQ=="}))
            .await?;
        self.revision = status.1["header"]["revision"].as_i64()?;
        // What the watcher may still have to be told stays.
        let at = self.revision - self.random.between(300, 600);
        if at <= self.compacted {
            return Some(());
        }
        self.asked = at;
        let is_physical = self.random.chance(50);
        let compact = json!({"revision": at, "physical": is_physical});
        let (reply, _) = clients.ask("etcdserverpb.KV/Compact", &compact).await?;
        if reply.code == 0 {
            self.compacted = at;
            self.counts[1] += 1;
        }
        Some(())
    }

    async fn defragment(&mut self, clients: &Clients) -> Option<()> {
        clients
            .ask("etcdserverpb.Maintenance/Defragment", &json!({}))
            .await?;
        self.counts[2] += 1;
        Some(())
    }

    async fn hash(&mut self, clients: &Clients) -> Option<()> {
        let (reply, told) = clients
            .ask("etcdserverpb.Maintenance/HashKV", &json!({}))
            .await?;
        if reply.code == 0 {
            let at = told["hash_revision"].as_i64()?;
            self.hashes
                .push((told["hash"].clone(), at, told["compact_revision"].clone()));
        }
        Some(())
    }

    /// Looks whether what was told still holds.
    pub(super) async fn verify(&mut self, clients: &Clients, found: &mut Vec<String>) {
        if self.check(clients, found).await.is_none() {
            found.push("nobody answers after a restart".to_owned());
        }
    }

    async fn check(&mut self, clients: &Clients, found: &mut Vec<String>) -> Option<()> {
        for id in self.leases.clone() {
            let (_, told) = clients
                .ask("etcdserverpb.Lease/LeaseTimeToLive", &json!({"ID": id}))
                .await?;
            if told["TTL"].as_i64().unwrap_or(0) < 3000 {
                found.push(format!("lease {id} is gone: {told}"));
                self.leases.remove(&id);
            }
        }
        if let Some(id) = self.open_lease.take() {
            // Whether it was revoked is open.
            clients
                .ask("etcdserverpb.Lease/LeaseRevoke", &json!({"ID": id}))
                .await?;
        }
        if self.compacted > 0 {
            let old = json!({"key": "YQ==", "revision": self.compacted - 1});
            let (reply, _) = clients.ask("etcdserverpb.KV/Range", &old).await?;
            if reply.code != 11 || !reply.text.contains("compacted") {
                found.push(format!(
                    "{} was compacted, and is read: {reply:?}",
                    self.compacted
                ));
            }
        }
        for (hash, at, compacted) in std::mem::take(&mut self.hashes) {
            let (reply, told) = clients
                .ask("etcdserverpb.Maintenance/HashKV", &json!({"revision": at}))
                .await?;
            if reply.code != 0 && !reply.text.contains("compacted") {
                found.push(format!("hash at {at}, which was there: {}", reply.text));
            }
            if reply.code == 0 && told["compact_revision"] == compacted {
                self.counts[3] += 1;
                if told["hash"] != hash {
                    found.push(format!("hash at {at} was {hash} and is {told}"));
                }
            }
        }
        Some(())
    }
}
