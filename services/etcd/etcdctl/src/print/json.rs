//! Answers as one line of JSON, the way Go marshals upstream's types: names of the protocol, numbers as numbers, bytes in
//! base64, zeros left out; the types of clientv3 that are no messages keep their own names and zeros.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/printer_json.go; api/etcdserverpb/rpc.pb.go for tags and their order.

use etcd_api::{
    authpb::Permission,
    etcdserverpb::{
        AlarmMember, DeleteRangeResponse, HashKvResponse, LeaseGrantResponse,
        LeaseTimeToLiveResponse, Member, PutResponse, RangeResponse, ResponseHeader, ResponseOp,
        StatusResponse, TxnResponse, response_op::Response,
    },
    mvccpb::{Event, KeyValue},
};
use etcd_client::watch::WatchAnswer;

use crate::print::{
    Health, Reply,
    go_json::{Object, array, base64, string},
};

pub(super) fn render(reply: &Reply<'_>, hex: bool) -> String {
    let mut line = match reply {
        Reply::Get(answer) => range(answer),
        Reply::Put(answer) => put(answer),
        Reply::Del(answer) => delete_range(answer),
        Reply::Txn(answer) => txn(answer),
        Reply::Watch(answer) => watch(answer),
        Reply::Grant(answer) => grant(answer),
        Reply::KeepAlive(answer) => inlined(answer.header.as_ref())
            .raw("ID", answer.id)
            .raw("TTL", answer.ttl)
            .end(),
        Reply::TimeToLive { answer, .. } => time_to_live(answer),
        Reply::Leases(answer) => {
            let lease = |lease: &etcd_api::etcdserverpb::LeaseStatus| {
                Object::new().raw("id", lease.id).end()
            };
            inlined(answer.header.as_ref())
                .raw("leases", array(&answer.leases, lease))
                .end()
        }
        Reply::MemberAdd(answer) => {
            let added = answer.member.as_ref().map(|added| member(added, hex));
            let object = members_header(answer.header.as_ref(), hex).some("member", added);
            members(object, &answer.members, hex)
        }
        Reply::MemberRemove(_, answer) => member_list(answer.header.as_ref(), &answer.members, hex),
        Reply::MemberUpdate(_, answer) => member_list(answer.header.as_ref(), &answer.members, hex),
        Reply::MemberPromote(_, answer) => {
            member_list(answer.header.as_ref(), &answer.members, hex)
        }
        Reply::MemberList(answer) => member_list(answer.header.as_ref(), &answer.members, hex),
        Reply::EndpointHealth(endpoints) => or_null(endpoints, health),
        Reply::EndpointStatus(endpoints) => or_null(endpoints, |(endpoint, answer)| {
            at(endpoint, "Status", &status(answer))
        }),
        Reply::EndpointHashKv(endpoints) => or_null(endpoints, |(endpoint, answer)| {
            at(endpoint, "HashKV", &hashkv(answer))
        }),
        Reply::Downgrade(_, answer) => headed(reply).text("version", &answer.version).end(),
        Reply::Alarm(answer) => headed(reply).list("alarms", &answer.alarms, alarm).end(),
        Reply::RoleGet(_, answer) => headed(reply).list("perm", &answer.perm, permission).end(),
        Reply::RoleList(answer) => headed(reply).texts("roles", &answer.roles).end(),
        Reply::UserGet(_, answer) => headed(reply).texts("roles", &answer.roles).end(),
        Reply::UserList(answer) => headed(reply).texts("users", &answer.users).end(),
        Reply::AuthStatus(answer) => headed(reply)
            .flag("enabled", answer.enabled)
            .number("authRevision", answer.auth_revision)
            .end(),
        Reply::Revoke(..)
        | Reply::MoveLeader { .. }
        | Reply::RoleAdd(..)
        | Reply::RoleDelete(..)
        | Reply::RoleGrantPermission(..)
        | Reply::RoleRevokePermission { .. }
        | Reply::UserAdd(..)
        | Reply::UserChangePassword(_)
        | Reply::UserGrantRole { .. }
        | Reply::UserRevokeRole { .. }
        | Reply::UserDelete(..) => headed(reply).end(),
    };
    line.push('\n');
    line
}

/// Starts an object with the answer's header.
fn headed(reply: &Reply<'_>) -> Object {
    Object::new().some("header", reply.header().map(header))
}

fn header(header: &ResponseHeader) -> String {
    inlined(Some(header)).end()
}

/// Starts an object with the fields of a header themselves.
fn inlined(header: Option<&ResponseHeader>) -> Object {
    let header = header.copied().unwrap_or_default();
    Object::new()
        .number("cluster_id", header.cluster_id)
        .number("member_id", header.member_id)
        .number("revision", header.revision)
        .number("raft_term", header.raft_term)
}

fn range(answer: &RangeResponse) -> String {
    Object::new()
        .some("header", answer.header.as_ref().map(header))
        .list("kvs", &answer.kvs, kv)
        .flag("more", answer.more)
        .number("count", answer.count)
        .end()
}

fn put(answer: &PutResponse) -> String {
    Object::new()
        .some("header", answer.header.as_ref().map(header))
        .some("prev_kv", answer.prev_kv.as_ref().map(kv))
        .end()
}

fn delete_range(answer: &DeleteRangeResponse) -> String {
    Object::new()
        .some("header", answer.header.as_ref().map(header))
        .number("deleted", answer.deleted)
        .list("prev_kvs", &answer.prev_kvs, kv)
        .end()
}

fn txn(answer: &TxnResponse) -> String {
    Object::new()
        .some("header", answer.header.as_ref().map(header))
        .flag("succeeded", answer.succeeded)
        .list("responses", &answer.responses, response)
        .end()
}

fn response(operation: &ResponseOp) -> String {
    let inner = match &operation.response {
        Some(Response::ResponseRange(answer)) => Object::new().raw("response_range", range(answer)),
        Some(Response::ResponsePut(answer)) => Object::new().raw("response_put", put(answer)),
        Some(Response::ResponseDeleteRange(answer)) => {
            Object::new().raw("response_delete_range", delete_range(answer))
        }
        Some(Response::ResponseTxn(answer)) => Object::new().raw("response_txn", txn(answer)),
        None => Object::new(),
    };
    Object::new().raw("Response", inner.end()).end()
}

fn kv(kv: &KeyValue) -> String {
    Object::new()
        .bytes("key", &kv.key)
        .number("create_revision", kv.create_revision)
        .number("mod_revision", kv.mod_revision)
        .number("version", kv.version)
        .bytes("value", &kv.value)
        .number("lease", kv.lease)
        .end()
}

fn watch(answer: &WatchAnswer) -> String {
    let events = if answer.events.is_empty() {
        "null".to_owned()
    } else {
        array(&answer.events, event)
    };
    Object::new()
        .raw("Header", header(&answer.header))
        .raw("Events", events)
        .raw("CompactRevision", answer.compact_revision)
        .raw("Canceled", answer.canceled)
        .raw("Created", false)
        .raw("CancelReason", string(&answer.cancel_reason))
        .end()
}

fn event(event: &Event) -> String {
    Object::new()
        .number("type", event.r#type)
        .some("kv", event.kv.as_ref().map(kv))
        .some("prev_kv", event.prev_kv.as_ref().map(kv))
        .end()
}

fn grant(answer: &LeaseGrantResponse) -> String {
    inlined(answer.header.as_ref())
        .raw("ID", answer.id)
        .raw("TTL", answer.ttl)
        .raw("Error", string(&answer.error))
        .end()
}

fn time_to_live(answer: &LeaseTimeToLiveResponse) -> String {
    let keys = if answer.keys.is_empty() {
        "null".to_owned()
    } else {
        array(&answer.keys, |key| base64(key))
    };
    inlined(answer.header.as_ref())
        .raw("id", answer.id)
        .raw("ttl", answer.ttl)
        .raw("granted-ttl", answer.granted_ttl)
        .raw("keys", keys)
        .end()
}

fn member_list(header: Option<&ResponseHeader>, list: &[Member], hex: bool) -> String {
    members(members_header(header, hex), list, hex)
}

fn members(object: Object, list: &[Member], hex: bool) -> String {
    let item = |item: &Member| member(item, hex);
    if hex {
        // Upstream's types for this have no tag that leaves an empty list out.
        return object.raw("members", array(list, item)).end();
    }
    object.list("members", list, item).end()
}

fn members_header(of: Option<&ResponseHeader>, hex: bool) -> Object {
    if !hex {
        return Object::new().some("header", of.map(header));
    }
    let header = of.copied().unwrap_or_default();
    let text = Object::new()
        .raw("cluster_id", string(&format!("{:x}", header.cluster_id)))
        .raw("member_id", string(&format!("{:x}", header.member_id)))
        .number("revision", header.revision)
        .number("raft_term", header.raft_term)
        .end();
    Object::new().raw("header", text)
}

fn member(member: &Member, hex: bool) -> String {
    let object = if hex {
        Object::new().raw("ID", string(&format!("{:x}", member.id)))
    } else {
        Object::new().number("ID", member.id)
    };
    object
        .text("name", &member.name)
        .texts("peerURLs", &member.peer_ur_ls)
        .texts("clientURLs", &member.client_ur_ls)
        .flag("isLearner", member.is_learner)
        .end()
}

fn health(health: &Health) -> String {
    Object::new()
        .raw("endpoint", string(&health.endpoint))
        .raw("health", health.is_healthy)
        .raw("took", string(&health.took))
        .text("error", &health.error)
        .end()
}

fn at(endpoint: &str, name: &str, answer: &str) -> String {
    Object::new()
        .raw("Endpoint", string(endpoint))
        .raw(name, answer)
        .end()
}

fn status(answer: &StatusResponse) -> String {
    let downgrade = answer.downgrade_info.as_ref().map(|info| {
        Object::new()
            .flag("enabled", info.enabled)
            .text("targetVersion", &info.target_version)
            .end()
    });
    Object::new()
        .some("header", answer.header.as_ref().map(header))
        .text("version", &answer.version)
        .number("dbSize", answer.db_size)
        .number("leader", answer.leader)
        .number("raftIndex", answer.raft_index)
        .number("raftTerm", answer.raft_term)
        .number("raftAppliedIndex", answer.raft_applied_index)
        .texts("errors", &answer.errors)
        .number("dbSizeInUse", answer.db_size_in_use)
        .flag("isLearner", answer.is_learner)
        .text("storageVersion", &answer.storage_version)
        .number("dbSizeQuota", answer.db_size_quota)
        .some("downgradeInfo", downgrade)
        .end()
}

fn hashkv(answer: &HashKvResponse) -> String {
    Object::new()
        .some("header", answer.header.as_ref().map(header))
        .number("hash", answer.hash)
        .number("compact_revision", answer.compact_revision)
        .number("hash_revision", answer.hash_revision)
        .end()
}

fn alarm(alarm: &AlarmMember) -> String {
    Object::new()
        .number("memberID", alarm.member_id)
        .number("alarm", alarm.alarm)
        .end()
}

fn permission(permission: &Permission) -> String {
    Object::new()
        .number("permType", permission.perm_type)
        .bytes("key", &permission.key)
        .bytes("range_end", &permission.range_end)
        .end()
}

/// A list that Go never appended to is `null`.
fn or_null<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        "null".to_owned()
    } else {
        array(items, item)
    }
}
