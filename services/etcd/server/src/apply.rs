//! What a committed entry does: the same on every member, whenever and wherever it is applied.
//!
//! [`State`] is all that members agree on. [`State::apply`] takes one request, changes memory, and puts into the batch of the entry
//! what must last. It reads no clock but the time it is given, which only decides what is never agreed on: when tokens and leases
//! end on this member.
//!
//! Source: etcd v3.7 server/etcdserver/apply/{apply,uber_apply,apply_auth}.go.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        AlarmResponse, AlarmType, AuthenticateResponse, DowngradeResponse, InternalRaftRequest,
        LeaseGrantResponse, RequestHeader, ResponseHeader,
    },
};
use etcd_auth::{AuthError, AuthStore, Entry, Issued, LeaseKeys, PendingToken, Response, Who};
use etcd_backend::Batch;
use etcd_lease::Lessor;
use etcd_mvcc::{Changes, Compaction, Store};

use crate::{
    alarms::Alarms,
    answer::Answer,
    engine::EngineError,
    kv,
    membership::{Cluster, Downgrade, Version},
    quota,
    refusal::Refusal,
};

/// All that members agree on.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) lessor: Lessor,
    pub(crate) auth: AuthStore,
    pub(crate) cluster: Cluster,
    pub(crate) alarms: Alarms,
}

/// Where in the log a request stands, and when this member comes to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) index: u64,
    pub(crate) term: u64,
    pub(crate) now: Instant,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What the client gets.
    pub(crate) answer: Result<Given, Refusal>,
    /// What changed in the store.
    pub(crate) changes: Option<Changes>,
    /// A compaction to be run.
    pub(crate) compaction: Option<Compaction>,
    /// Why the member must stop instead: it cannot do what the log says. Then nothing of this outcome counts.
    pub(crate) fatal: Option<EngineError>,
}

/// An answer, or what is still to be made of it.
#[derive(Debug)]
pub(crate) enum Given {
    /// This frame.
    Frame(Bytes),
    /// A token that another thread signs.
    Token(PendingToken),
    /// To be answered once what was compacted is gone from the disk.
    Compacted,
}

/// The lessor as the rules of users see it.
#[derive(Debug)]
pub(crate) struct Keys<'a>(pub(crate) &'a Lessor);

impl LeaseKeys for Keys<'_> {
    fn each_key(
        &self,
        lease: i64,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), AuthError>,
    ) -> Result<(), AuthError> {
        self.0.keys(lease).try_for_each(visit)
    }
}

impl State {
    /// Returns the header of an answer.
    pub(crate) fn header(&self, term: u64) -> ResponseHeader {
        ResponseHeader {
            cluster_id: self.cluster.id(),
            member_id: self.cluster.local_id(),
            revision: self.store.revision(),
            raft_term: term,
        }
    }

    /// Applies the request of an entry.
    pub(crate) fn apply(
        &mut self,
        at: Moment,
        request: &InternalRaftRequest,
        batch: &mut Batch,
    ) -> Outcome {
        let mut outcome = Outcome {
            answer: Err(Refusal::Known(ApiError::Stopped)),
            changes: None,
            compaction: None,
            fatal: None,
        };
        outcome.answer = match self.alarm_against(request) {
            Some(error) => Err(error.into()),
            None => self.dispatch(at, request, batch, &mut outcome),
        };
        outcome
    }

    /// Returns the alarm for which a request is not applied.
    fn alarm_against(&self, request: &InternalRaftRequest) -> Option<ApiError> {
        let is_growth = request.put.is_some()
            || request.lease_grant.is_some()
            || request
                .txn
                .as_ref()
                .is_some_and(|txn| quota::of_txn(txn) > 0);
        let is_of_keys = request.put.is_some()
            || request.range.is_some()
            || request.delete_range.is_some()
            || request.txn.is_some()
            || request.compaction.is_some()
            || request.lease_grant.is_some()
            || request.lease_revoke.is_some();
        if is_of_keys && self.alarms.is_active(AlarmType::Corrupt) {
            return Some(ApiError::Corrupt);
        }
        (is_growth && self.alarms.is_active(AlarmType::Nospace)).then_some(ApiError::NoSpace)
    }

    fn dispatch(
        &mut self,
        at: Moment,
        request: &InternalRaftRequest,
        batch: &mut Batch,
        outcome: &mut Outcome,
    ) -> Result<Given, Refusal> {
        let who = who(request.header.as_ref());
        if let Some(put) = &request.put {
            self.auth
                .check_put(who, &put.key, put.lease, put.prev_kv, &Keys(&self.lessor))?;
            kv::check_put(&self.store, &self.lessor, put)?;
            return self.write(at, batch, outcome, |txn, out| kv::put(txn, put, out));
        }
        if let Some(txn) = &request.txn {
            self.auth.check_txn(who, txn, &Keys(&self.lessor))?;
            let chosen = kv::choose_branches(&mut self.store, &self.lessor, txn)?;
            return self.write(at, batch, outcome, |txn, out| kv::txn(txn, &chosen, out));
        }
        if let Some(delete) = &request.delete_range {
            self.auth.check_write(who, &delete.key, &delete.range_end)?;
            if delete.prev_kv {
                self.auth.check_range(who, &delete.key, &delete.range_end)?;
            }
            return self.write(at, batch, outcome, |txn, out| kv::delete(txn, delete, out));
        }
        if let Some(compaction) = &request.compaction {
            self.auth.check_admin(who)?;
            let running = self.store.compact(compaction.revision, batch)?;
            outcome.compaction = Some(running);
            return Ok(if compaction.physical {
                Given::Compacted
            } else {
                self.only_header(at)
            });
        }
        if let Some(grant) = &request.lease_grant {
            let ttl = self.lessor.grant(grant.id, grant.ttl, at.now, batch)?;
            return Ok(self.message(&LeaseGrantResponse {
                header: Some(self.header(at.term)),
                id: grant.id,
                ttl,
                error: String::new(),
            }));
        }
        if let Some(revoke) = &request.lease_revoke {
            self.auth
                .check_lease_write(who, revoke.id, &Keys(&self.lessor))?;
            let keys = self.lessor.revoke(revoke.id, batch)?;
            return self.write(at, batch, outcome, |txn, _| {
                for key in &keys {
                    txn.delete_range(key, &[]);
                }
                Ok(())
            });
        }
        if let Some(checkpoint) = &request.lease_checkpoint {
            let is_3_6 = self.cluster.version() >= Some(Version::new(3, 6, 0));
            self.lessor
                .checkpoint(&checkpoint.checkpoints, is_3_6, at.now, batch);
            return Ok(self.only_header(at));
        }
        if let Some(alarm) = &request.alarm {
            let alarms = self.alarms.apply(alarm, batch);
            return Ok(self.message(&AlarmResponse {
                header: Some(self.header(at.term)),
                alarms,
            }));
        }
        self.dispatch_rest(at, request, batch, outcome)
    }

    /// What is about users and about the cluster.
    fn dispatch_rest(
        &mut self,
        at: Moment,
        request: &InternalRaftRequest,
        batch: &mut Batch,
        outcome: &mut Outcome,
    ) -> Result<Given, Refusal> {
        if let Some(of_users) = etcd_auth::Request::of(request) {
            let entry = Entry {
                index: at.index,
                now: at.now,
            };
            let response = self
                .auth
                .apply(entry, who(request.header.as_ref()), of_users, batch)?;
            return Ok(self.of_users(at, response));
        }
        if let Some(attributes) = &request.cluster_member_attr_set {
            let set = self.cluster.set_attributes(attributes, batch);
            outcome.fatal = set.err().map(EngineError::Change);
        } else if let Some(version) = &request.cluster_version_set {
            let set = self.cluster.set_version(&version.ver, batch);
            outcome.fatal = set.err().map(EngineError::Change);
        } else if let Some(downgrade) = &request.downgrade_info_set {
            let target = downgrade.ver.parse().ok().filter(|_| downgrade.enabled);
            self.cluster.set_downgrade(Downgrade { target }, batch);
            let version = self.cluster.version().map(Version::minor_text);
            return Ok(self.message(&DowngradeResponse {
                header: Some(self.header(at.term)),
                version: version.unwrap_or_default(),
            }));
        } else {
            // A member that cannot know what an entry does must not go on without doing it.
            outcome.fatal = Some(EngineError::Unknown);
        }
        Ok(self.only_header(at))
    }
}

impl State {
    /// Changes keys, and answers with the header and what the change appends.
    fn write(
        &mut self,
        at: Moment,
        batch: &mut Batch,
        outcome: &mut Outcome,
        change: impl FnOnce(&mut etcd_mvcc::Txn<'_>, &mut BytesMut) -> Result<(), Refusal>,
    ) -> Result<Given, Refusal> {
        let mut fields = BytesMut::new();
        let mut txn = self.store.write(batch);
        change(&mut txn, &mut fields)?;
        outcome.changes = txn.finish();
        if let Some(changes) = &outcome.changes {
            kv::attach(&mut self.lessor, &changes.changes)?;
        }
        let mut answer = Answer::new(&self.header(at.term));
        answer.fields().extend_from_slice(&fields);
        Ok(Given::Frame(answer.finish()))
    }

    fn only_header(&self, at: Moment) -> Given {
        Given::Frame(Answer::new(&self.header(at.term)).finish())
    }

    fn message(&self, message: &impl prost::Message) -> Given {
        Given::Frame(crate::call::frame(message))
    }

    fn of_users(&self, at: Moment, response: Response) -> Given {
        macro_rules! answer {
            ($($kind:ident),*) => {
                match response {
                    Response::Authenticate(Issued::Pending(token)) => Given::Token(token),
                    Response::Authenticate(Issued::Token(token)) => self.message(&AuthenticateResponse {
                        header: Some(self.header(at.term)),
                        token,
                    }),
                    $(Response::$kind(mut response) => {
                        response.header = Some(self.header(at.term));
                        self.message(&response)
                    })*
                }
            };
        }
        answer!(
            Enable,
            Disable,
            Status,
            UserAdd,
            UserDelete,
            UserChangePassword,
            UserGrantRole,
            UserGet,
            UserRevokeRole,
            RoleAdd,
            RoleGrantPermission,
            RoleGet,
            RoleRevokePermission,
            RoleDelete,
            UserList,
            RoleList
        )
    }
}

/// Returns who asks, as the header of an entry says it.
fn who(header: Option<&RequestHeader>) -> Who<'_> {
    Who {
        username: header.map_or("", |header| &header.username),
        revision: header.map_or(0, |header| header.auth_revision),
    }
}
