use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use etcd_api::raftpb::ConfState;
use tempfile::TempDir;

use super::*;
use crate::{name, read, repair};

fn folder() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("wal");
    (dir, folder)
}

const SMALL: Options = Options {
    segment_bytes: 4096,
    sync: true,
};

fn entry(term: u64, index: u64) -> Entry {
    Entry {
        r#type: Some(0),
        term: Some(term),
        index: Some(index),
        data: Some(Bytes::from(vec![u8::try_from(index % 251).unwrap(); 300])),
    }
}

fn state(term: u64, commit: u64) -> HardState {
    HardState {
        term: Some(term),
        vote: Some(1),
        commit: Some(commit),
    }
}

fn snapshot(term: u64, index: u64) -> Snapshot {
    Snapshot {
        index: Some(index),
        term: Some(term),
        conf_state: Some(ConfState::default()),
    }
}

fn start() -> Snapshot {
    Snapshot::default()
}

/// A log of `count` entries in small segments.
fn filled(folder: &Path, count: u64) -> Wal {
    let mut wal = Wal::create(folder, b"whose", SMALL).unwrap();
    for index in 1..=count {
        wal.save(&state(1, index - 1), &[entry(1, index)]).unwrap();
    }
    wal
}

#[test]
fn what_was_saved_is_read_over_many_segments() {
    let (_dir, folder) = folder();
    drop(filled(&folder, 100));
    assert!(name::list(&folder).unwrap().len() > 5);
    let (mut wal, contents) = Wal::open(&folder, &start(), SMALL).unwrap();
    assert_eq!(contents.metadata.as_deref(), Some(&b"whose"[..]));
    assert_eq!(contents.state, state(1, 99));
    let indexes: Vec<_> = contents.entries.iter().map(Entry::index).collect();
    assert_eq!(indexes, (1..=100).collect::<Vec<_>>());
    wal.save(&state(1, 100), &[entry(1, 101)]).unwrap();
    drop(wal);
    let contents = read::contents(&folder, &start()).unwrap();
    assert_eq!(contents.entries.last(), Some(&entry(1, 101)));
    assert_eq!(contents.last_index, 101);
}

#[test]
fn a_log_is_opened_again_at_once_and_goes_on_in_new_segments() {
    let (_dir, folder) = folder();
    drop(filled(&folder, 1));
    let mut index = 1;
    for round in 1..=8 {
        let (mut wal, contents) = Wal::open(&folder, &start(), SMALL).unwrap();
        assert_eq!(contents.entries.len() as u64, index, "round {round}");
        let segments = name::list(&folder).unwrap().len();
        while name::list(&folder).unwrap().len() == segments {
            index += 1;
            wal.save(&HardState::default(), &[entry(1, index)]).unwrap();
        }
    }
    // Nothing of the pipelines is left.
    assert!(!folder.join("0.tmp").exists() && !folder.join("1.tmp").exists());
}

#[test]
fn later_entries_replace_earlier_ones_and_all_behind_them() {
    let (_dir, folder) = folder();
    let mut wal = filled(&folder, 5);
    wal.save(&state(2, 3), &[entry(2, 4)]).unwrap();
    drop(wal);
    let contents = read::contents(&folder, &start()).unwrap();
    let terms: Vec<_> = contents.entries.iter().map(Entry::term).collect();
    assert_eq!(terms, [1, 1, 1, 2]);
}

#[test]
fn reading_begins_behind_a_snapshot_the_log_tells_of() {
    let (_dir, folder) = folder();
    let mut wal = filled(&folder, 50);
    wal.save_snapshot(&snapshot(1, 40)).unwrap();
    assert!(
        wal.save_snapshot(&Snapshot {
            conf_state: None,
            ..snapshot(1, 41)
        })
        .is_err()
    );
    wal.save(&state(1, 50), &[]).unwrap();
    drop(wal);
    let contents = read::contents(&folder, &snapshot(1, 40)).unwrap();
    assert_eq!(contents.entries.len(), 10);
    assert!(matches!(
        read::contents(&folder, &snapshot(2, 40)),
        Err(WalError::SnapshotMismatch)
    ));
    assert!(matches!(
        read::contents(&folder, &snapshot(1, 41)),
        Err(WalError::SnapshotNotFound)
    ));
    assert_eq!(read::newest_snapshot(&folder).unwrap(), snapshot(1, 40));
    let known = read::snapshots(&folder).unwrap();
    assert_eq!(
        known.iter().map(Snapshot::index).collect::<Vec<_>>(),
        [0, 40]
    );
}

#[test]
fn the_newest_snapshot_is_found_in_whichever_segment_it_is() {
    let (_dir, folder) = folder();
    let mut wal = filled(&folder, 20);
    assert_eq!(read::newest_snapshot(&folder).unwrap().index(), 0);
    wal.save_snapshot(&snapshot(1, 10)).unwrap();
    for index in 21..=60 {
        wal.save(&state(1, index - 1), &[entry(1, index)]).unwrap();
    }
    // Not committed, so that nothing begins there.
    wal.save_snapshot(&snapshot(1, 60)).unwrap();
    drop(wal);
    assert_eq!(read::newest_snapshot(&folder).unwrap(), snapshot(1, 10));
    // What lies before it need not be there.
    let names = name::list(&folder).unwrap();
    fs::remove_file(folder.join(names[0].to_string())).unwrap();
    assert_eq!(read::newest_snapshot(&folder).unwrap(), snapshot(1, 10));
}

#[test]
fn only_entries_terms_and_votes_wait_for_the_disk() {
    let (_dir, folder) = folder();
    let mut wal = Wal::create(&folder, b"", Options::default()).unwrap();
    assert!(wal.save(&state(1, 0), &[]).unwrap().synced.is_some());
    assert!(wal.save(&state(1, 7), &[]).unwrap().synced.is_none());
    assert!(
        wal.save(&HardState::default(), &[])
            .unwrap()
            .synced
            .is_none()
    );
    let saved = wal.save(&HardState::default(), &[entry(1, 1)]).unwrap();
    assert!(saved.synced.is_some() && saved.bytes > 300 && saved.bytes.is_multiple_of(8));
}

#[test]
fn a_torn_end_is_refused_repaired_and_kept_aside() {
    let (_dir, folder) = folder();
    drop(filled(&folder, 3));
    let path = folder.join(name::list(&folder).unwrap()[0].to_string());
    let whole = fs::read(&path).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap();
    // The last state reached the disk, the end of the entry before it did not: a cut file.
    fs::write(&path, &whole[..end - 4]).unwrap();
    assert!(matches!(
        Wal::open(&folder, &start(), SMALL),
        Err(WalError::Torn { .. })
    ));
    assert_eq!(read::contents(&folder, &start()).unwrap().entries.len(), 3);
    assert!(repair(&folder).unwrap());
    assert!(!repair(&folder).unwrap());
    let (mut wal, contents) = Wal::open(&folder, &start(), SMALL).unwrap();
    assert_eq!((contents.entries.len(), contents.state), (3, state(1, 1)));
    assert!(path.with_extension("wal.broken").exists());
    wal.save(&state(1, 3), &[entry(1, 4)]).unwrap();
    drop(wal);
    assert_eq!(read::contents(&folder, &start()).unwrap().entries.len(), 4);
}

#[test]
fn a_flipped_bit_is_named_with_its_file_and_place_and_not_repaired() {
    let (_dir, folder) = folder();
    drop(filled(&folder, 3));
    let path = folder.join(name::list(&folder).unwrap()[0].to_string());
    let mut bytes = fs::read(&path).unwrap();
    bytes[200] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = Wal::open(&folder, &start(), SMALL).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "walpb: crc mismatch: in file '0000000000000000-0000000000000000.wal' at position: "
        ),
        "{error}"
    );
    assert!(matches!(repair(&folder), Err(WalError::CrcMismatch { .. })));
}

#[test]
fn a_missing_segment_and_missing_entries_are_refused() {
    let (_dir, folder) = folder();
    drop(filled(&folder, 60));
    let names = name::list(&folder).unwrap();
    fs::remove_file(folder.join(names[2].to_string())).unwrap();
    assert!(matches!(
        read::contents(&folder, &start()),
        Err(WalError::Gap(0))
    ));

    let (_dir, folder) = self::folder();
    let mut wal = filled(&folder, 3);
    wal.save(&HardState::default(), &[entry(1, 9)]).unwrap();
    drop(wal);
    let error = read::contents(&folder, &start()).unwrap_err().to_string();
    assert_eq!(
        error,
        "wal: slice bounds out of range, snapshot[Index: 0, Term: 0], current entry[Index: 9, Term: 1], len(ents): 3"
    );
}

#[test]
fn two_writers_are_refused_and_released_segments_are_free() {
    let (_dir, folder) = folder();
    let mut wal = filled(&folder, 60);
    assert!(matches!(
        Wal::open(&folder, &start(), SMALL),
        Err(WalError::File {
            operation: "lock",
            ..
        })
    ));
    assert!(Wal::create(&folder, b"", SMALL).is_err());
    let names = name::list(&folder).unwrap();
    let is_free = |name: &Name| Segment::open(folder.join(name.to_string())).is_ok();
    wal.release_to(names[2].index);
    assert!(is_free(&names[0]) && !is_free(&names[1]) && !is_free(&names[2]));
    wal.release_to(u64::MAX);
    assert!(is_free(&names[names.len() - 2]) && !is_free(&names[names.len() - 1]));
}

#[test]
fn a_log_that_was_being_made_is_made_again() {
    let (dir, folder) = folder();
    let unfinished = dir.path().join("wal.tmp");
    fs::create_dir(&unfinished).unwrap();
    fs::write(
        unfinished.join("0000000000000000-0000000000000000.wal"),
        "half",
    )
    .unwrap();
    drop(Wal::create(&folder, b"whose", SMALL).unwrap());
    assert!(!unfinished.exists());
    assert_eq!(read::contents(&folder, &start()).unwrap().entries.len(), 0);
}

/// What upstream 3.7.3 wrote: `testdata/record.go` says how.
#[test]
fn a_log_of_upstreams_is_read_and_went_on_with() {
    let (_dir, folder) = folder();
    fs::create_dir(&folder).unwrap();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/upstream");
    for entry in fs::read_dir(recorded).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let (mut wal, contents) = Wal::open(&folder, &start(), SMALL).unwrap();
    assert_eq!(contents.metadata.as_deref(), Some(&b"\x08\x01\x10\x02"[..]));
    assert_eq!(contents.entries.len(), 40);
    assert_eq!(contents.entries[29].data.as_deref(), Some(&b"entry 30"[..]));
    assert_eq!(contents.entries[39].data.as_deref(), Some(&b"entry 40"[..]));
    assert_eq!((contents.state.term(), contents.state.commit()), (3, 40));
    wal.save(&state(3, 41), &[entry(3, 41)]).unwrap();
    drop(wal);
    assert_eq!(read::contents(&folder, &start()).unwrap().entries.len(), 41);
}
