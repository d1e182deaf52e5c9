//! `lock`: holds a lock until a signal, or while a program runs.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/lock_command.go.

use etcd_api::etcdserverpb::RangeRequest;
use etcd_client::{
    Client,
    concurrency::{Mutex, Session},
};

use tracing::warn;

use crate::{
    command::{
        UNLIMITED,
        process::{self, Stop},
    },
    context::Ctl,
    failure::Failure,
    print::Reply,
    settings,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let words = ctl.line.arguments.clone();
    let [name, program @ ..] = words.as_slice() else {
        return Err(Failure::arguments(
            "lock takes a lock name argument and an optional command to execute",
        ));
    };
    let name = String::from_utf8_lossy(name).into_owned();
    let client = ctl.client().await?;
    let mut session = Session::open(&client, ttl(&ctl)).await?;
    let mut mutex = Mutex::new(&session, &name);
    let mut stop = Stop::new().map_err(|error| Failure::error(error.to_string()))?;
    let locked = tokio::select! {
        locked = mutex.lock() => Some(locked),
        () = stop.asked() => None,
    };
    match locked {
        Some(locked) => locked.map_err(|error| Failure::error(error.to_string()))?,
        None => {
            mutex.unlock().await?;
            return Err(Failure::error("context canceled"));
        }
    }
    if !program.is_empty() {
        return run_holding(&mutex, program).await;
    }
    show_key(&ctl, &client, mutex.key()).await?;
    tokio::select! {
        () = stop.asked() => Ok(mutex.unlock().await?),
        () = session.expired() => Err(Failure::error("session expired")),
    }
}

/// Returns the lifetime of the session; one that is none is told and the default taken.
fn ttl(ctl: &Ctl) -> i64 {
    if let ttl @ 1.. = ctl.integer("ttl") {
        return ttl;
    }
    warn!(
        logger = settings::LOGGER,
        caller = "concurrency/session.go:133",
        "current-session-ttl" = Session::TTL_SECONDS,
        "WithTTL(): TTL should be > 0, preserving current TTL"
    );
    Session::TTL_SECONDS
}

/// Prints a key that this process owns.
pub(super) async fn show_key(ctl: &Ctl, client: &Client, key: &[u8]) -> Result<(), Failure> {
    let request = RangeRequest {
        key: key.to_vec().into(),
        ..RangeRequest::default()
    };
    let answer = client.range(UNLIMITED, request).await?;
    if answer.kvs.is_empty() {
        return Err(Failure::error("lock lost on init"));
    }
    ctl.show(&Reply::Get(&answer))
}

/// Runs a program while the lock is held; its exit code is the command's.
async fn run_holding(mutex: &Mutex, program: &[Vec<u8>]) -> Result<(), Failure> {
    let variables = [
        ("ETCD_LOCK_KEY", mutex.key().to_vec()),
        (
            "ETCD_LOCK_REV",
            mutex.header().revision.to_string().into_bytes(),
        ),
    ];
    let ended = process::run(program, &variables).await;
    let unlocked = mutex.unlock().await;
    match ended {
        Ok(status) if status.success() => Ok(unlocked?),
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            // A program that a signal ended has the code -1 in Go.
            let code = code.unwrap_or(u8::MAX);
            Err(Failure::new(code, process::exit_text(status)))
        }
        Err(error) => Err(Failure::error(process::start_error(program, &error))),
    }
}
