//! Follows all keys of the writers over every crash, from the revision after the last that it heard whole.

use std::collections::BTreeMap;

use bytes::BytesMut;
use serde_json::{Value, json};

use super::{
    Clients,
    keeper::Keeper,
    writer::{Writer, text},
};
use crate::grpc;

const METHOD: &str = "etcdserverpb.Watch/Watch";

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Watcher {
    /// What was heard: revision, and for each key its new value or that it is gone.
    heard: BTreeMap<i64, BTreeMap<String, Option<String>>>,
    wrong: Vec<String>,
    count: usize,
}

impl Watcher {
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Listens until the connection ends.
    pub(super) async fn follow(&mut self, clients: &Clients) {
        // A stream that ends is followed by the next one; what is lost shows in the end.
        let _ = self.take_in(clients, i64::MAX).await;
    }

    /// Listens until everything there is was heard.
    pub(super) async fn finish(&mut self, clients: &Clients) {
        let range = clients
            .ask("etcdserverpb.KV/Range", &json!({"key": "YQ=="}))
            .await;
        let newest = range.and_then(|(_, reply)| reply["header"]["revision"].as_i64());
        let end = newest.unwrap_or(0);
        let listening = self.take_in(clients, end);
        if tokio::time::timeout(std::time::Duration::from_secs(20), listening)
            .await
            .is_err()
        {
            self.wrong.push(format!("not all was heard up to {end}"));
        }
    }

    async fn take_in(&mut self, clients: &Clients, end: i64) -> Option<()> {
        let last = self.heard.last_key_value().map_or(1, |(last, _)| *last);
        if last >= end {
            return Some(());
        }
        let create = json!({"create_request": {"key": "dw==", "range_end": "eA==", "start_revision": last + 1}});
        let (response, mut stream) = clients.watch.open(METHOD, None).await.ok()?;
        let message = grpc::framed(&clients.schema.encode(METHOD, &create));
        grpc::send(&mut stream, message, false).await;
        let mut body = response.await.ok()?.into_body();
        let mut rest = BytesMut::new();
        while let Some(message) = grpc::next(&mut body, &mut rest).await.ok()? {
            let said = clients.schema.decode(METHOD, &message);
            self.hear(&said, last);
            if self
                .heard
                .last_key_value()
                .is_some_and(|(last, _)| *last >= end)
            {
                break;
            }
        }
        Some(())
    }

    fn hear(&mut self, said: &Value, after: i64) {
        if said["canceled"] == true {
            self.wrong
                .push(format!("a watch from {after} is canceled: {said}"));
        }
        let newest = self.heard.last_key_value().map_or(0, |(last, _)| *last);
        for event in said["events"].as_array().into_iter().flatten() {
            let at = event["kv"]["mod_revision"].as_i64().unwrap_or(0);
            if at <= newest {
                self.wrong.push(format!("revision {at} after {newest}"));
            }
            self.count += 1;
            let value = (event["type"] != "DELETE").then(|| text(&event["kv"]["value"]));
            let before = self
                .heard
                .entry(at)
                .or_default()
                .insert(text(&event["kv"]["key"]), value);
            if before.is_some() {
                self.wrong.push(format!("an event of {at} twice"));
            }
        }
    }

    /// Holds what was heard against what the writers know.
    pub(super) fn verify(&mut self, writers: &[Writer], keeper: &Keeper, found: &mut Vec<String>) {
        found.append(&mut self.wrong);
        let mut heard = self.heard.clone();
        let (known, open): (Vec<_>, Vec<_>) = writers
            .iter()
            .flat_map(|writer| &writer.log)
            .partition(|(at, _)| **at > 0);
        // A deletion that was found done has no revision; what is left in the end must have it once.
        for (at, change) in known.into_iter().chain(open) {
            let change: BTreeMap<_, _> = change.iter().cloned().collect();
            let at = match *at {
                at @ 1.. => Some(at),
                _ => heard
                    .iter()
                    .find(|(_, it)| **it == change)
                    .map(|(at, _)| *at),
            };
            if at.and_then(|at| heard.remove(&at)).as_ref() != Some(&change) {
                found.push(format!(
                    "what was written at {at:?} was not heard as written (compacted {})",
                    keeper.compacted
                ));
            }
        }
        for at in heard.keys() {
            found.push(format!("an event of {at} that nobody wrote"));
        }
        found.truncate(20);
    }
}
