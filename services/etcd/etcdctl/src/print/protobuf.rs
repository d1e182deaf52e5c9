//! Answers as the bytes of their messages, with nothing behind them.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/printer_protobuf.go.

use etcd_api::etcdserverpb::{ResponseHeader, WatchResponse};
use etcd_client::watch::WatchAnswer;
use prost::Message;

use crate::{
    Failure,
    print::{Reply, unsupported},
};

pub(super) fn render(reply: &Reply<'_>) -> Result<Vec<u8>, Failure> {
    Ok(match reply {
        Reply::Get(answer) => answer.encode_to_vec(),
        Reply::Put(answer) => answer.encode_to_vec(),
        Reply::Del(answer) => answer.encode_to_vec(),
        Reply::Txn(answer) => answer.encode_to_vec(),
        Reply::Watch(answer) => watch(answer).encode_to_vec(),
        // Upstream's types for these hold a header and count as one: the header is all that is written.
        Reply::Grant(answer) => header(answer.header.as_ref()),
        Reply::KeepAlive(answer) => header(answer.header.as_ref()),
        Reply::TimeToLive { answer, .. } => header(answer.header.as_ref()),
        Reply::Leases(answer) => header(answer.header.as_ref()),
        // Upstream's type for this is no message. It prints the object's memory behind the text.
        Reply::Revoke(..) => {
            return Err(Failure::new(
                Failure::BAD_FEATURE,
                "marshal unsupported for type *clientv3.LeaseRevokeResponse",
            ));
        }
        Reply::MemberAdd(answer) => answer.encode_to_vec(),
        Reply::MemberRemove(_, answer) => answer.encode_to_vec(),
        Reply::MemberUpdate(_, answer) => answer.encode_to_vec(),
        Reply::MemberPromote(_, answer) => answer.encode_to_vec(),
        Reply::MemberList(answer) => answer.encode_to_vec(),
        Reply::EndpointHealth(_) | Reply::EndpointStatus(_) | Reply::EndpointHashKv(_) => {
            return Err(unsupported("protobuf"));
        }
        Reply::MoveLeader { answer, .. } => answer.encode_to_vec(),
        Reply::Downgrade(_, answer) => answer.encode_to_vec(),
        Reply::Alarm(answer) => answer.encode_to_vec(),
        Reply::RoleAdd(_, answer) => answer.encode_to_vec(),
        Reply::RoleGet(_, answer) => answer.encode_to_vec(),
        Reply::RoleDelete(_, answer) => answer.encode_to_vec(),
        Reply::RoleList(answer) => answer.encode_to_vec(),
        Reply::RoleGrantPermission(_, answer) => answer.encode_to_vec(),
        Reply::RoleRevokePermission { answer, .. } => answer.encode_to_vec(),
        Reply::UserAdd(_, answer) => answer.encode_to_vec(),
        Reply::UserGet(_, answer) => answer.encode_to_vec(),
        Reply::UserList(answer) => answer.encode_to_vec(),
        Reply::UserChangePassword(answer) => answer.encode_to_vec(),
        Reply::UserGrantRole { answer, .. } => answer.encode_to_vec(),
        Reply::UserRevokeRole { answer, .. } => answer.encode_to_vec(),
        Reply::UserDelete(_, answer) => answer.encode_to_vec(),
        Reply::AuthStatus(answer) => answer.encode_to_vec(),
    })
}

fn header(header: Option<&ResponseHeader>) -> Vec<u8> {
    header.map(Message::encode_to_vec).unwrap_or_default()
}

fn watch(answer: &WatchAnswer) -> WatchResponse {
    WatchResponse {
        header: Some(answer.header),
        events: answer.events.clone(),
        compact_revision: answer.compact_revision,
        canceled: answer.canceled,
        ..WatchResponse::default()
    }
}
