//! Alarms: which are active, on which member. They are part of what all members agree on.
//!
//! Source: etcd v3.7 server/etcdserver/api/v3alarm/alarms.go; server/storage/schema/alarm.go.

use std::collections::BTreeSet;

use bytes::Bytes;
use etcd_api::etcdserverpb::{AlarmMember, AlarmRequest, AlarmType, alarm_request::AlarmAction};
use etcd_backend::{Batch, Bucket, ReadError, View};
use prost::Message as _;

/// The alarms that are active, by kind and member.
#[derive(Debug, Default)]
pub(crate) struct Alarms(BTreeSet<(i32, u64)>);

impl Alarms {
    /// Reads what is stored. What cannot be read is no alarm.
    pub(crate) fn load(view: &View) -> Result<Self, ReadError> {
        let mut alarms = Self::default();
        for entry in view.iter(Bucket::Alarm)? {
            let (key, _) = entry?;
            if let Ok(member) = AlarmMember::decode(&key[..]) {
                alarms.0.insert((member.alarm, member.member_id));
            }
        }
        Ok(alarms)
    }

    pub(crate) fn is_active(&self, kind: AlarmType) -> bool {
        self.0.iter().any(|(active, _)| *active == kind as i32)
    }

    /// Returns the alarms of a kind, or all of them for `AlarmType::None`.
    pub(crate) fn list(&self, kind: i32) -> Vec<AlarmMember> {
        let is_wanted = |active: &&(i32, u64)| kind == AlarmType::None as i32 || active.0 == kind;
        self.0
            .iter()
            .filter(is_wanted)
            .map(|(kind, id)| member(*id, *kind))
            .collect()
    }

    /// Applies a request, and returns what it answers. An action there is not does nothing.
    pub(crate) fn apply(&mut self, request: &AlarmRequest, batch: &mut Batch) -> Vec<AlarmMember> {
        let (kind, id) = (request.alarm, request.member_id);
        match AlarmAction::try_from(request.action) {
            Ok(AlarmAction::Get) => self.list(kind),
            Ok(AlarmAction::Activate) if kind == AlarmType::None as i32 => Vec::new(),
            Ok(AlarmAction::Activate) => {
                if self.0.insert((kind, id)) {
                    batch.put(Bucket::Alarm, key(id, kind), Bytes::new());
                }
                vec![member(id, kind)]
            }
            Ok(AlarmAction::Deactivate) => {
                if !self.0.remove(&(kind, id)) {
                    return Vec::new();
                }
                batch.delete(Bucket::Alarm, key(id, kind));
                vec![member(id, kind)]
            }
            Err(_) => Vec::new(),
        }
    }
}

fn member(member_id: u64, alarm: i32) -> AlarmMember {
    AlarmMember { member_id, alarm }
}

fn key(member_id: u64, alarm: i32) -> Vec<u8> {
    member(member_id, alarm).encode_to_vec()
}
