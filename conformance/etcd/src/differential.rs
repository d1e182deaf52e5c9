//! Puts one random script to two members, step by step, and holds each answer of ours against upstream's.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    schema::Schema,
    script::{State, Step},
    side::Side,
    told::Told,
};

/// Steps from one restart of both to the next.
const RESTART_EVERY: usize = 4000;
/// A stream of watchers is left for a new one after so many.
const WATCHERS_MAX: i64 = 60;
/// Upstream looks at watchers that are behind every 100 ms.
const SWEEP: Duration = Duration::from_millis(230);
const SETTLE_WITHIN: Duration = Duration::from_secs(10);
/// A compaction rests 10 ms after each batch of 1,000.
const COMPACTION: Duration = Duration::from_millis(150);
/// After one difference there are more because of it.
const FOUND_MAX: usize = 10;
/// Of a long answer this much is shown.
const SHOWN: usize = 1500;

/// Asks `count` operations; returns what was found, and a line on what was done.
///
/// # Errors
/// When a member does not start.
pub async fn run(
    ours: &Path,
    upstream: &Path,
    count: usize,
    seed: u64,
) -> Result<(Vec<String>, String), String> {
    let schema = Schema::read()?;
    let started = Instant::now();
    let mut pair = Pair {
        upstream: Side::start(upstream, &schema).await?,
        ours: Side::start(ours, &schema).await?,
        state: State::new(seed, RESTART_EVERY),
        unsettled_since: Instant::now(),
        schema,
        found: Vec::new(),
        asked: 0,
        refused: 0,
    };
    let status = call("etcdserverpb.Maintenance/Status", json!({}));
    let status = pair.upstream.ask(&pair.schema, &status).await;
    let member = &status["messages"][0]["header"]["member_id"];
    pair.state.member = member.as_u64().ok_or("upstream tells no status")?;
    while pair.asked < count && pair.found.len() < FOUND_MAX {
        let step = pair.state.step();
        let taken = pair.take(&step).await;
        taken.map_err(|error| {
            format!(
                "after operation {} ({step:?}): {error}; found {:?}",
                pair.asked, pair.found
            )
        })?;
    }
    pair.end().await?;
    let Pair {
        asked,
        refused,
        state,
        ..
    } = pair;
    let told = format!(
        "seed {seed}: {asked} operations ({refused} refused by both), revision {}, {} differences, {:?}",
        state.revision,
        pair.found.len(),
        started.elapsed(),
    );
    Ok((pair.found, told))
}

struct Pair {
    upstream: Side,
    ours: Side,
    state: State,
    unsettled_since: Instant,
    schema: Schema,
    found: Vec<String>,
    asked: usize,
    refused: usize,
}

fn call(method: &'static str, request: Value) -> Step {
    Step::Call {
        method,
        request,
        user: Some("root".to_owned()),
    }
}

impl Pair {
    async fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Settle => self.settle().await,
            Step::Rest => {
                tokio::time::sleep(COMPACTION).await;
                Ok(())
            }
            Step::Restart => {
                self.settle().await?;
                tokio::time::sleep(COMPACTION).await;
                let restarted = tokio::join!(
                    self.upstream.restart(&self.schema),
                    self.ours.restart(&self.schema)
                );
                restarted.0.and(restarted.1)?;
                self.state.restarted();
                Ok(())
            }
            _ => {
                self.compare(step).await;
                Ok(())
            }
        }
    }

    async fn compare(&mut self, step: &Step) {
        self.asked += 1;
        if matches!(step, Step::Watch(_)) {
            self.unsettled_since = Instant::now();
        }
        let (expected, answered) = tokio::join!(
            self.upstream.ask(&self.schema, step),
            self.ours.ask(&self.schema, step)
        );
        self.refused += usize::from(expected["code"].as_u64().unwrap_or(0) > 0);
        if expected != answered {
            self.find(&format!("{step:?}"), &expected, &answered);
        }
        self.state.learn(step, &expected);
    }

    /// Waits until both have told their watchers the same, and all of it.
    async fn settle(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        let (expected, told) = loop {
            let (expected, told) = (self.upstream.heard(), self.ours.heard());
            let is_swept = !self.state.is_unsettled || self.unsettled_since.elapsed() > SWEEP;
            if expected == told && is_swept || begun.elapsed() > SETTLE_WITHIN {
                break (expected, told);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        self.state.is_unsettled = false;
        if expected != told {
            let (left, right) = (told_apart(&expected, &told), told_apart(&told, &expected));
            self.find("watchers, from where they differ", &left, &right);
        }
        self.upstream.forget();
        self.ours.forget();
        if self.state.watchers > WATCHERS_MAX || expected != told {
            self.state.watchers = 0;
            self.upstream.reopen(&self.schema).await?;
            self.ours.reopen(&self.schema).await?;
        }
        Ok(())
    }

    /// All that is there at the end: keys, hash, leases, users, roles, alarms.
    async fn end(&mut self) -> Result<(), String> {
        self.settle().await?;
        if self.state.has_auth {
            let first = self.state.disable_auth();
            self.compare(&first).await;
        }
        while let Some(step) = self.state.due.pop() {
            self.take(&step).await?;
        }
        tokio::time::sleep(COMPACTION).await;
        for step in [
            call("etcdserverpb.Maintenance/HashKV", json!({})),
            call(
                "etcdserverpb.KV/Range",
                json!({"key": "AA==", "range_end": "AA=="}),
            ),
            call("etcdserverpb.Lease/LeaseLeases", json!({})),
            call("etcdserverpb.Auth/UserList", json!({})),
            call("etcdserverpb.Auth/RoleList", json!({})),
            call("etcdserverpb.Maintenance/Alarm", json!({})),
            call("etcdserverpb.Cluster/MemberList", json!({})),
        ] {
            self.compare(&step).await;
        }
        Ok(())
    }

    fn find(&mut self, what: &str, expected: &Value, answered: &Value) {
        let cut = |text: String| text.chars().take(SHOWN).collect::<String>();
        self.found.push(format!(
            "operation {} at revision {}: {}\n  upstream {}\n  ours     {}",
            self.asked,
            self.state.revision,
            cut(what.to_owned()),
            cut(expected.to_string()),
            cut(answered.to_string()),
        ));
    }
}

/// What each watcher heard that heard something else on the other side, from the first difference on.
fn told_apart(told: &Told, other: &Told) -> Value {
    let nothing = Vec::new();
    let apart: Vec<_> = told
        .heard
        .iter()
        .filter(|(id, heard)| other.heard.get(*id) != Some(*heard))
        .map(|(id, heard)| {
            let other = other.heard.get(id).unwrap_or(&nothing);
            let same = heard
                .iter()
                .zip(other)
                .take_while(|(one, other)| one == other);
            let from = same.count();
            json!({"watcher": id, "after": from, "of": heard.len(), "heard": heard[from..]})
        })
        .collect();
    json!([apart, told.wrong])
}
