//! File systems that fill up, and a sync that fails. Run as root in a mount namespace of its own, since it mounts small
//! file systems; `unshare --mount` makes one.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use nix::mount::{MsFlags, mount};
use serde_json::json;

use crate::{grpc::Client, member::Member, schema::Schema};

const PUT: &str = "etcdserverpb.KV/Put";
/// Each put is this large, so that a disk of few MiB is full soon.
const VALUE_BYTES: usize = 200_000;
const PUTS_MAX: usize = 2000;
const WORKS_WITHIN: Duration = Duration::from_secs(20);

/// Tries all of it; returns what was found, and a line on what was done.
///
/// # Errors
/// When something cannot be mounted, or a member does not start.
pub async fn run(ours: &Path) -> Result<(Vec<String>, String), String> {
    let mut found = Vec::new();
    // Mounts of this process alone, and none that others hear of.
    mount::<str, str, str, str>(None, "/", None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None)
        .map_err(|error| format!("a mount namespace of our own is needed: {error}"))?;
    let mut told = Vec::new();
    for (name, done) in [
        ("store full", store_full(ours, &mut found).await),
        ("log full", log_full(ours, &mut found).await),
        ("sync fails", sync_fails(ours, &mut found).await),
    ] {
        told.push(format!(
            "{name}: {}",
            done.map_err(|error| format!("{name}: {error}"))?
        ));
    }
    Ok((found, told.join("; ")))
}

/// What was acknowledged: key and length of its value.
struct Written {
    schema: Schema,
    keys: Vec<String>,
}

impl Written {
    fn new() -> Result<Self, String> {
        Ok(Self {
            schema: Schema::read()?,
            keys: Vec::new(),
        })
    }

    /// Puts one key; says why it was not acknowledged.
    async fn put(&mut self, client: &Client) -> Result<(), String> {
        let key = format!("k{:06}", self.keys.len());
        let value = STANDARD.encode(vec![b'v'; VALUE_BYTES]);
        let request = json!({"key": STANDARD.encode(&key), "value": value});
        let reply = client
            .call(PUT, &self.schema.encode(PUT, &request), None)
            .await;
        if reply.code != 0 {
            return Err(format!("{} {}", reply.code, reply.text));
        }
        self.keys.push(key);
        Ok(())
    }

    /// Puts until something is refused, and returns what was said.
    async fn put_until_refused(&mut self, client: &Client) -> Result<String, String> {
        for _ in 0..PUTS_MAX {
            if let Err(said) = self.put(client).await {
                return Ok(said);
            }
        }
        Err("the disk does not fill".to_owned())
    }

    /// Looks whether all that was acknowledged is there.
    async fn verify(
        &self,
        member: &Member,
        when: &str,
        found: &mut Vec<String>,
    ) -> Result<(), String> {
        const RANGE: &str = "etcdserverpb.KV/Range";
        let client = member.client().await;
        let client = client.map_err(|error| format!("{when}: {error}: {}", member.log()))?;
        for key in &self.keys {
            let request = json!({"key": STANDARD.encode(key), "serializable": true});
            let reply = client
                .call(RANGE, &self.schema.encode(RANGE, &request), None)
                .await;
            let length = reply.messages.first().map_or(0, bytes::Bytes::len);
            if reply.code != 0 || length < VALUE_BYTES {
                found.push(format!(
                    "{when}: {key} was acknowledged and is not there: {}",
                    reply.text
                ));
            }
        }
        Ok(())
    }
}

/// The log has room and the store has none: what was acknowledged stays readable, and once there is room all goes on.
async fn store_full(ours: &Path, found: &mut Vec<String>) -> Result<String, String> {
    let (small, wal) = (Mounted::new(24)?, Mounted::new(900)?);
    let wal_flag = format!("--wal-dir={}", wal.0.join("wal").display());
    let flags = [wal_flag.as_str(), "--snapshot-count=1000000"];
    let mut member = Member::start_in(ours, small.0.join("data"), &flags).await?;
    let client = member.client().await?;
    let mut written = Written::new()?;
    // Two or three times of what there is room for, unless it says no before.
    let mut refusal = String::new();
    while written.keys.len() < 300 && refusal.is_empty() {
        refusal = written.put(&client).await.err().unwrap_or_default();
    }
    let count = written.keys.len();
    written
        .verify(&member, "while the store is full", found)
        .await?;
    small.resize(800)?;
    let begun = Instant::now();
    let again = loop {
        // The alarm that was raised stays until it is disarmed.
        disarm(&client, &written.schema).await;
        match written.put(&client).await {
            Ok(()) => break true,
            Err(_) if begun.elapsed() > WORKS_WITHIN => break false,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    if !refusal.contains("database space exceeded") {
        found.push(format!("store full: {count} puts, and then {refusal:?}"));
    }
    if !again {
        found.push(format!(
            "store full: does not go on with room: {}",
            member.log()
        ));
    }
    member.kill();
    member.run().await?;
    written
        .verify(&member, "store full, after a crash", found)
        .await?;
    Ok(format!(
        "{count} puts into a store of 24 MiB ({refusal:?}), goes on with room"
    ))
}

async fn disarm(client: &Client, schema: &Schema) {
    const STATUS: &str = "etcdserverpb.Maintenance/Status";
    const ALARM: &str = "etcdserverpb.Maintenance/Alarm";
    let status = client
        .call(STATUS, &schema.encode(STATUS, &json!({})), None)
        .await;
    let status = status.messages.first().map(|it| schema.decode(STATUS, it));
    let member = status.map(|it| it["header"]["member_id"].clone());
    let off = json!({"action": 2, "memberID": member, "alarm": 1});
    client.call(ALARM, &schema.encode(ALARM, &off), None).await;
}

/// The log has no room for its next segment: nothing more is acknowledged, nothing is lost, and it starts once there is room.
async fn log_full(ours: &Path, found: &mut Vec<String>) -> Result<String, String> {
    let (large, wal) = (Mounted::new(900)?, Mounted::new(100)?);
    let wal_flag = format!("--wal-dir={}", wal.0.join("wal").display());
    let mut member = Member::start_in(ours, large.0.join("data"), &[&wal_flag]).await?;
    let client = member.client().await?;
    let mut written = Written::new()?;
    let refusal = written.put_until_refused(&client).await?;
    let count = written.keys.len();
    let log = member.log();
    member.kill();
    wal.resize(400)?;
    member.run().await?;
    written
        .verify(&member, "log full, after a start with room", found)
        .await?;
    let client = member.client().await?;
    if let Err(said) = written.put(&client).await {
        found.push(format!("log full: no put with room: {said}"));
    }
    let last = log.lines().last().unwrap_or("nothing logged").to_owned();
    Ok(format!(
        "{count} puts into a log of 100 MiB, then {refusal:?} ({last})"
    ))
}

/// A sync of the log fails: the process ends, tries nothing again, and has acknowledged nothing that is not there.
async fn sync_fails(ours: &Path, found: &mut Vec<String>) -> Result<String, String> {
    let large = Mounted::new(900)?;
    let mut told = Vec::new();
    for call in ["fdatasync", "fsync"] {
        let data = large.0.join(call);
        let inject = format!("inject={call}:error=EIO:when=40+");
        let filter = format!("trace={call}");
        let strace = [
            "strace",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &filter,
            "-e",
            &inject,
        ];
        let mut member = Member::start_under(ours, data, &strace).await?;
        let client = member.client().await?;
        let mut written = Written::new()?;
        let mut refusal = None;
        for _ in 0..400 {
            refusal = written.put(&client).await.err();
            if refusal.is_some() {
                break;
            }
        }
        let has_ended = member.ends_within(Duration::from_secs(10));
        if refusal.is_some() && !has_ended {
            found.push(format!(
                "{call} fails, and the process goes on: {}",
                member.log()
            ));
        }
        member.kill();
        member.unwrap_command();
        member.run().await?;
        written
            .verify(&member, &format!("{call} failed"), found)
            .await?;
        told.push(format!(
            "{call}: ended {has_ended} after {} puts",
            written.keys.len()
        ));
    }
    Ok(told.join(", "))
}

/// A file system in memory of a few MiB, gone with the namespace.
struct Mounted(PathBuf);

impl Mounted {
    fn new(mebibytes: u32) -> Result<Self, String> {
        let folder = tempfile::tempdir()
            .map_err(|error| error.to_string())?
            .keep();
        let mounted = Self(folder);
        mounted.mount(mebibytes, MsFlags::empty())?;
        Ok(mounted)
    }

    fn resize(&self, mebibytes: u32) -> Result<(), String> {
        self.mount(mebibytes, MsFlags::MS_REMOUNT)
    }

    fn mount(&self, mebibytes: u32, flags: MsFlags) -> Result<(), String> {
        let size = format!("size={mebibytes}m");
        mount(
            Some("tmpfs"),
            &self.0,
            Some("tmpfs"),
            flags,
            Some(size.as_str()),
        )
        .map_err(|error| format!("mount a file system on {}: {error}", self.0.display()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // What is left goes with the namespace.
        let _ = nix::mount::umount2(&self.0, nix::mount::MntFlags::MNT_DETACH);
        let _ = fs::remove_dir(&self.0);
    }
}
