//! Dropping groups that nobody pushed to for a while. Ours, and off unless `--push.group-ttl` is set.

use std::{sync::Arc, time::Duration};

use kit_http::Shutdown;
use tracing::debug;

use crate::{
    self_metrics::SelfMetrics,
    store::{Store, clock::Moment, is_expired},
};

/// How long a group may outlive its time: a tenth of it, within these bounds.
const LATENESS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Drops groups whose time is over, until `stop`.
pub(crate) async fn keep_expiring(
    store: Arc<Store>,
    metrics: Arc<SelfMetrics>,
    ttl: Duration,
    stop: Shutdown,
) {
    let pause = (ttl / 10).clamp(LATENESS.0, LATENESS.1);
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.triggered() => return,
        }
        let now = Moment::now();
        let is_expired = |group: &_| is_expired(group, ttl, now);
        // Looking needs no lock, so the writers wait only when there is something to drop.
        if store.state().groups.iter().any(|group| is_expired(group)) {
            let expired = store.delete_where(is_expired).await;
            debug!(groups = expired.len(), "expired groups dropped");
            metrics.expired(expired.len());
        }
    }
}
