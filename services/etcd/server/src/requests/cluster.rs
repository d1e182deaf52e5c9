//! Members: listing them, and proposing changes.
//!
//! Source: etcd v3.7 v3rpc/member.go; server/etcdserver/server.go `AddMember` and its kin.

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        InternalRaftRequest, MemberAddRequest, MemberAddResponse, MemberListRequest,
        MemberListResponse, MemberPromoteRequest, MemberRemoveRequest, MemberUpdateRequest,
        ResponseHeader,
    },
    membershippb::{Attributes, ClusterMemberAttrSetRequest},
};
use etcd_auth::AuthInfo;
use etcd_raft::Role;
use kit_telemetry::BuildInfo;
use tonic::Status;

use super::{decode, since_epoch};
use crate::{
    call::{Call, Reply, frame},
    engine::Engine,
    http::VERSION,
    membership::{Change, Member, Version, added_id, parse_urls},
    method::Method,
    reads::Reading,
    refusal::Refusal,
};

impl Engine {
    /// Answers a list of members, or proposes a change.
    pub(super) fn members(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        if call.method == Method::MemberList {
            return match self.may_list(&call, who) {
                Ok(request) => {
                    self.read(Reading::Members, !request.linearizable, call, who);
                    Ok(())
                }
                Err(status) => Err((call.reply, status)),
            };
        }
        match self.change_of(&call, who) {
            Err(status) => Err((call.reply, status)),
            Ok(change) => {
                let id = self.ids.next();
                let entry = change.to_entry(id);
                match self.node.propose_conf_change(&entry) {
                    Ok(()) => {
                        self.wait_for(id, call);
                        Ok(())
                    }
                    Err(_) => Err((call.reply, ApiError::NoLeader.into())),
                }
            }
        }
    }

    fn may_list(&self, call: &Call, who: &AuthInfo) -> Result<MemberListRequest, Status> {
        let request = decode(call.message.clone())?;
        self.state
            .auth
            .check_user(who.who())
            .map_err(Refusal::from)?;
        Ok(request)
    }

    fn change_of(&self, call: &Call, who: &AuthInfo) -> Result<Change, Status> {
        let cluster = &self.state.cluster;
        let message = call.message.clone();
        let change = match call.method {
            Method::MemberAdd => {
                let request: MemberAddRequest = decode(message)?;
                let peer_urls = parse_urls(&request.peer_ur_ls)?;
                Change::Add(Member {
                    id: added_id(&peer_urls, since_epoch().as_secs()),
                    peer_urls,
                    is_learner: request.is_learner,
                    ..Member::default()
                })
            }
            Method::MemberRemove => Change::Remove(decode::<MemberRemoveRequest>(message)?.id),
            Method::MemberPromote => Change::Promote(decode::<MemberPromoteRequest>(message)?.id),
            _ => {
                let request: MemberUpdateRequest = decode(message)?;
                Change::Update {
                    id: request.id,
                    peer_urls: request.peer_ur_ls,
                }
            }
        };
        self.state
            .auth
            .check_admin(who.who())
            .map_err(Refusal::from)?;
        // Nobody else is connected: this member is alone so far.
        let nobody = |_| None;
        match &change {
            Change::Add(member) if self.config.is_strict => {
                cluster.may_add(member.is_learner, &nobody)?
            }
            Change::Remove(id) if self.config.is_strict => cluster.may_remove(*id, &nobody)?,
            Change::Promote(id) => {
                self.check_in_sync(*id)?;
                cluster.check(&change)?;
                if self.config.is_strict {
                    cluster.may_promote()?;
                }
            }
            _ => {}
        }
        Ok(change)
    }

    /// Refuses to promote a learner that has not got most of the log yet.
    ///
    /// Source: etcd v3.7 server.go `isLearnerReady`.
    fn check_in_sync(&self, id: u64) -> Result<(), ApiError> {
        let status = self.node.status();
        if status.role != Role::Leader {
            return Err(ApiError::NotLeader);
        }
        let matched = |id| {
            let peer = status.peers.iter().find(|peer| peer.id == id);
            peer.map(|peer| peer.matched)
        };
        let learner = matched(id).ok_or(ApiError::MemberNotFound)?;
        let leader = matched(status.id).unwrap_or(0);
        if learner.saturating_mul(100) < leader.saturating_mul(IN_SYNC_PERCENT) {
            return Err(ApiError::LearnerNotReady);
        }
        Ok(())
    }

    /// Returns the answer to a list of members.
    pub(super) fn member_list(&self) -> Bytes {
        frame(&MemberListResponse {
            header: Some(self.header_of_members()),
            members: self.state.cluster.to_wire(),
        })
    }

    /// Answers a change that was applied.
    pub(crate) fn answer_change(&self, change: &Change, reply: Reply) {
        let header = Some(self.header_of_members());
        let members = self.state.cluster.to_wire();
        match change {
            Change::Add(added) => reply.message(&MemberAddResponse {
                header,
                member: members.iter().find(|it| it.id == added.id).cloned(),
                members,
            }),
            // They are answered alike.
            Change::Remove(_) | Change::Update { .. } | Change::Promote(_) => {
                reply.message(&MemberListResponse { header, members });
            }
        }
    }

    /// Shows who was removed, who is known, and whether this member has a vote.
    pub(crate) fn show_members(&self) {
        let cluster = &self.state.cluster;
        self.board.set_removed(cluster.removed().clone());
        self.board.set_learner(cluster.is_local_learner());
        let level = if cluster.is_local_learner() { 1.0 } else { 0.0 };
        self.metrics.server.is_learner.set(level);
        let local = format!("{:x}", cluster.local_id());
        let known = &self.metrics.network.known_peers;
        for member in cluster.members() {
            known.with([&local, &format!("{:x}", member.id)]).set(1.0);
        }
        for id in cluster.removed() {
            known.with([&local, &format!("{id:x}")]).set(0.0);
        }
    }

    /// Shows in metrics who this member is.
    pub(crate) fn show_identity(&self) {
        let local = format!("{:x}", self.state.cluster.local_id());
        let server = &self.metrics.server;
        server.id.with([&local]).set(1.0);
        server.version.with([VERSION]).set(1.0);
        let toolchain = BuildInfo::replacing(VERSION).toolchain;
        server.go_version.with([toolchain]).set(1.0);
        // No limit is shown as 0.
        let quota = self.quota.bytes().unwrap_or(0);
        server.quota_backend_bytes.set(quota as f64);
    }

    /// The header of answers about members has no revision.
    fn header_of_members(&self) -> ResponseHeader {
        ResponseHeader {
            revision: 0,
            ..self.header()
        }
    }

    /// Tells the cluster the name of this member and where clients reach it, once after each start, and agrees on its version.
    pub(crate) fn publish(&mut self) {
        let cluster = &self.state.cluster;
        let id = cluster.local_id();
        if !self.is_published {
            self.propose_internal(InternalRaftRequest {
                cluster_member_attr_set: Some(ClusterMemberAttrSetRequest {
                    member_id: id,
                    member_attributes: Some(Attributes {
                        name: self.config.name.clone(),
                        client_urls: self.config.client_urls.clone(),
                    }),
                }),
                ..InternalRaftRequest::default()
            });
        }
        if self.node.is_leader() && self.state.cluster.version().is_none() {
            let version = self.state.cluster.next_version(Some(Version::OURS));
            if let Ok(Some(version)) = version {
                self.propose_internal(InternalRaftRequest {
                    cluster_version_set: Some(etcd_api::membershippb::ClusterVersionSetRequest {
                        ver: version.to_string(),
                    }),
                    ..InternalRaftRequest::default()
                });
            }
        }
    }
}

/// Checks the URLs of who is to be added.
pub(super) fn check_added(call: &Call) -> Result<(), Status> {
    let request: MemberAddRequest = decode(call.message.clone())?;
    parse_urls(&request.peer_ur_ls)?;
    Ok(())
}

/// How much of the leader's log a learner must have to be promoted.
///
/// Source: etcd v3.7 server.go `readyPercentThreshold`.
const IN_SYNC_PERCENT: u64 = 90;
