//! Requests as they come from the front: who asks, and where a request goes: to raft, to a read, or to an answer at once.
//!
//! Source: etcd v3.7 v3rpc/{key,quota,lease,member,maintenance,auth}.go; server/etcdserver/v3_server.go.

mod alarm;
mod cluster;
mod concurrency;
mod health;
mod keys;
mod lease;
mod maintenance;
mod propose;
pub(crate) mod range_stream;
mod read;
mod snapshot;
mod users;
pub(crate) mod watch;

use std::time::{Duration, Instant};

use bytes::Bytes;
use etcd_api::Error as ApiError;
use etcd_auth::{AuthInfo, Credentials, Identified, Now};
use prost::Message;
use tonic::{Code, Status};

use crate::{
    call::{Call, Caller, Reply, Stream, Work},
    engine::Engine,
    method::Method,
    proposal,
    refusal::Refusal,
};

/// Reads a request.
///
/// # Errors
/// The status with which upstream refuses what is none.
pub(crate) fn decode<M: Message + Default>(message: Bytes) -> Result<M, Status> {
    M::decode(message).map_err(|_| malformed())
}

/// What is said to a message that is none.
fn malformed() -> Status {
    let text = "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data"; // upstream's text
    Status::new(Code::Internal, text)
}

/// Refuses a message that is none before it is proposed: in the log nobody could read it.
fn check_entry(call: &Call) -> Result<(), Status> {
    match proposal::field(call.method) {
        Some(field) if !proposal::is_readable(field, &call.message) => Err(malformed()),
        _ => Ok(()),
    }
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

    /// Refuses who does not say who it is, once users have to.
    fn check_user(&self, who: &AuthInfo) -> Result<(), Status> {
        let checked = self.state.auth.check_user(who.who());
        checked.map_err(|error| Refusal::from(error).into())
    }

    fn answer_or_propose(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let method = call.method;
        let outcome = match method {
            Method::Range => return self.range(call, who),
            Method::Txn => return self.txn(call, who),
            Method::Put => self.check_put(&call),
            Method::DeleteRange => self.check_delete(&call),
            Method::LeaseGrant => return self.grant(call, who),
            Method::LeaseRevoke => self.check_revoke(&call, who),
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
                call.reply.framed(health::serving());
                return Ok(());
            }
            _ => check_entry(&call),
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

    /// Takes a streaming method.
    pub(crate) fn stream(&mut self, stream: Stream) {
        match stream.method {
            Method::LeaseKeepAlive => self.keep_alive(stream),
            Method::Watch => self.watch(stream),
            Method::RangeStream => self.range_stream(stream),
            Method::Snapshot => self.snapshot(stream),
            Method::Observe => self.observe(stream),
            Method::HealthWatch => {
                tokio::spawn(health::watch(stream));
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

pub(crate) fn since_epoch() -> Duration {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
}
