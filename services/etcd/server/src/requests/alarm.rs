//! Room in the store: who is refused for want of it, and the alarm that is raised then.
//!
//! Source: etcd v3.7 v3rpc/quota.go; server/etcdserver/apply/apply_quota.go; auth of `Alarm` in v3rpc/maintenance.go.

use etcd_api::{
    Error as ApiError,
    etcdserverpb::{AlarmRequest, AlarmType, InternalRaftRequest, alarm_request::AlarmAction},
};
use etcd_auth::AuthInfo;
use tonic::Status;

use super::decode;
use crate::{call::Call, engine::Engine, quota, refusal::Refusal};

impl Engine {
    pub(super) fn check_alarm(&self, call: &Call, who: &AuthInfo) -> Result<(), Status> {
        let request: AlarmRequest = decode(call.message.clone())?;
        match AlarmAction::try_from(request.action) {
            Ok(AlarmAction::Get) => self.check_user(who),
            _ => {
                let checked = self.state.auth.check_admin(who.who());
                checked.map_err(|error| Refusal::from(error).into())
            }
        }
    }

    /// Refuses what would grow a store that is full, and raises the alarm.
    pub(crate) fn check_room(&mut self, cost: u64) -> Result<(), Status> {
        if self.has_room(cost) {
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
        self.has_room(cost)
    }

    /// The size is looked at every tick; the store may have given room back since.
    fn has_room(&self, cost: u64) -> bool {
        let is_below = |size| self.quota.has_room(size, cost);
        is_below(self.store_bytes) || is_below(self.backend.size())
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
}
