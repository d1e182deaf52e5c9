//! The columns of members and endpoints, which lines and tables share.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/printer.go, `make…Table`; github.com/dustin/go-humanize, `Bytes`.

use etcd_api::etcdserverpb::{HashKvResponse, MemberListResponse, StatusResponse};

use crate::print::Health;

pub(super) const MEMBERS: [&str; 6] = [
    "ID",
    "Status",
    "Name",
    "Peer Addrs",
    "Client Addrs",
    "Is Learner",
];

pub(super) const HEALTH: [&str; 4] = ["endpoint", "health", "took", "error"];

pub(super) const HASHKV: [&str; 3] = ["endpoint", "hash", "hash_revision"];

pub(super) const STATUS: [&str; 16] = [
    "endpoint",
    "ID",
    "version",
    "storage version",
    "db size",
    "in use",
    "percentage not in use",
    "quota",
    "is leader",
    "is learner",
    "raft term",
    "raft index",
    "raft applied index",
    "errors",
    "downgrade target version",
    "downgrade enabled",
];

pub(super) type Rows = Vec<Vec<String>>;

pub(super) fn members(answer: &MemberListResponse) -> Rows {
    let row = |member: &etcd_api::etcdserverpb::Member| {
        let status = if member.name.is_empty() {
            "unstarted"
        } else {
            "started"
        };
        vec![
            format!("{:x}", member.id),
            status.to_owned(),
            member.name.clone(),
            member.peer_ur_ls.join(","),
            member.client_ur_ls.join(","),
            member.is_learner.to_string(),
        ]
    };
    answer.members.iter().map(row).collect()
}

pub(super) fn health(endpoints: &[Health]) -> Rows {
    let row = |health: &Health| {
        vec![
            health.endpoint.clone(),
            health.is_healthy.to_string(),
            health.took.clone(),
            health.error.clone(),
        ]
    };
    endpoints.iter().map(row).collect()
}

pub(super) fn status(endpoints: &[(String, StatusResponse)]) -> Rows {
    endpoints
        .iter()
        .map(|(endpoint, answer)| status_row(endpoint, answer))
        .collect()
}

fn status_row(endpoint: &str, answer: &StatusResponse) -> Vec<String> {
    let member = answer.header.as_ref().map_or(0, |header| header.member_id);
    let downgrade = answer.downgrade_info.clone().unwrap_or_default();
    // Upstream divides by the size and ends on zero; a server without a store has nothing unused.
    let used = (answer.db_size_in_use.saturating_mul(100))
        .checked_div(answer.db_size)
        .unwrap_or(100);
    vec![
        endpoint.to_owned(),
        format!("{member:x}"),
        answer.version.clone(),
        answer.storage_version.clone(),
        bytes(answer.db_size),
        bytes(answer.db_size_in_use),
        format!("{}%", 100 - used),
        bytes(answer.db_size_quota),
        (answer.leader == member).to_string(),
        answer.is_learner.to_string(),
        answer.raft_term.to_string(),
        answer.raft_index.to_string(),
        answer.raft_applied_index.to_string(),
        answer.errors.join(", "),
        downgrade.target_version,
        downgrade.enabled.to_string(),
    ]
}

pub(super) fn hashkv(endpoints: &[(String, HashKvResponse)]) -> Rows {
    let row = |(endpoint, answer): &(String, HashKvResponse)| {
        vec![
            endpoint.clone(),
            answer.hash.to_string(),
            answer.hash_revision.to_string(),
        ]
    };
    endpoints.iter().map(row).collect()
}

/// Returns a size with the largest unit it holds: `20 kB`, `2.1 GB`. A negative one is Go's very large one.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "upstream converts and computes it so too"
)]
pub(crate) fn bytes(size: i64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let size = size as u64;
    if size < 10 {
        return format!("{size} B");
    }
    let mut unit = 0;
    let mut rest = size;
    while rest >= 1000 {
        rest /= 1000;
        unit += 1;
    }
    let scale = 1000_f64.powi(i32::try_from(unit).unwrap_or(0));
    let value = (size as f64 / scale * 10.0 + 0.5).floor() / 10.0;
    if value < 10.0 {
        format!("{value:.1} {}", UNITS[unit])
    } else {
        format!("{value:.0} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits_at_most_before_a_fraction() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(9), "9 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(20_480), "20 kB");
        assert_eq!(bytes(1_234_567), "1.2 MB");
        assert_eq!(bytes(2_147_483_648), "2.1 GB");
    }

    #[test]
    fn a_server_without_a_store_has_a_status() {
        let row = status_row("a", &StatusResponse::default());
        assert_eq!(row[6], "0%");
    }
}
