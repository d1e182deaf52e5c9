//! What the raft crate logs, as lines of `tracing` in upstream's words where people search for them.
//!
//! Source: raft v3.7 raft.go, node.go; members are written in hexadecimal.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use raft::eraftpb::MessageType;
use slog::{Drain, KV, Key, Level, Logger, OwnedKVList, Record, Serializer};
use tracing::{debug, info, warn};

use crate::wire::kind_name;

/// What upstream names the logger of these lines.
const LOGGER: &str = "raft";

/// A logger for the raft crate of this member.
pub(crate) fn logger(id: u64) -> Logger {
    Logger::root(Lines { id }, slog::o!())
}

/// Logs that another member leads, or none.
pub(crate) fn leader_changed(id: u64, before: u64, now: u64, term: u64) {
    match (before, now) {
        (raft::INVALID_ID, now) => {
            info!(target: LOGGER, "raft.node: {id:x} elected leader {now:x} at term {term}")
        }
        (before, raft::INVALID_ID) => {
            info!(target: LOGGER, "raft.node: {id:x} lost leader {before:x} at term {term}")
        }
        _ => {
            info!(target: LOGGER, "raft.node: {id:x} changed leader from {before:x} to {now:x} at term {term}")
        }
    }
}

/// Writes members as upstream does: `(1 a f)`.
fn members(ids: &[u64]) -> String {
    format!("({})", in_order(ids.to_vec()).join(" "))
}

fn in_order(mut ids: Vec<u64>) -> Vec<String> {
    ids.sort_unstable();
    ids.iter().map(|id| format!("{id:x}")).collect()
}

/// Logs who takes part from now on.
pub(crate) fn switched(id: u64, state: &raft::eraftpb::ConfState) {
    let mut text = format!("voters={}", members(&state.voters));
    if !state.voters_outgoing.is_empty() {
        let _ = write!(text, "&&{}", members(&state.voters_outgoing));
    }
    for (name, ids) in [
        ("learners", &state.learners),
        ("learners_next", &state.learners_next),
    ] {
        if !ids.is_empty() {
            let _ = write!(text, " {name}={}", members(ids));
        }
    }
    info!(target: LOGGER, "{id:x} switched to configuration {text}");
}

/// Logs how raft begins.
pub(crate) fn started<S: raft::Storage>(raft: &raft::Raft<S>) {
    let peers = in_order(raft.prs().iter().map(|(id, _)| *id).collect());
    let log = &raft.raft_log;
    info!(target: LOGGER,
        "newRaft {:x} [peers: [{}], term: {}, commit: {}, applied: {}, lastindex: {}, lastterm: {}]",
        raft.id,
        peers.join(","),
        raft.term,
        log.committed,
        log.applied,
        log.last_index(),
        log.last_term()
    );
}

struct Lines {
    id: u64,
}

impl Drain for Lines {
    type Ok = ();
    type Err = slog::Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> Result<(), slog::Never> {
        let id = self.id;
        let level = record.level();
        if !level.is_at_least(Level::Info)
            && !tracing::enabled!(target: LOGGER, tracing::Level::DEBUG)
        {
            return Ok(());
        }
        let mut fields = Fields::default();
        let _ = record.kv().serialize(record, &mut fields);
        let message = record.msg().to_string();
        let field = |name: &str| fields.0.get(name).map_or("", String::as_str);
        match message.as_str() {
            // Told by `started` and `switched`, in more words.
            "newRaft" | "switched to configuration" => {}
            "starting a new election" => {
                info!(target: LOGGER,
                    "{id:x} is starting a new election at term {}",
                    field("term")
                );
            }
            "received votes response" => vote_came(id, &field),
            _ if message.starts_with("became ") => info!(target: LOGGER, "{id:x} {message}"),
            _ if level.is_at_least(Level::Warning) => {
                warn!(target: LOGGER, "{id:x} {message}{fields}")
            }
            _ => debug!(target: LOGGER, "{id:x} {message}{fields}"),
        }
        Ok(())
    }
}

fn vote_came<'a>(id: u64, field: &impl Fn(&str) -> &'a str) {
    let from = field("from").parse().unwrap_or(raft::INVALID_ID);
    let term = field("term");
    let kind = [
        MessageType::MsgRequestVoteResponse,
        MessageType::MsgRequestPreVoteResponse,
    ]
    .into_iter()
    .find(|kind| format!("{kind:?}") == field("type"))
    .map_or("", kind_name);
    let rejection = if field("vote") == "true" {
        ""
    } else {
        " rejection"
    };
    info!(target: LOGGER, "{id:x} received {kind}{rejection} from {from:x} at term {term}");
    let (won, lost) = (field("approvals"), field("rejections"));
    info!(target: LOGGER, "{id:x} has received {won} {kind} votes and {lost} vote rejections");
}

/// The fields of a line, in the order of their names.
#[derive(Default)]
struct Fields(BTreeMap<Key, String>);

impl Serializer for Fields {
    fn emit_arguments(&mut self, key: Key, value: &fmt::Arguments<'_>) -> slog::Result {
        self.0.insert(key, value.to_string());
        Ok(())
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(key, value)| write!(f, " [{key}: {value}]"))
    }
}

#[cfg(test)]
mod tests;
