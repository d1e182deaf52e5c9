//! Requests as they come from the front: who asks, whether the request can be, and where it goes: to raft, to a read, or to an answer
//! at once.
//!
//! Source: etcd v3.7 v3rpc/{key,quota,lease,member,maintenance,auth}.go; server/etcdserver/v3_server.go.

mod cluster;
mod concurrency;
mod lease;
mod maintenance;
pub(crate) mod range_stream;
mod snapshot;
mod users;
pub(crate) mod watch;

use std::time::{Duration, Instant};

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        AlarmRequest, AlarmType, DeleteRangeRequest, InternalRaftRequest, PutRequest, RangeRequest,
        RequestHeader, TxnRequest, alarm_request::AlarmAction,
    },
};
use etcd_auth::{AuthInfo, Credentials, Identified, Now};
use etcd_mvcc::Ranged;
use prost::Message;
use tonic::{Code, Status};

use crate::{
    answer::Answer,
    call::{Call, Caller, Reply, Stream, Work},
    engine::Engine,
    kv,
    method::Method,
    proposal::{self, Waiting},
    quota,
    reads::{Read, Reading},
    refusal::Refusal,
};

/// Reads a request.
///
/// # Errors
/// The status with which upstream refuses what is none.
pub(crate) fn decode<M: Message + Default>(message: Bytes) -> Result<M, Status> {
    M::decode(message).map_err(|_| {
        let text = "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data"; // upstream's text
        Status::new(Code::Internal, text)
    })
}

impl Engine {
    /// Takes a request that gets one answer.
    pub(crate) fn call(&mut self, call: Call) {
        match self.identify(&call.caller) {
            Ok(Identified::As(who)) => {
                if let Err((reply, status)) = self.answer_or_propose(call, &who) {
                    reply.error(status);
                }
            }
            Ok(Identified::After(index)) => self.early.push((index, Work::Call(call))),
            Err(refusal) => call.reply.error(refusal),
        }
    }

    /// Takes the requests whose token counts by now.
    pub(crate) fn retry_early(&mut self) {
        let applied = self.applied;
        let due: Vec<_> = self
            .early
            .extract_if(.., |(index, _)| *index <= applied)
            .collect();
        for (_, work) in due {
            self.take(work);
        }
    }

    /// Finds out who asks.
    pub(crate) fn identify(&mut self, caller: &Caller) -> Result<Identified, Refusal> {
        if caller.is_internal {
            return Ok(Identified::As(self.state.auth.root()));
        }
        if !self.state.auth.is_enabled() {
            return Ok(Identified::As(AuthInfo::nobody()));
        }
        let token = match &caller.token {
            Some(token) => Some(token.to_str().map_err(|_| ApiError::InvalidAuthToken)?),
            None => None,
        };
        let has_names = self.config.has_client_cert_auth;
        let credentials = Credentials {
            token,
            common_name: caller.common_name.as_deref().filter(|_| has_names),
        };
        let now = Now {
            instant: Instant::now(),
            since_epoch: since_epoch(),
        };
        Ok(self.state.auth.identify(credentials, self.applied, now)?)
    }

    fn answer_or_propose(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let method = call.method;
        let outcome = match method {
            Method::Range => return self.range(call, who),
            Method::Txn => return self.txn(call, who),
            Method::Put => self.check_put(&call),
            Method::DeleteRange => self.check_delete(&call),
            Method::LeaseGrant => return self.grant(call, who),
            Method::LeaseTimeToLive | Method::LeaseLeases => return self.leases(call, who),
            Method::MemberList
            | Method::MemberAdd
            | Method::MemberRemove
            | Method::MemberUpdate
            | Method::MemberPromote => return self.members(call, who),
            Method::Downgrade => return self.downgrade(call, who),
            Method::Status
            | Method::Hash
            | Method::HashKv
            | Method::Defragment
            | Method::MoveLeader => return self.maintain(call, who),
            Method::Alarm => self.check_alarm(&call, who),
            Method::Lock
            | Method::Unlock
            | Method::Campaign
            | Method::Proclaim
            | Method::Leader
            | Method::Resign => {
                self.contend(call);
                return Ok(());
            }
            Method::Authenticate | Method::UserAdd | Method::UserChangePassword => {
                return self.password(call, who);
            }
            Method::HealthCheck => {
                call.reply.framed(serving());
                return Ok(());
            }
            _ => Ok(()),
        };
        if let Err(status) = outcome {
            return Err((call.reply, status));
        }
        match proposal::field(method) {
            Some(field) => {
                let message = call.message.clone();
                self.propose(field, &message, who, call)
            }
            None => {
                let text = format!(
                    "unknown method {} for service {}",
                    method.name(),
                    method.service()
                );
                Err((call.reply, Status::new(Code::Unimplemented, text)))
            }
        }
    }

    /// Proposes a request; it is answered when it is applied.
    pub(crate) fn propose(
        &mut self,
        field: u32,
        message: &[u8],
        who: &AuthInfo,
        call: Call,
    ) -> Result<(), (Reply, Status)> {
        if self.pending.len() >= PENDING_MAX {
            return Err((call.reply, ApiError::TooManyRequests.into()));
        }
        let id = self.ids.next();
        let data = proposal::entry(id, who, field, message);
        if data.len() > self.config.request_bytes_max {
            return Err((call.reply, ApiError::RequestTooLarge.into()));
        }
        self.wait_for(id, call);
        self.propose_data(id, data);
        Ok(())
    }

    /// Lets a call wait for an entry.
    pub(crate) fn wait_for(&mut self, id: u64, call: Call) {
        let limit = Instant::now() + self.config.request_timeout();
        let deadline = call.deadline.map(tokio::time::Instant::into_std);
        let waiting = Waiting {
            reply: call.reply,
            expires: deadline.map_or(limit, |deadline| deadline.min(limit)),
            is_deadline: deadline.is_some_and(|deadline| deadline < limit),
            _room: call.room,
        };
        self.pending.insert(id, waiting);
        self.metrics
            .server
            .proposals_pending
            .set(self.pending.len() as f64);
    }

    /// Proposes an entry; while nobody leads it waits for somebody who does.
    pub(crate) fn propose_data(&mut self, id: u64, data: Bytes) {
        if self.node.propose(data.clone()).is_err() {
            self.parked.push((id, data));
        }
    }

    /// Proposes what the member itself wants, on behalf of root. Nobody waits for it.
    pub(crate) fn propose_internal(&mut self, mut request: InternalRaftRequest) {
        let root = self.state.auth.root();
        let id = self.ids.next();
        request.header = Some(RequestHeader {
            id,
            username: root.username.as_ref().to_owned(),
            auth_revision: root.revision,
        });
        self.propose_data(id, request.encode_to_vec().into());
    }

    fn range(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let request = match decode::<RangeRequest>(call.message.clone()) {
            Ok(request) => request,
            Err(status) => return Err((call.reply, status)),
        };
        if let Err(error) = kv::check::range(&request) {
            return Err((call.reply, error.into()));
        }
        let is_serializable = request.serializable;
        self.read(Reading::Range(request), is_serializable, call, who);
        Ok(())
    }

    fn txn(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let request = match decode::<TxnRequest>(call.message.clone()) {
            Ok(request) => request,
            Err(status) => return Err((call.reply, status)),
        };
        if let Err(status) = self.check_room(quota::of_txn(&request)) {
            return Err((call.reply, status));
        }
        if let Err(error) = kv::check::txn(&request, self.config.txn_ops_max) {
            return Err((call.reply, error.into()));
        }
        if kv::check::is_readonly(&request) {
            let is_serializable = kv::check::is_serializable(&request);
            self.read(Reading::Txn(request), is_serializable, call, who);
            return Ok(());
        }
        let message = call.message.clone();
        self.propose(6, &message, who, call)
    }

    /// Lets a read wait for raft, or serves it at once.
    pub(crate) fn read(
        &mut self,
        reading: Reading,
        is_serializable: bool,
        call: Call,
        who: &AuthInfo,
    ) {
        let limit = Instant::now() + self.config.request_timeout();
        let deadline = call.deadline.map(tokio::time::Instant::into_std);
        let read = Read {
            reading,
            who: who.clone(),
            reply: call.reply,
            expires: deadline.map_or(limit, |deadline| deadline.min(limit)),
        };
        if is_serializable {
            self.serve(read);
        } else {
            self.read_when_known(read);
        }
    }

    /// Lets a read wait until raft has said how far this member has to be.
    fn read_when_known(&mut self, read: Read) {
        if self.reads.len() >= PENDING_MAX {
            read.reply.error(ApiError::TooManyRequests);
        } else {
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

    fn check_put(&mut self, call: &Call) -> Result<(), Status> {
        let request: PutRequest = decode(call.message.clone())?;
        self.check_room(quota::of_put(&request))?;
        Ok(kv::check::put(&request)?)
    }

    fn check_delete(&self, call: &Call) -> Result<(), Status> {
        let request: DeleteRangeRequest = decode(call.message.clone())?;
        Ok(kv::check::delete(&request)?)
    }

    fn check_alarm(&self, call: &Call, who: &AuthInfo) -> Result<(), Status> {
        let request: AlarmRequest = decode(call.message.clone())?;
        let checked = match AlarmAction::try_from(request.action) {
            Ok(AlarmAction::Get) => self.state.auth.check_user(who.who()),
            _ => self.state.auth.check_admin(who.who()),
        };
        checked.map_err(|error| Refusal::from(error).into())
    }

    /// Refuses what would grow a store that is full, and raises the alarm.
    pub(crate) fn check_room(&mut self, cost: u64) -> Result<(), Status> {
        if self.quota.has_room(self.store_bytes, cost) {
            return Ok(());
        }
        self.raise_space_alarm();
        Err(ApiError::NoSpace.into())
    }

    /// Says whether there is room for a request that is applied in any case.
    pub(crate) fn has_room_for(&self, request: &InternalRaftRequest) -> bool {
        let cost = if let Some(put) = &request.put {
            quota::of_put(put)
        } else if let Some(txn) = &request.txn {
            quota::of_txn(txn)
        } else if request.lease_grant.is_some() {
            quota::LEASE_BYTES
        } else {
            0
        };
        self.quota.has_room(self.store_bytes, cost)
    }

    pub(crate) fn raise_space_alarm(&mut self) {
        if self.is_raising_alarm || self.state.alarms.is_active(AlarmType::Nospace) {
            return;
        }
        self.is_raising_alarm = true;
        tracing::warn!("message exceeded backend quota; raising alarm"); // upstream's text
        self.propose_internal(InternalRaftRequest {
            alarm: Some(AlarmRequest {
                action: AlarmAction::Activate.into(),
                member_id: self.state.cluster.local_id(),
                alarm: AlarmType::Nospace.into(),
            }),
            ..InternalRaftRequest::default()
        });
    }

    /// Takes a streaming method.
    pub(crate) fn stream(&mut self, stream: Stream) {
        match stream.method {
            Method::LeaseKeepAlive => self.keep_alive(stream),
            Method::Watch => self.watch(stream),
            Method::RangeStream => self.range_stream(stream),
            Method::Snapshot => self.snapshot(stream),
            Method::Observe => self.observe(stream),
            Method::HealthWatch => {
                tokio::spawn(watch_health(stream));
            }
            _ => {
                let text = format!(
                    "unknown method {} for service {}",
                    stream.method.name(),
                    stream.method.service()
                );
                stream
                    .replies
                    .finish(Err(Status::new(Code::Unimplemented, text)));
            }
        }
    }
}

/// An answer to a read.
enum Served {
    Frame(Bytes),
    Large(Box<etcd_mvcc::Scan>),
}

/// The answer of the health service: this server serves.
fn serving() -> Bytes {
    let mut answer = Answer::bare();
    crate::answer::number(answer.fields(), 1, 1);
    answer.finish()
}

/// Tells that this server serves, and tells no more until it stops.
async fn watch_health(mut stream: Stream) {
    if stream.replies.send(serving()).await.is_ok() {
        stream.replies.closed().await;
    }
}

pub(crate) fn since_epoch() -> Duration {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
}

/// Requests that wait to be applied, and reads that wait for raft. Upstream bounds how far applying may lag behind; here it never does.
const PENDING_MAX: usize = 50_000;
