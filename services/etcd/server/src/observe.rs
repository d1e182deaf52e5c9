//! What is measured of entries and reads, and what is told of those that take long.
//!
//! Source: etcd v3.7 server/etcdserver/apply/uber_applier.go `dispatch`; txn/{util,metrics}.go; v3_server.go.

use std::{
    fmt::Display,
    sync::Arc,
    time::{Duration, Instant},
};

use etcd_api::etcdserverpb::InternalRaftRequest;
use etcd_mvcc::Changes;
use kit_cli::value::GoDuration;
use kit_metrics::registry::{Histogram, HistogramVec};
use tracing::warn;

use crate::{
    apply::{Given, Outcome},
    engine::Engine,
    loggable::LoggableEntry,
    refusal::Refusal,
};

/// Histograms by operation and outcome, found without asking the family every time. There are as many as operations.
#[derive(Debug, Default)]
pub(crate) struct Timings(Vec<(&'static str, bool, Arc<Histogram>)>);

impl Timings {
    fn of(
        &mut self,
        operation: &'static str,
        is_good: bool,
        make: impl FnOnce(&'static str) -> Arc<Histogram>,
    ) -> &Histogram {
        let known = self
            .0
            .iter()
            .position(|(name, good, _)| *name == operation && *good == is_good);
        let index = known.unwrap_or_else(|| {
            let histogram = make(if is_good { "true" } else { "false" });
            self.0.push((operation, is_good, histogram));
            self.0.len() - 1
        });
        &self.0[index].2
    }
}

impl Engine {
    /// Measures an entry that was applied, and tells of one that took long or failed.
    pub(crate) fn observe_apply(
        &mut self,
        request: &InternalRaftRequest,
        outcome: &Outcome,
        began: Instant,
    ) {
        let took = began.elapsed();
        let operation = operation(request);
        let is_good = !matches!(&outcome.answer, Err(refusal) if !is_compacted(refusal));
        let family: &HistogramVec<3> = &self.metrics.server.apply_duration_seconds;
        let timing = self.apply_timings.of(operation, is_good, |good| {
            family.with(["v3", operation, good])
        });
        timing.observe(took.as_secs_f64());
        if let Some(changes) = &outcome.changes {
            self.count(changes);
        }
        if outcome.answer.is_ok() {
            self.count_leases(request);
        }
        let response = match &outcome.answer {
            Ok(Given::Frame(frame)) => {
                format!("size:{}", frame.len().saturating_sub(FRAME_HEAD_BYTES))
            }
            _ => String::new(),
        };
        let error = outcome.answer.as_ref().err().map(ToString::to_string);
        if took > self.config.warn_apply {
            self.tell_slow(
                took,
                "",
                &LoggableEntry(request, operation),
                &response,
                error.as_deref(),
            );
        }
        if !is_good {
            warn!(
                took = shown(took),
                request = LoggableEntry(request, operation).to_string(),
                response,
                error,
                "failed to apply request" // upstream's text
            );
        }
    }

    /// Tells of a request that took longer than is expected.
    pub(crate) fn tell_slow(
        &self,
        took: Duration,
        prefix: &str,
        request: &dyn Display,
        response: &str,
        error: Option<&str>,
    ) {
        warn!(
            took = shown(took),
            "expected-duration" = shown(self.config.warn_apply),
            prefix,
            request = request.to_string(),
            response,
            error,
            "apply request took too long" // upstream's text
        );
        self.metrics.server.slow_apply_total.increment();
    }

    /// Measures a request from its proposal, or the beginning of its read, to its answer.
    pub(crate) fn observe_request(
        &mut self,
        operation: &'static str,
        is_good: bool,
        began: Instant,
    ) {
        let family: &HistogramVec<2> = &self.metrics.server.request_duration_seconds;
        let timing = self
            .request_timings
            .of(operation, is_good, |good| family.with([operation, good]));
        timing.observe(began.elapsed().as_secs_f64());
    }

    fn count_leases(&self, request: &InternalRaftRequest) {
        let store = &self.metrics.store;
        if let Some(grant) = &request.lease_grant {
            store.lease_granted_total.increment();
            store.lease_ttl_total.observe(grant.ttl as f64);
        } else if request.lease_revoke.is_some() {
            store.lease_revoked_total.increment();
        }
    }

    fn count(&self, changes: &Changes) {
        let store = &self.metrics.store;
        let (mut puts, mut deletions, mut bytes) = (0, 0, 0);
        for change in &changes.changes {
            if change.deleted {
                deletions += 1;
            } else {
                puts += 1;
                bytes += change.record.len();
            }
        }
        store.put_total.add(puts);
        store.delete_total.add(deletions);
        store.total_put_size_in_bytes.add(bytes as f64);
        if puts + deletions > 1 {
            store.txn_total.increment();
        }
    }
}

fn is_compacted(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Store(etcd_mvcc::Error::Compacted))
}

pub(crate) fn shown(time: Duration) -> String {
    GoDuration::from_nanoseconds(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)).to_string()
}

/// Returns the name of what an entry asks for, as metrics have it.
pub(crate) fn operation(request: &InternalRaftRequest) -> &'static str {
    macro_rules! first {
        ($($field:ident = $name:literal,)*) => {
            $(if request.$field.is_some() { return $name; })*
        };
    }
    first! {
        put = "Put",
        txn = "Txn",
        delete_range = "DeleteRange",
        lease_grant = "LeaseGrant",
        lease_revoke = "LeaseRevoke",
        compaction = "Compaction",
        lease_checkpoint = "LeaseCheckpoint",
        range = "Range",
        alarm = "Alarm",
        authenticate = "Authenticate",
        auth_enable = "AuthEnable",
        auth_disable = "AuthDisable",
        auth_status = "AuthStatus",
        auth_user_add = "AuthUserAdd",
        auth_user_delete = "AuthUserDelete",
        auth_user_get = "AuthUserGet",
        auth_user_change_password = "AuthUserChangePassword",
        auth_user_grant_role = "AuthUserGrantRole",
        auth_user_revoke_role = "AuthUserRevokeRole",
        auth_user_list = "AuthUserList",
        auth_role_list = "AuthRoleList",
        auth_role_add = "AuthRoleAdd",
        auth_role_delete = "AuthRoleDelete",
        auth_role_get = "AuthRoleGet",
        auth_role_grant_permission = "AuthRoleGrantPermission",
        auth_role_revoke_permission = "AuthRoleRevokePermission",
        cluster_version_set = "ClusterVersionSet",
        cluster_member_attr_set = "ClusterMemberAttrSet",
        downgrade_info_set = "DowngradeInfoSet",
    }
    "unknown"
}

/// Bytes before a message in its frame.
const FRAME_HEAD_BYTES: usize = 5;
