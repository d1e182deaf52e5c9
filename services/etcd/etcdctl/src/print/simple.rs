//! Answers as plain lines.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/printer_simple.go.

use std::io::Write;

use etcd_api::{
    authpb::{Permission, permission::Type},
    etcdserverpb::{
        AlarmType, AuthRoleGetResponse, LeaseTimeToLiveResponse, MemberAddResponse, ResponseOp,
        response_op::Response,
    },
    mvccpb::KeyValue,
};
use etcd_client::interval;

use crate::{
    context::tell_line,
    print::{Health, Reply, columns},
};

pub(super) fn render(reply: &Reply<'_>, hex: bool, values_only: bool) -> Vec<u8> {
    let mut lines = Lines {
        out: Vec::new(),
        hex,
        values_only,
    };
    lines.reply(reply);
    lines.out
}

struct Lines {
    out: Vec<u8>,
    hex: bool,
    values_only: bool,
}

/// Appends to a vector, which does not fail.
macro_rules! line {
    ($lines:expr, $($arguments:tt)*) => {
        writeln!($lines.out, $($arguments)*).expect("writing to a vector does not fail")
    };
}

impl Lines {
    fn reply(&mut self, reply: &Reply<'_>) {
        match reply {
            Reply::Get(answer) => self.kvs(&answer.kvs),
            Reply::Put(answer) => {
                line!(self, "OK");
                self.kvs(answer.prev_kv.as_slice());
            }
            Reply::Del(answer) => {
                line!(self, "{}", answer.deleted);
                self.kvs(&answer.prev_kvs);
            }
            Reply::Txn(answer) => {
                line!(
                    self,
                    "{}",
                    if answer.succeeded {
                        "SUCCESS"
                    } else {
                        "FAILURE"
                    }
                );
                answer.responses.iter().for_each(|one| self.operation(one));
            }
            Reply::Watch(answer) => {
                for event in &answer.events {
                    line!(self, "{}", event.r#type().as_str_name());
                    self.kvs(event.prev_kv.as_slice());
                    self.kv(&event.kv.clone().unwrap_or_default());
                }
            }
            Reply::Grant(answer) => {
                line!(
                    self,
                    "lease {:016x} granted with TTL({}s)",
                    answer.id,
                    answer.ttl
                );
            }
            Reply::Revoke(id, _) => line!(self, "lease {id:016x} revoked"),
            Reply::KeepAlive(answer) => {
                line!(
                    self,
                    "lease {:016x} keepalived with TTL({})",
                    answer.id,
                    answer.ttl
                );
            }
            Reply::TimeToLive { answer, keys } => self.time_to_live(answer, *keys),
            Reply::Leases(answer) => {
                line!(self, "found {} leases", answer.leases.len());
                for lease in &answer.leases {
                    line!(self, "{:016x}", lease.id);
                }
            }
            other => self.cluster(other),
        }
    }

    fn cluster(&mut self, reply: &Reply<'_>) {
        let cluster = reply.header().map_or(0, |header| header.cluster_id);
        match reply {
            Reply::MemberAdd(answer) => self.member_add(answer, cluster),
            Reply::MemberRemove(id, _) => {
                line!(self, "Member {id:16x} removed from cluster {cluster:16x}");
            }
            Reply::MemberUpdate(id, _) => {
                line!(self, "Member {id:16x} updated in cluster {cluster:16x}");
            }
            Reply::MemberPromote(id, _) => {
                line!(self, "Member {id:16x} promoted in cluster {cluster:16x}");
            }
            Reply::MemberList(answer) => self.rows(&columns::members(answer)),
            Reply::EndpointHealth(endpoints) => endpoints.iter().for_each(|one| self.health(one)),
            Reply::EndpointStatus(endpoints) => self.rows(&columns::status(endpoints)),
            Reply::EndpointHashKv(endpoints) => self.rows(&columns::hashkv(endpoints)),
            Reply::MoveLeader { leader, target, .. } => {
                line!(self, "Leadership transferred from {leader:x} to {target:x}");
            }
            Reply::Downgrade(action, answer) => {
                let version = &answer.version;
                line!(
                    self,
                    "Downgrade {action} success, cluster version {version}"
                );
            }
            Reply::Alarm(answer) => {
                for alarm in &answer.alarms {
                    self.alarm(alarm.member_id, alarm.alarm());
                }
            }
            other => self.auth(other),
        }
    }

    fn auth(&mut self, reply: &Reply<'_>) {
        match reply {
            Reply::RoleAdd(role, _) => line!(self, "Role {role} created"),
            Reply::RoleGet(role, answer) => self.role(role, answer),
            Reply::RoleDelete(role, _) => line!(self, "Role {role} deleted"),
            Reply::RoleList(answer) => answer.roles.iter().for_each(|role| line!(self, "{role}")),
            Reply::RoleGrantPermission(role, _) => line!(self, "Role {role} updated"),
            Reply::RoleRevokePermission { role, key, end, .. } => self.revoked(role, key, end),
            Reply::UserAdd(user, _) => line!(self, "User {user} created"),
            Reply::UserGet(user, answer) => {
                line!(self, "User: {user}");
                let roles: String = answer.roles.iter().map(|role| format!(" {role}")).collect();
                line!(self, "Roles:{roles}");
            }
            Reply::UserList(answer) => answer.users.iter().for_each(|user| line!(self, "{user}")),
            Reply::UserChangePassword(_) => line!(self, "Password updated"),
            Reply::UserGrantRole { user, role, .. } => {
                line!(self, "Role {role} is granted to user {user}");
            }
            Reply::UserRevokeRole { user, role, .. } => {
                line!(self, "Role {role} is revoked from user {user}");
            }
            Reply::UserDelete(user, _) => line!(self, "User {user} deleted"),
            Reply::AuthStatus(answer) => {
                line!(self, "Authentication Status: {}", answer.enabled);
                line!(self, "AuthRevision: {}", answer.auth_revision);
            }
            _ => unreachable!("every other answer was shown"),
        }
    }

    fn kvs(&mut self, kvs: &[KeyValue]) {
        kvs.iter().for_each(|kv| self.kv(kv));
    }

    fn kv(&mut self, kv: &KeyValue) {
        if !self.values_only {
            self.bytes_line(&kv.key);
        }
        self.bytes_line(&kv.value);
    }

    fn bytes_line(&mut self, bytes: &[u8]) {
        if self.hex {
            for byte in bytes {
                write!(self.out, "\\x{byte:02x}").expect("writing to a vector does not fail");
            }
        } else {
            self.out.extend_from_slice(bytes);
        }
        self.out.push(b'\n');
    }

    fn operation(&mut self, operation: &ResponseOp) {
        line!(self, "");
        match &operation.response {
            Some(Response::ResponseRange(answer)) => self.reply(&Reply::Get(answer)),
            Some(Response::ResponsePut(answer)) => self.reply(&Reply::Put(answer)),
            Some(Response::ResponseDeleteRange(answer)) => self.reply(&Reply::Del(answer)),
            // No command of etcdctl sends a transaction inside another.
            Some(Response::ResponseTxn(answer)) => self.reply(&Reply::Txn(answer)),
            None => line!(self, "unexpected response"),
        }
    }

    fn time_to_live(&mut self, answer: &LeaseTimeToLiveResponse, keys: bool) {
        let id = answer.id;
        if answer.granted_ttl == 0 && answer.ttl == -1 {
            return line!(self, "lease {id:016x} already expired");
        }
        let (granted, left) = (answer.granted_ttl, answer.ttl);
        let text = format!("lease {id:016x} granted with TTL({granted}s), remaining({left}s)");
        self.out.extend_from_slice(text.as_bytes());
        if keys {
            self.out.extend_from_slice(b", attached keys([");
            self.out.extend_from_slice(&answer.keys.join(&b' '));
            self.out.extend_from_slice(b"])");
        }
        self.out.push(b'\n');
    }

    fn member_add(&mut self, answer: &MemberAddResponse, cluster: u64) {
        let member = answer.member.clone().unwrap_or_default();
        let learner = if member.is_learner {
            " as learner "
        } else {
            " "
        };
        line!(
            self,
            "Member {:16x} added{learner}to cluster {cluster:16x}",
            member.id
        );
    }

    fn rows(&mut self, rows: &columns::Rows) {
        for row in rows {
            line!(self, "{}", row.join(", "));
        }
    }

    fn health(&mut self, health: &Health) {
        let Health {
            endpoint,
            took,
            error,
            ..
        } = health;
        if error.is_empty() {
            line!(
                self,
                "{endpoint} is healthy: successfully committed proposal: took = {took}"
            );
        } else {
            tell_line(&format!(
                "{endpoint} is unhealthy: failed to commit proposal: {error}"
            ));
        }
    }

    /// Upstream prints the message's text form, zeros left out.
    fn alarm(&mut self, member: u64, alarm: AlarmType) {
        let member = (member != 0).then(|| format!("memberID:{member}"));
        let alarm = (alarm != AlarmType::None).then(|| format!("alarm:{}", alarm.as_str_name()));
        let parts: Vec<String> = [member, alarm].into_iter().flatten().collect();
        line!(self, "{}", parts.join(" "));
    }

    fn role(&mut self, role: &str, answer: &AuthRoleGetResponse) {
        line!(self, "Role {role}");
        if role == "root" && answer.perm.is_empty() {
            for title in ["KV Read:", "KV Write:"] {
                line!(self, "{title}\n\t[, <open ended>");
            }
            return;
        }
        for (title, own) in [("KV Read:", Type::Read), ("KV Write:", Type::Write)] {
            line!(self, "{title}");
            let fitting = |one: &&Permission| [own, Type::Readwrite].contains(&one.perm_type());
            answer
                .perm
                .iter()
                .filter(fitting)
                .for_each(|one| self.permission(one));
        }
    }

    fn permission(&mut self, permission: &Permission) {
        let (key, end) = (&permission.key, &permission.range_end);
        let out = &mut self.out;
        out.push(b'\t');
        if end.is_empty() {
            out.extend_from_slice(key);
        } else {
            push_interval(out, key, end);
            if !key.is_empty() && interval::prefix_end(key) == *end {
                out.extend_from_slice(b" (prefix ");
                out.extend_from_slice(key);
                out.push(b')');
            }
        }
        out.push(b'\n');
    }

    fn revoked(&mut self, role: &str, key: &[u8], end: &[u8]) {
        let out = &mut self.out;
        if end.is_empty() {
            out.extend_from_slice(b"Permission of key ");
            out.extend_from_slice(key);
        } else {
            out.extend_from_slice(b"Permission of range ");
            push_interval(out, key, end);
        }
        line!(self, " is revoked from role {role}");
    }
}

fn push_interval(out: &mut Vec<u8>, key: &[u8], end: &[u8]) {
    out.push(b'[');
    out.extend_from_slice(key);
    out.extend_from_slice(b", ");
    if end == interval::FROM_KEY {
        out.extend_from_slice(b"<open ended>");
    } else {
        out.extend_from_slice(end);
        out.push(b')');
    }
}
