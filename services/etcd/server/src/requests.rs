//! Requests as they come from the front: who asks, and where a request goes: to raft, to a read, or to an answer at once.
//!
//! Source: etcd v3.7 v3rpc/{key,quota,lease,member,maintenance,auth}.go; server/etcdserver/v3_server.go.

mod alarm;
mod cluster;
mod concurrency;
pub(crate) mod early;
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
use prost::{DecodeError, Message};
use tonic::{Code, Status};

use crate::{
    call::{Call, Caller, Reply, Stream},
    engine::Engine,
    method::Method,
    proposal,
    refusal::Refusal,
};

/// Reads a request that is all of a call.
///
/// # Errors
/// The status with which upstream refuses what is none.
pub(crate) fn decode<M: Message + Default>(message: Bytes) -> Result<M, Status> {
    M::decode(message).map_err(|error| malformed(why_not(&error)))
}

/// Reads a request on a stream, which grpc-go refuses in other words.
///
/// # Errors
/// The status with which upstream refuses what is none.
pub(crate) fn decode_streamed<M: Message + Default>(message: Bytes) -> Result<M, Status> {
    M::decode(message).map_err(|error| {
        let why = why_not(&error);
        let text = format!("grpc: failed to unmarshal the received message: {why}"); // upstream's text
        Status::new(Code::Internal, text)
    })
}

/// What is said to a message that is none.
fn malformed(why: &str) -> Status {
    Status::new(
        Code::Internal,
        format!("grpc: error unmarshalling request: {why}"), // upstream's text
    )
}

/// Returns what protobuf-go says of bytes that are no message. prost tells the two apart by its text alone.
fn why_not(error: &DecodeError) -> &'static str {
    if error.to_string().contains("not UTF-8") {
        "string field contains invalid UTF-8"
    } else {
        WIRE_FORMAT
    }
}

const WIRE_FORMAT: &str = "proto: cannot parse invalid wire-format data";

/// Refuses a message that is none before it is proposed: in the log nobody could read it.
fn check_entry(call: &Call) -> Result<(), Status> {
    match proposal::field(call.method) {
        Some(field) => proposal::check_readable(field, &call.message)
            .map_err(|error| malformed(why_not(&error))),
        None => Ok(()),
    }
}

/// The same for a request of numbers and bytes: if it has nothing that nobody knows it can be read, and most have not.
fn check_flat_entry(call: &Call, request: &impl Message) -> Result<(), Status> {
    if request.encoded_len() == call.message.len() {
        return Ok(());
    }
    check_entry(call)
}

/// Checks that the message is one, before anything else is looked at; the busiest methods do so with their fields.
fn check_message(call: &Call) -> Result<(), Status> {
    match call.method {
        Method::Put | Method::Range | Method::Txn | Method::DeleteRange => Ok(()),
        method if proposal::field(method).is_some() => check_entry(call),
        _ => decode(call.message.clone()),
    }
}

impl Engine {
    /// Takes a request that gets one answer.
    pub(crate) fn call(&mut self, call: Call) {
        if let Err(status) = check_message(&call) {
            return call.reply.error(status);
        }
        let identified = match call.method {
            // Who logs in need not be anybody yet, whatever token comes along; what locks and elections are made of is asked in the
            // client's name, and refused there.
            Method::Authenticate
            | Method::Lock
            | Method::Unlock
            | Method::Campaign
            | Method::Proclaim
            | Method::Leader
            | Method::Resign => Ok(Identified::As(AuthInfo::nobody())),
            _ => self.identify(&call.caller),
        };
        match identified {
            Ok(Identified::As(who)) => {
                if let Err((reply, status)) = self.answer_or_propose(call, &who) {
                    reply.error(status);
                }
            }
            Ok(Identified::After(index)) => self.call_after(index, call),
            // What cannot be asked at all is said before who may not ask.
            Err(refusal) => match self.check_fields(&call) {
                Ok(()) => call.reply.error(refusal),
                Err(status) => call.reply.error(status),
            },
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
            Method::LeaseRevoke => self.check_user(who),
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
                return match health::answer(call.message) {
                    Ok(answer) => {
                        call.reply.framed(answer);
                        Ok(())
                    }
                    Err(status) => Err((call.reply, status)),
                };
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
