//! Ends a member over and over while clients are at work, and looks each time whether all that was acknowledged is there.
//!
//! Four writers have keys of their own, so that each knows what its keys must be; one more grants leases, compacts,
//! defragments and takes hashes. A watcher goes on after each crash where it stopped. What was asked and not answered may
//! have been done or not; nothing else is open.

use std::{path::Path, time::Duration};

use serde_json::json;

use crate::{
    grpc::{Client, Reply},
    member::Member,
    random::Random,
    schema::Schema,
};

mod keeper;
mod watcher;
mod writer;

use keeper::Keeper;
use watcher::Watcher;
use writer::Writer;

const WRITERS: usize = 4;
/// Segments of the log are closed and cut now and then in so short a life; and so are snapshots.
const FLAGS: [&str; 2] = ["--snapshot-count=500", "--backend-batch-interval=50ms"];
const FOUND_MAX: usize = 10;

/// Ends the member `count` times; returns what was found, and a line on what was done.
///
/// # Errors
/// When the member does not start again.
pub async fn run(ours: &Path, count: usize, seed: u64) -> Result<(Vec<String>, String), String> {
    let mut random = Random::new(seed);
    let mut member = Member::start(ours, &FLAGS).await?;
    let schema = Schema::read()?;
    let mut writers: Vec<_> = (0..WRITERS)
        .map(|number| Writer::new(number, seed))
        .collect();
    let mut keeper = Keeper::new(seed);
    let mut watcher = Watcher::default();
    let mut found = Vec::new();
    let mut crashes = 0;
    while crashes < count && found.len() < FOUND_MAX {
        let clients = Clients::connect(&member, &schema).await?;
        let life = Duration::from_millis(random.between(20, 500).unsigned_abs());
        life_of(
            &clients,
            &mut writers,
            &mut keeper,
            &mut watcher,
            life,
            &mut member,
        )
        .await;
        crashes += 1;
        member.run().await?;
        let clients = Clients::connect(&member, &schema).await?;
        for writer in &mut writers {
            writer.verify(&clients, &mut found).await;
        }
        keeper.verify(&clients, &mut found).await;
    }
    let clients = Clients::connect(&member, &schema).await?;
    watcher.finish(&clients).await;
    watcher.verify(&writers, &keeper, &mut found);
    let done: usize = writers.iter().map(Writer::done).sum();
    let told = format!(
        "seed {seed}: {crashes} crashes, {done} acknowledged writes, {} events, {}, {} faults",
        watcher.count(),
        keeper.told(),
        found.len(),
    );
    Ok((found, told))
}

/// Lets all work, and ends the member in the middle of it.
async fn life_of(
    clients: &Clients,
    writers: &mut [Writer],
    keeper: &mut Keeper,
    watcher: &mut Watcher,
    life: Duration,
    member: &mut Member,
) {
    let [first, second, third, fourth] = writers else {
        unreachable!("as many as there are")
    };
    let end = async {
        tokio::time::sleep(life).await;
        member.kill();
    };
    tokio::join!(
        first.work(clients),
        second.work(clients),
        third.work(clients),
        fourth.work(clients),
        keeper.work(clients),
        watcher.follow(clients),
        end,
    );
}

/// A connection for writers and one for the watcher.
#[derive(Debug)]
struct Clients {
    schema: Schema,
    client: Client,
    watch: Client,
}

impl Clients {
    async fn connect(member: &Member, schema: &Schema) -> Result<Self, String> {
        Ok(Self {
            schema: schema.clone(),
            client: member.client().await?,
            watch: member.client().await?,
        })
    }

    /// Asks; `None` when nobody answered.
    async fn ask(
        &self,
        method: &str,
        request: &serde_json::Value,
    ) -> Option<(Reply, serde_json::Value)> {
        let message = self.schema.encode(method, request);
        let reply = self.client.call(method, &message, None).await;
        // A member that is being ended may still say that it stops.
        if reply.is_lost() || reply.text.contains("server stopped") {
            return None;
        }
        let message = reply.messages.first();
        let message = message.map_or(json!(null), |it| self.schema.decode(method, it));
        Some((reply, message))
    }
}
