//! Linearizable reads: all that wait ask raft once, together.
//!
//! Source: etcd v3.7 server/etcdserver/v3_server.go `linearizableReadLoop`, `requestCurrentIndex`.

use std::{
    mem,
    time::{Duration, Instant},
};

use bytes::Bytes;
use etcd_api::{Error as ApiError, etcdserverpb as pb};
use etcd_auth::AuthInfo;
use etcd_raft::{Node, ReadState};
use tokio::sync::oneshot;

use crate::{call::Reply, ids::RequestIds, limit::Limit, requests::range_stream::Source};

/// What is to be read.
#[derive(Debug)]
pub(crate) enum Reading {
    /// Keys.
    Range(pb::RangeRequest),
    /// A transaction that only reads.
    Txn(pb::TxnRequest),
    /// Keys as a stream: who waits takes it from here.
    Stream(pb::RangeRequest, oneshot::Sender<Source>),
    /// The members.
    Members,
}

/// A read, and who waits for it.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) reading: Reading,
    pub(crate) who: AuthInfo,
    pub(crate) reply: Reply,
    pub(crate) limit: Limit,
}

/// Reads by how far they are.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// Came since the last time raft was asked.
    queued: Vec<Read>,
    /// Wait for the answer to this question.
    asked: Vec<Read>,
    question: Option<u64>,
    asked_at: Option<Instant>,
    /// The index for those that were answered; they are served once it is applied.
    confirmed: Option<u64>,
    ready: Vec<Read>,
}

impl Reads {
    pub(crate) fn push(&mut self, read: Read) {
        self.queued.push(read);
    }

    /// Says how many wait.
    pub(crate) fn len(&self) -> usize {
        self.queued.len() + self.asked.len() + self.ready.len()
    }

    /// Asks for all that are queued, unless a question is open.
    pub(crate) fn ask(&mut self, node: &mut Node, ids: &mut RequestIds) {
        if self.question.is_some() || self.queued.is_empty() {
            return;
        }
        self.asked = mem::take(&mut self.queued);
        self.put_question(node, ids);
    }

    fn put_question(&mut self, node: &mut Node, ids: &mut RequestIds) {
        let id = ids.next();
        self.question = Some(id);
        self.asked_at = Some(Instant::now());
        node.read_index(Bytes::copy_from_slice(&id.to_be_bytes()));
    }

    /// Takes raft's answer. One to an older question comes too late.
    pub(crate) fn confirm(&mut self, answer: &ReadState) {
        let is_ours = self
            .question
            .is_some_and(|id| id.to_be_bytes()[..] == answer.context[..]);
        if is_ours {
            self.question = None;
            self.ready.append(&mut self.asked);
            self.confirmed = self.confirmed.max(Some(answer.index));
        }
    }

    /// Takes the reads that may be served when so much is applied.
    pub(crate) fn take_ready(&mut self, applied: u64) -> Vec<Read> {
        match self.confirmed {
            Some(index) if index <= applied => {
                self.confirmed = None;
                mem::take(&mut self.ready)
            }
            _ => Vec::new(),
        }
    }

    /// Fails the reads that wait for raft's answer: another leads now.
    pub(crate) fn leader_changed(&mut self) {
        self.question = None;
        for read in self.asked.drain(..) {
            read.reply.error(ApiError::LeaderChanged);
        }
    }

    /// Fails what waits for too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        for reads in [&mut self.queued, &mut self.asked, &mut self.ready] {
            for read in reads.extract_if(.., |read| read.limit.at <= now) {
                read.reply.error(read.limit.error());
            }
        }
    }

    /// Says whose time is over first.
    pub(crate) fn next_limit(&self) -> Option<Instant> {
        let reads = self.queued.iter().chain(&self.asked).chain(&self.ready);
        reads.map(|read| read.limit.at).min()
    }

    /// Asks once more when there is no answer.
    pub(crate) fn ask_again(&mut self, now: Instant, node: &mut Node, ids: &mut RequestIds) {
        let is_late = self
            .asked_at
            .is_some_and(|at| now.duration_since(at) >= ASK_AGAIN);
        if self.question.is_some() && is_late {
            self.put_question(node, ids);
        }
    }
}

/// Time after which raft is asked once more.
///
/// Source: etcd v3.7 v3_server.go `readIndexRetryTime`.
const ASK_AGAIN: Duration = Duration::from_millis(500);
