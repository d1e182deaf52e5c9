//! Reads: those that wait until raft has said how far this member has to be, and serving them.
//!
//! Source: etcd v3.7 server/etcdserver/v3_server.go `Range`, `doSerialize`.

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{RangeRequest, TxnRequest},
};
use etcd_auth::AuthInfo;
use etcd_mvcc::Ranged;

use crate::{
    answer::Answer,
    call::Call,
    engine::Engine,
    kv,
    limit::Limit,
    reads::{Read, Reading},
    refusal::Refusal,
};

/// An answer to a read.
enum Served {
    Frame(Bytes),
    Large(Box<etcd_mvcc::Scan>),
}

impl Engine {
    /// Lets a read wait for raft, or serves it at once.
    pub(crate) fn read(
        &mut self,
        reading: Reading,
        is_serializable: bool,
        call: Call,
        who: &AuthInfo,
    ) {
        let read = Read {
            reading,
            who: who.clone(),
            reply: call.reply,
            limit: Limit::new(call.deadline, self.config.request_timeout()),
        };
        if is_serializable {
            self.serve(read);
        } else {
            self.read_when_known(read);
        }
    }

    /// Lets a read wait until raft has said how far this member has to be.
    pub(super) fn read_when_known(&mut self, read: Read) {
        if self.reads.len() >= READS_MAX {
            read.reply.error(ApiError::TooManyRequests);
        } else {
            self.clock.note(read.limit.at);
            self.reads.push(read);
        }
    }

    /// Serves the reads for which enough is applied.
    pub(crate) fn serve_reads(&mut self) {
        for read in self.reads.take_ready(self.applied) {
            self.serve(read);
        }
    }

    pub(crate) fn serve(&mut self, read: Read) {
        let Read {
            reading,
            who,
            reply,
            ..
        } = read;
        let outcome = match reading {
            Reading::Range(request) => self.serve_range(&request, &who),
            Reading::Txn(request) => self.serve_txn(&request, &who).map(Served::Frame),
            Reading::Members => Ok(Served::Frame(self.member_list())),
            Reading::Stream(request, waiting) => match self.serve_stream(&request, &who) {
                // The client may be gone.
                Ok(source) => return drop(waiting.send(source)),
                Err(refusal) => Err(refusal),
            },
        };
        match outcome {
            Ok(Served::Frame(frame)) => reply.framed(frame),
            Ok(Served::Large(scan)) => crate::large::answer(*scan, self.header(), reply),
            Err(refusal) => reply.error(refusal),
        }
    }

    fn serve_range(&mut self, request: &RangeRequest, who: &AuthInfo) -> Result<Served, Refusal> {
        let who = who.who();
        self.state
            .auth
            .check_range(who, &request.key, &request.range_end)?;
        let mut answer = Answer::new(&self.header());
        let ranged = self.state.store.range(request, answer.fields())?;
        self.state.auth.check_unchanged(who)?;
        self.metrics.store.range_total.increment();
        Ok(match ranged {
            Ranged::Done(_) => Served::Frame(answer.finish()),
            Ranged::Large(scan) => Served::Large(scan),
        })
    }

    fn serve_txn(&mut self, request: &TxnRequest, who: &AuthInfo) -> Result<Bytes, Refusal> {
        let keys = crate::apply::Keys(&self.state.lessor);
        self.state.auth.check_txn(who.who(), request, &keys)?;
        let chosen = kv::choose_branches(&mut self.state.store, &self.state.lessor, request)?;
        let mut nothing = etcd_backend::Batch::new();
        let mut answer = Answer::new(&self.state.header(self.node.term()));
        kv::txn(
            &mut self.state.store.write(&mut nothing),
            &chosen,
            answer.fields(),
        )?;
        self.state.auth.check_unchanged(who.who())?;
        self.metrics.store.txn_total.increment();
        Ok(answer.finish())
    }
}

/// Reads that wait for raft.
const READS_MAX: usize = 50_000;
