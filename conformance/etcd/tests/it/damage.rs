//! Files that were damaged while the member was down: what can be gone on with is, and what cannot is refused by its name.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use conformance_etcd::{member::Member, schema::Schema};
use serde_json::json;

use crate::programs;

const PUT: &str = "etcdserverpb.KV/Put";
const RANGE: &str = "etcdserverpb.KV/Range";
const KEYS: usize = 60;

/// A member that has written its keys, and was killed.
async fn written() -> Member {
    let mut member = Member::start(&programs::ours(), &["--snapshot-count=20"])
        .await
        .unwrap();
    let schema = Schema::read().unwrap();
    let client = member.client().await.unwrap();
    for number in 0..KEYS {
        let key = STANDARD.encode(format!("k{number:03}"));
        let put = schema.encode(PUT, &json!({"key": key, "value": key}));
        assert_eq!(client.call(PUT, &put, None).await.code, 0);
    }
    // It is written once the store is on disk.
    let folder = member.data().join("member/snap");
    while files(&folder, ".snap").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    member.kill();
    member
}

/// How many keys there are once it was started again.
async fn count(member: &Member) -> i64 {
    let schema = Schema::read().unwrap();
    let client = member.client().await.unwrap();
    let all = json!({"key": "aw==", "range_end": "bA==", "count_only": true});
    let reply = client.call(RANGE, &schema.encode(RANGE, &all), None).await;
    schema.decode(RANGE, &reply.messages[0])["count"]
        .as_i64()
        .unwrap()
}

/// The files of a folder with an ending, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    files.sort();
    files
}

/// Where the records of a segment end, before what is only reserved.
fn end_of(segment: &Path) -> u64 {
    let bytes = fs::read(segment).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1
}

fn write_at(path: &Path, at: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

fn flip(path: &Path, at: u64) {
    let mut byte = [0];
    let file = OpenOptions::new().read(true).open(path).unwrap();
    file.read_exact_at(&mut byte, at).unwrap();
    write_at(path, at, &[byte[0] ^ 0x10]);
}

#[tokio::test]
async fn a_torn_end_of_the_log_is_cut_off() {
    let mut member = written().await;
    let segment = files(&member.data().join("member/wal"), ".wal")
        .pop()
        .unwrap();
    let end = end_of(&segment);
    write_at(&segment, end - 9, &[0; 9]);
    member.run().await.unwrap();
    // The last entry is in the store already, or it is lost with its record.
    assert!(count(&member).await >= KEYS as i64 - 1);
}

#[tokio::test]
async fn a_flipped_bit_in_the_log_is_refused_with_file_and_place() {
    let mut member = written().await;
    let segment = files(&member.data().join("member/wal"), ".wal").remove(0);
    flip(&segment, end_of(&segment) / 2);
    let refused = member.run().await.unwrap_err();
    let name = segment.file_name().unwrap().to_string_lossy().into_owned();
    assert!(
        refused.contains(&name) && refused.contains("crc"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_lost_snapshot_of_the_log_is_done_without() {
    let mut member = written().await;
    for snap in files(&member.data().join("member/snap"), ".snap") {
        fs::remove_file(snap).unwrap();
    }
    match member.run().await {
        Ok(()) => assert_eq!(count(&member).await, KEYS as i64),
        Err(refused) => assert!(refused.contains("snap"), "{refused}"),
    }
}

#[tokio::test]
async fn a_store_that_was_cut_off_is_refused_by_its_name() {
    let mut member = written().await;
    let store = files(&member.data().join("member/snap"), ".mdb")
        .pop()
        .unwrap();
    let file = OpenOptions::new().write(true).open(&store).unwrap();
    file.set_len(4096 + 100).unwrap();
    let refused = member.run().await.unwrap_err();
    assert!(refused.contains(".mdb"), "{refused}");
}
