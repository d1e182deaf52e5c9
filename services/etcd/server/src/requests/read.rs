//! Reads: those that wait until raft has said how far this member has to be, and serving them.
//!
//! Source: etcd v3.7 server/etcdserver/v3_server.go `Range`, `doSerialize`.

use std::{fmt::Display, time::Instant};

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
    grpc::frame::HEAD_BYTES,
    kv,
    limit::Limit,
    loggable::{Range, Txn},
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
            limit,
        } = read;
        let outcome = match reading {
            Reading::Range(request) => {
                let served = self.serve_range(&request, &who);
                self.observe_read("Range", served.as_ref(), limit.began, &Range(&request));
                served
            }
            Reading::Txn(request) => {
                let served = self.serve_txn(&request, &who).map(Served::Frame);
                self.observe_read("ReadonlyTxn", served.as_ref(), limit.began, &Txn(&request));
                served
            }
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

    /// Measures a read, and tells of one that took long.
    fn observe_read(
        &mut self,
        operation: &'static str,
        served: Result<&Served, &Refusal>,
        began: Instant,
        request: &dyn Display,
    ) {
        self.observe_request(operation, served.is_ok(), began);
        let took = began.elapsed();
        if took <= self.config.warn_apply {
            return;
        }
        let prefix = match operation {
            "Range" => "read-only range ", // upstream's texts
            _ => "read-only txn ",
        };
        let response = match served {
            Ok(Served::Frame(frame)) => format!("size:{}", frame.len().saturating_sub(HEAD_BYTES)),
            Ok(Served::Large(_)) | Err(_) => String::new(),
        };
        let error = served.err().map(ToString::to_string);
        self.tell_slow(took, prefix, request, &response, error.as_deref());
    }

    fn serve_range(&mut self, request: &RangeRequest, who: &AuthInfo) -> Result<Served, Refusal> {
        let who = who.who();
        let began = Instant::now();
        self.state
            .auth
            .check_range(who, &request.key, &request.range_end)?;
        let mut answer = Answer::new(&self.header());
        let ranged = self.state.store.range(request, answer.fields())?;
        self.state.auth.check_unchanged(who)?;
        self.metrics.store.range_total.increment();
        self.range_timing.observe(began.elapsed().as_secs_f64());
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
