use super::*;

fn entry(term: u64, index: u64, bytes: usize) -> Entry {
    Entry {
        term,
        index,
        data: vec![b'x'; bytes].into(),
        ..Entry::default()
    }
}

fn entries(log: &Log, low: u64, high: u64, size: u64) -> raft::Result<Vec<u64>> {
    log.entries(low, high, size, GetEntriesContext::empty(false))
        .map(|found| found.iter().map(|entry| entry.index).collect())
}

/// Entries 11 to 20 of term 3 behind entry 10 of term 2.
fn filled() -> Log {
    let mut log = Log::new(RaftState::default(), (10, 2));
    log.append(
        &(11..=20)
            .map(|index| entry(3, index, 100))
            .collect::<Vec<_>>(),
    );
    log
}

#[test]
fn entries_are_found_by_index_and_bounded_by_size() {
    let log = filled();
    assert_eq!(entries(&log, 11, 21, u64::MAX).unwrap().len(), 10);
    let two = 2 * (ENTRY_BYTES as u64 + 100);
    assert_eq!(entries(&log, 12, 21, two).unwrap(), [12, 13]);
    assert_eq!(entries(&log, 12, 21, 1).unwrap(), [12]);
    assert_eq!(
        entries(&log, 10, 12, u64::MAX).unwrap_err(),
        StorageError::Compacted.into()
    );
    assert_eq!(log.term(10).unwrap(), 2);
    assert_eq!(log.term(20).unwrap(), 3);
    assert!(log.term(9).is_err() && log.term(21).is_err());
}

#[test]
fn later_entries_replace_earlier_ones() {
    let mut log = filled();
    log.append(&[entry(4, 15, 1)]);
    assert_eq!((log.last_index().unwrap(), log.term(15).unwrap()), (15, 4));
    let sum: usize = log.entries.iter().map(bytes_of).sum();
    assert_eq!(log.bytes, sum);
}

#[test]
fn only_applied_entries_are_let_go_by_count_and_by_bytes() {
    let mut log = filled();
    log.compact(0, 0);
    assert_eq!(log.first_index().unwrap(), 11);
    log.set_applied(18);
    log.compact(5, usize::MAX);
    assert_eq!((log.first_index().unwrap(), log.term(13).unwrap()), (14, 3));
    log.compact(5, 3 * (ENTRY_BYTES + 100));
    assert_eq!(log.first_index().unwrap(), 18);
    log.compact(0, 0);
    assert_eq!(
        (log.first_index().unwrap(), log.last_index().unwrap()),
        (19, 20)
    );
    // Whatever was let go: a snapshot knows its term.
    assert_eq!(log.snapshot(0, 1).unwrap().get_metadata().term, 3);
    assert!(log.snapshot(19, 1).is_err());
}
