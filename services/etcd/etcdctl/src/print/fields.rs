//! Answers as lines of a name, a colon and a value, strings quoted as Go quotes them.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/printer_fields.go.

use std::fmt::{Display, Write};

use etcd_api::{
    etcdserverpb::{
        AuthRoleGetResponse, Member, ResponseHeader, StatusResponse, TxnResponse,
        response_op::Response,
    },
    mvccpb::KeyValue,
};
use kit_cli::value::quote;

use crate::{
    Failure,
    print::{Health, Reply, unsupported},
};

pub(super) fn render(reply: &Reply<'_>, hex: bool) -> Result<Vec<u8>, Failure> {
    let mut fields = Fields {
        out: String::new(),
        hex,
    };
    fields.reply(reply)?;
    Ok(fields.out.into_bytes())
}

struct Fields {
    out: String,
    hex: bool,
}

impl Fields {
    fn reply(&mut self, reply: &Reply<'_>) -> Result<(), Failure> {
        match reply {
            Reply::EndpointHealth(endpoints) => endpoints.iter().for_each(|one| self.health(one)),
            Reply::EndpointStatus(endpoints) => endpoints
                .iter()
                .for_each(|(endpoint, answer)| self.status(endpoint, answer)),
            Reply::EndpointHashKv(endpoints) => {
                for (endpoint, answer) in *endpoints {
                    self.header(answer.header.as_ref());
                    self.text("Endpoint", endpoint);
                    self.field("Hash", answer.hash);
                    self.field("HashRevision", answer.hash_revision);
                    self.out.push('\n');
                }
            }
            Reply::MemberAdd(_)
            | Reply::MemberRemove(..)
            | Reply::MemberUpdate(..)
            | Reply::MemberPromote(..)
            | Reply::MoveLeader { .. }
            | Reply::Downgrade(..)
            | Reply::UserGet(..)
            | Reply::UserList(_)
            | Reply::AuthStatus(_) => return Err(unsupported("fields")),
            other => {
                self.header(other.header());
                self.body(other);
            }
        }
        Ok(())
    }

    /// Writes what follows the header of an answer that has one.
    fn body(&mut self, reply: &Reply<'_>) {
        match reply {
            Reply::Get(answer) => {
                answer.kvs.iter().for_each(|kv| self.kv("", kv));
                self.field("More", answer.more);
                self.field("Count", answer.count);
            }
            Reply::Put(answer) => answer.prev_kv.iter().for_each(|kv| self.kv("Prev", kv)),
            Reply::Del(answer) => {
                self.field("Deleted", answer.deleted);
                answer.prev_kvs.iter().for_each(|kv| self.kv("Prev", kv));
            }
            Reply::Txn(answer) => self.txn(answer),
            Reply::Watch(answer) => {
                for event in &answer.events {
                    self.field("Type", event.r#type().as_str_name());
                    event.prev_kv.iter().for_each(|kv| self.kv("Prev", kv));
                    self.kv("", &event.kv.clone().unwrap_or_default());
                }
            }
            Reply::Grant(answer) => {
                self.lease("ID", answer.id);
                self.field("TTL", answer.ttl);
            }
            Reply::KeepAlive(answer) => {
                self.lease("ID", answer.id);
                self.field("TTL", answer.ttl);
            }
            Reply::TimeToLive { answer, .. } => {
                self.lease("ID", answer.id);
                self.field("TTL", answer.ttl);
                self.field("GrantedTTL", answer.granted_ttl);
                answer.keys.iter().for_each(|key| self.text("Key", key));
            }
            Reply::Leases(answer) => {
                let leases = answer.leases.iter();
                leases.for_each(|lease| self.lease("ID", lease.id));
            }
            Reply::MemberList(answer) => answer.members.iter().for_each(|one| self.member(one)),
            Reply::Alarm(answer) => {
                for alarm in &answer.alarms {
                    self.id("MemberID", alarm.member_id);
                    self.field("AlarmType", alarm.alarm().as_str_name());
                    self.out.push('\n');
                }
            }
            Reply::RoleGet(_, answer) => self.role(answer),
            Reply::RoleList(answer) => {
                let roles: String = answer
                    .roles
                    .iter()
                    .map(|role| format!(" {}", quote(role)))
                    .collect();
                self.push(format_args!("\"Roles\" :{roles}\n"));
            }
            // The others are a header alone.
            _ => {}
        }
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.out
            .write_fmt(text)
            .expect("writing to a string does not fail");
    }

    fn field(&mut self, name: &str, value: impl Display) {
        self.push(format_args!("\"{name}\" : {value}\n"));
    }

    fn text(&mut self, name: &str, text: impl AsRef<[u8]>) {
        self.field(name, quote(text));
    }

    fn id(&mut self, name: &str, id: u64) {
        if self.hex {
            self.field(name, format_args!("{id:x}"));
        } else {
            self.field(name, id);
        }
    }

    fn lease(&mut self, name: &str, lease: i64) {
        if self.hex {
            self.field(name, format_args!("{lease:016x}"));
        } else {
            self.field(name, lease);
        }
    }

    fn header(&mut self, header: Option<&ResponseHeader>) {
        let header = header.copied().unwrap_or_default();
        self.id("ClusterID", header.cluster_id);
        self.id("MemberID", header.member_id);
        if header.revision > 0 {
            self.field("Revision", header.revision);
        }
        self.field("RaftTerm", header.raft_term);
    }

    fn kv(&mut self, prefix: &str, kv: &KeyValue) {
        self.text(&format!("{prefix}Key"), &kv.key);
        self.field(&format!("{prefix}CreateRevision"), kv.create_revision);
        self.field(&format!("{prefix}ModRevision"), kv.mod_revision);
        self.field(&format!("{prefix}Version"), kv.version);
        self.text(&format!("{prefix}Value"), &kv.value);
        self.lease(&format!("{prefix}Lease"), kv.lease);
    }

    fn txn(&mut self, answer: &TxnResponse) {
        self.field("Succeeded", answer.succeeded);
        for operation in &answer.responses {
            let reply = match &operation.response {
                Some(Response::ResponseRange(answer)) => Reply::Get(answer),
                Some(Response::ResponsePut(answer)) => Reply::Put(answer),
                Some(Response::ResponseDeleteRange(answer)) => Reply::Del(answer),
                // No command of etcdctl sends a transaction inside another.
                Some(Response::ResponseTxn(answer)) => Reply::Txn(answer),
                None => {
                    self.text("Unknown", "<nil>");
                    continue;
                }
            };
            self.header(reply.header());
            self.body(&reply);
        }
    }

    fn member(&mut self, member: &Member) {
        self.id("ID", member.id);
        self.text("Name", &member.name);
        for url in &member.peer_ur_ls {
            self.text("PeerURL", url);
        }
        for url in &member.client_ur_ls {
            self.text("ClientURL", url);
        }
        self.field("IsLearner", member.is_learner);
        self.out.push('\n');
    }

    fn health(&mut self, health: &Health) {
        self.text("Endpoint", &health.endpoint);
        self.field("Health", health.is_healthy);
        self.field("Took", &health.took);
        self.field("Error", &health.error);
        self.out.push('\n');
    }

    fn status(&mut self, endpoint: &str, answer: &StatusResponse) {
        let downgrade = answer.downgrade_info.clone().unwrap_or_default();
        self.header(answer.header.as_ref());
        self.text("Version", &answer.version);
        self.text("StorageVersion", &answer.storage_version);
        self.field("DBSize", answer.db_size);
        self.field("DBSizeInUse", answer.db_size_in_use);
        self.field("DBSizeQuota", answer.db_size_quota);
        self.field("Leader", answer.leader);
        self.field("IsLearner", answer.is_learner);
        self.field("RaftIndex", answer.raft_index);
        self.field("RaftAppliedIndex", answer.raft_applied_index);
        self.field("Errors", format_args!("[{}]", answer.errors.join(" ")));
        self.text("Endpoint", endpoint);
        self.text("DowngradeTargetVersion", &downgrade.target_version);
        self.field("DowngradeEnabled", downgrade.enabled);
        self.out.push('\n');
    }

    fn role(&mut self, answer: &AuthRoleGetResponse) {
        for permission in &answer.perm {
            // Two blanks, as upstream has here alone.
            let kind = permission.perm_type().as_str_name();
            self.push(format_args!("\"PermType\" :  {kind}\n"));
            self.text("Key", &permission.key);
            self.text("RangeEnd", &permission.range_end);
        }
    }
}
