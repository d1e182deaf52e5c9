use std::{fs, path::Path};

use bytes::Bytes;
use etcd_wal::{Options, read};

use super::*;

fn entry(index: u64) -> Entry {
    Entry {
        term: 1,
        index,
        data: Bytes::from(vec![7; 100]),
        ..Entry::default()
    }
}

fn persist(number: u64) -> Persist {
    Persist {
        number,
        state: Some(raftpb::HardState {
            term: Some(1),
            vote: Some(1),
            commit: Some(number),
        }),
        entries: vec![entry(number)],
        snapshot: None,
    }
}

fn snapshot(index: u64) -> raftpb::Snapshot {
    raftpb::Snapshot {
        data: None,
        metadata: Some(raftpb::SnapshotMetadata {
            conf_state: Some(raftpb::ConfState::default()),
            index: Some(index),
            term: Some(1),
        }),
    }
}

fn start(folder: &Path, segment_bytes: u64) -> (Writer, Receiver<Report>) {
    let options = Options {
        segment_bytes,
        ..Options::default()
    };
    let wal = Wal::create(&folder.join("wal"), b"", options).unwrap();
    let (sender, reports) = channel();
    let report = move |report| sender.send(report).unwrap();
    (
        Writer::start(wal, folder.to_owned(), report).unwrap(),
        reports,
    )
}

#[test]
fn what_is_queued_is_written_in_few_rounds_and_reported_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reports) = start(folder.path(), 64 << 20);
    for number in 1..=1000 {
        writer.persist(persist(number));
        if number == 500 {
            writer.snapshot(snapshot(400));
        }
    }
    drop(writer);
    let mut last = 0;
    let mut snapshots = 0;
    for report in reports {
        match report {
            Report::Persisted(done) => {
                assert!(done.number > last && done.saved.synced.is_some());
                last = done.number;
            }
            Report::SnapshotSaved { index } => {
                assert_eq!((index, last), (400, 500));
                snapshots += 1;
            }
            Report::Failed(error) => panic!("{error}"),
        }
    }
    assert_eq!((last, snapshots), (1000, 1));
    let start = walpb::Snapshot {
        index: Some(400),
        term: Some(1),
        conf_state: None,
    };
    let contents = read::contents(&folder.path().join("wal"), &start).unwrap();
    assert_eq!(
        (contents.entries.len(), contents.state.commit()),
        (600, 1000)
    );
    let found = snap::newest(folder.path(), |_| true).unwrap();
    assert_eq!(found, Some(snapshot(400)));
}

#[test]
fn a_leaders_snapshot_is_written_before_the_entries_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reports) = start(folder.path(), 64 << 20);
    writer.persist(persist(1));
    writer.persist(Persist {
        entries: vec![entry(51)],
        snapshot: Some(snapshot(50)),
        state: Some(raftpb::HardState {
            term: Some(1),
            vote: None,
            commit: Some(50),
        }),
        ..persist(2)
    });
    drop(writer);
    let numbers = reports.into_iter().map(|report| match report {
        Report::Persisted(done) => done.number,
        other => panic!("{other:?}"),
    });
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2]);
    let wal = folder.path().join("wal");
    let newest = read::newest_snapshot(&wal).unwrap();
    assert_eq!(newest.index(), 50);
    assert_eq!(read::contents(&wal, &newest).unwrap().entries.len(), 1);
}

/// The disk fails when the next segment is begun: its name is taken by a folder.
#[test]
fn a_disk_that_fails_is_reported_once_and_nothing_is_acknowledged_after() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reports) = start(folder.path(), 4096);
    for index in 1..=101 {
        let name = format!("wal/0000000000000001-{index:016x}.wal");
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for number in 1..=100 {
        writer.persist(persist(number));
    }
    drop(writer);
    let mut reports: Vec<_> = reports.into_iter().collect();
    let Some(Report::Failed(error)) = reports.pop() else {
        panic!("the disk never failed: {reports:?}");
    };
    assert!(
        matches!(
            error,
            WriterError::Wal(WalError::File {
                operation: "rename",
                ..
            })
        ),
        "{error}"
    );
    for report in reports {
        // 4,096 bytes are full before 40 entries are written.
        let is_before = matches!(report, Report::Persisted(done) if done.number < 40);
        assert!(is_before, "{report:?}");
    }
}

#[test]
fn a_fault_of_the_thread_itself_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let wal = Wal::create(&folder.path().join("wal"), b"", Options::default()).unwrap();
    let (sender, reports) = channel();
    let report = move |report| {
        let is_first = matches!(report, Report::Persisted(_));
        sender.send(report).unwrap();
        assert!(!is_first, "a fault");
    };
    let writer = Writer::start(wal, folder.path().to_owned(), report).unwrap();
    writer.persist(persist(1));
    drop(writer);
    assert!(matches!(reports.recv().unwrap(), Report::Persisted(_)));
    assert!(matches!(
        reports.recv().unwrap(),
        Report::Failed(WriterError::Panicked)
    ));
}
