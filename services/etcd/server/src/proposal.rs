//! What becomes an entry: the bytes of a request as the client sent them, and a header that says who asked.
//!
//! Source: etcd v3.7 v3_server.go `processInternalRaftRequestOnce`; api/etcdserverpb/raft_internal.proto.

use std::{collections::HashMap, time::Instant};

use bytes::{Bytes, BytesMut};
use etcd_api::etcdserverpb::{InternalRaftRequest, RequestHeader};
use etcd_auth::AuthInfo;
use prost::{DecodeError, Message as _};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    answer::{bytes, message},
    call::Reply,
    limit::Limit,
    method::Method,
};

/// The field of an entry's header.
const HEADER: u32 = 100;

/// Returns the field in which an entry holds the request of a method; none for methods that are no entries.
pub(crate) fn field(method: Method) -> Option<u32> {
    Some(match method {
        Method::Put => 4,
        Method::DeleteRange => 5,
        Method::Txn => 6,
        Method::Compact => 7,
        Method::LeaseGrant => 8,
        Method::LeaseRevoke => 9,
        Method::Alarm => 10,
        Method::AuthEnable => 1000,
        Method::AuthDisable => 1011,
        Method::Authenticate => 1012,
        Method::AuthStatus => 1013,
        Method::UserAdd => 1100,
        Method::UserDelete => 1101,
        Method::UserGet => 1102,
        Method::UserChangePassword => 1103,
        Method::UserGrantRole => 1104,
        Method::UserRevokeRole => 1105,
        Method::UserList => 1106,
        Method::RoleList => 1107,
        Method::RoleAdd => 1200,
        Method::RoleDelete => 1201,
        Method::RoleGet => 1202,
        Method::RoleGrantPermission => 1203,
        Method::RoleRevokePermission => 1204,
        _ => return None,
    })
}

/// Returns the data of an entry.
pub(crate) fn entry(id: u64, who: &AuthInfo, field: u32, request: &[u8]) -> Bytes {
    let header = RequestHeader {
        id,
        username: who.username.as_ref().to_owned(),
        auth_revision: who.revision,
    };
    let mut data = BytesMut::with_capacity(request.len() + 48);
    bytes(&mut data, field, request);
    message(&mut data, HEADER, &header);
    data.freeze()
}

/// Checks that an entry with this request can be read again. A request may be a message by itself and yet too deep within another.
pub(crate) fn check_readable(field: u32, request: &[u8]) -> Result<(), DecodeError> {
    let mut data = BytesMut::with_capacity(request.len() + 16);
    bytes(&mut data, field, request);
    InternalRaftRequest::decode(data.freeze()).map(drop)
}

/// Who waits for an entry to be applied.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) reply: Reply,
    pub(crate) limit: Limit,
    pub(crate) _room: Option<OwnedSemaphorePermit>,
}

/// Everybody who waits for an entry, by the number of the request.
#[derive(Debug, Default)]
pub(crate) struct Pending(HashMap<u64, Waiting>);

impl Pending {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn insert(&mut self, id: u64, waiting: Waiting) {
        self.0.insert(id, waiting);
    }

    pub(crate) fn take(&mut self, id: u64) -> Option<Waiting> {
        self.0.remove(&id)
    }

    /// Takes everybody whose time is over.
    pub(crate) fn expired(&mut self, now: Instant) -> Vec<Waiting> {
        let expired = self.0.extract_if(|_, waiting| waiting.limit.at <= now);
        expired.map(|(_, waiting)| waiting).collect()
    }

    /// Says whose time is over first.
    pub(crate) fn next_limit(&self) -> Option<Instant> {
        self.0.values().map(|waiting| waiting.limit.at).min()
    }
}
