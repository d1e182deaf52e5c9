//! Our log before upstream.

use std::{fs, path::Path};

use bytes::Bytes;
use etcd_api::{
    etcdserverpb::{InternalRaftRequest, Metadata, PutRequest},
    raftpb::{ConfState, Entry, EntryType, HardState},
    walpb::Snapshot,
};
use etcd_wal::{Options, Wal, read};
use prost::Message as _;

/// The checksums of the segments that `testdata/judge.go` read as upstream 3.7.3: 60 entries, committed up to 59, a snapshot at
/// 20, sound from there on. Other segments must be judged again; this test leaves them in `judged-wal` in the folder cargo keeps
/// for tests, below the target folder.
const JUDGED: [u32; 3] = [802_175_978, 3_202_558_161, 4_093_492_398];

fn entry(index: u64) -> Entry {
    let put = PutRequest {
        key: format!("key {index}").into(),
        value: Bytes::from(vec![b'v'; 100]),
        prev_kv: index == 50,
        ..PutRequest::default()
    };
    let request = InternalRaftRequest {
        put: Some(put),
        ..InternalRaftRequest::default()
    };
    Entry {
        r#type: Some(EntryType::EntryNormal as i32),
        term: Some(1 + index / 30),
        index: Some(index),
        data: Some(Bytes::from(request.encode_to_vec())),
    }
}

fn write(folder: &Path) {
    let metadata = Metadata {
        node_id: Some(1),
        cluster_id: Some(2),
    };
    let options = Options {
        segment_bytes: 4096,
        sync: false,
    };
    let mut wal = Wal::create(folder, &metadata.encode_to_vec(), options).expect("a new log");
    for index in 1..=60 {
        let state = HardState {
            term: Some(1 + index / 30),
            vote: Some(1),
            commit: Some(index - 1),
        };
        // One that another leader replaces.
        if index == 30 {
            let mut lost = entry(30);
            lost.term = Some(1);
            wal.put(&HardState::default(), &[lost]);
        }
        wal.save(&state, &[entry(index)]).expect("room");
        if index == 21 {
            let conf_state = ConfState {
                voters: vec![1],
                auto_leave: Some(false),
                ..ConfState::default()
            };
            wal.save_snapshot(&Snapshot {
                index: Some(20),
                term: Some(1),
                conf_state: Some(conf_state),
            })
            .expect("room");
        }
    }
}

#[test]
fn our_log_is_the_one_that_upstream_read() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judged-wal");
    let _ = fs::remove_dir_all(&folder);
    write(&folder);
    let mut segments: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "wal"))
        .collect();
    segments.sort();
    let sums: Vec<_> = segments
        .iter()
        .map(|path| crc32c::crc32c(&fs::read(path).unwrap()))
        .collect();
    assert_eq!(
        sums,
        JUDGED,
        "not the log that upstream read: {}",
        folder.display()
    );
    let newest = read::newest_snapshot(&folder).unwrap();
    assert_eq!(read::contents(&folder, &newest).unwrap().entries.len(), 40);
    // A field that came with 3.1 is among them.
    assert_eq!(
        read::oldest_version(&folder).unwrap().unwrap().to_string(),
        "3.1.0"
    );
}
