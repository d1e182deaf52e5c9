//! A short run of what `make soak-etcd` does at length, against the program of this tree.

mod programs;

use conformance_etcd::crash;

#[tokio::test]
async fn what_was_acknowledged_outlives_ten_crashes() {
    let (found, told) = crash::run(&programs::ours(), 10, 1)
        .await
        .expect("it starts again");
    assert!(found.is_empty(), "{told}\n{}", found.join("\n"));
}
