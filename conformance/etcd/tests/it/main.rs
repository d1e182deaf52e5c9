//! Short runs of what `make conformance` and `make soak-etcd` do at length, against the program of this tree.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod damage;
mod programs;

use conformance_etcd::{crash, differential};

#[tokio::test]
async fn one_script_is_answered_alike_by_ours_and_upstream() {
    let Some(upstream) = programs::upstream() else {
        programs::skip("upstream's etcd was not built: run conformance/peers/etcd/build.sh");
        return;
    };
    let (found, told) = differential::run(&programs::ours(), &upstream, 3000, 7)
        .await
        .expect("both start");
    assert!(found.is_empty(), "{told}\n{}", found.join("\n"));
}

#[tokio::test]
async fn what_was_acknowledged_outlives_ten_crashes() {
    let (found, told) = crash::run(&programs::ours(), 10, 3)
        .await
        .expect("it starts again");
    assert!(found.is_empty(), "{told}\n{}", found.join("\n"));
}
