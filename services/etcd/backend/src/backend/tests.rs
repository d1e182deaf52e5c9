//! What is written is read at once and after a restart, in order and whole; what fails is seen and not lost.

use std::{
    fs,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::Bucket;

use super::*;

fn options(folder: &Path) -> Options {
    Options {
        // Long enough that nothing is committed before a test says so.
        batch_interval: Duration::from_secs(3600),
        ..Options::new(folder)
    }
}

fn revision(main: u64) -> Bytes {
    Bytes::from([&main.to_be_bytes()[..], b"_", &0_u64.to_be_bytes()].concat())
}

fn put(backend: &Backend, bucket: Bucket, key: impl Into<Bytes>, value: impl Into<Bytes>) {
    let mut batch = Batch::new();
    batch.put(bucket, key, value);
    backend.write(batch);
}

fn delete(backend: &Backend, bucket: Bucket, key: impl Into<Bytes>) {
    let mut batch = Batch::new();
    batch.delete(bucket, key);
    backend.write(batch);
}

fn get(backend: &Backend, bucket: Bucket, key: &[u8]) -> Option<Vec<u8>> {
    let view = backend.view().unwrap();
    view.get(bucket, key).unwrap().map(|value| value.to_vec())
}

fn entries(view: &View, bucket: Bucket) -> Vec<(Bytes, Bytes)> {
    view.iter(bucket).unwrap().map(Result::unwrap).collect()
}

fn revisions(view: &View, from: u64) -> Vec<u64> {
    let main = |key: &[u8]| u64::from_be_bytes(*key.first_chunk().unwrap());
    view.revisions(&revision(from))
        .unwrap()
        .map(|entry| main(entry.unwrap().0))
        .collect()
}

#[test]
fn what_is_written_is_read_before_and_after_the_commit_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    put(&backend, Bucket::Meta, "consistent_index", "1");
    put(&backend, Bucket::Key, revision(2), "two");
    let check = |backend: &Backend| {
        assert_eq!(
            get(backend, Bucket::Meta, b"consistent_index").unwrap(),
            b"1"
        );
        assert_eq!(get(backend, Bucket::Key, &revision(2)).unwrap(), b"two");
        assert_eq!(
            backend.reader().value(&revision(2)).unwrap().unwrap()[..],
            *b"two"
        );
        assert!(backend.reader().value(&revision(3)).unwrap().is_none());
        assert_eq!(get(backend, Bucket::Lease, b"consistent_index"), None);
    };
    check(&backend);
    assert_ne!(backend.backlog_bytes(), 0);
    backend.commit().unwrap();
    assert_eq!(backend.backlog_bytes(), 0);
    check(&backend);
    drop(backend);
    check(&Backend::open(&options(folder.path())).unwrap());
}

#[test]
fn closing_makes_the_rest_durable() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    put(&backend, Bucket::Meta, "a", "1");
    drop(backend);
    let backend = Backend::open(&options(folder.path())).unwrap();
    assert_eq!(get(&backend, Bucket::Meta, b"a").unwrap(), b"1");
}

#[test]
fn a_view_is_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    put(&backend, Bucket::Lease, "a", "1");
    put(&backend, Bucket::Key, revision(2), "two");
    backend.commit().unwrap();
    put(&backend, Bucket::Lease, "b", "2");
    put(&backend, Bucket::Key, revision(3), "three");
    let view = backend.view().unwrap();
    put(&backend, Bucket::Lease, "a", "changed");
    delete(&backend, Bucket::Lease, "b");
    put(&backend, Bucket::Key, revision(4), "four");
    let check = || {
        assert_eq!(
            entries(&view, Bucket::Lease),
            [("a".into(), "1".into()), ("b".into(), "2".into())]
        );
        assert_eq!(revisions(&view, 0), [2, 3]);
        assert!(view.get(Bucket::Key, &revision(4)).unwrap().is_none());
    };
    check();
    backend.commit().unwrap();
    check();
    let view = backend.view().unwrap();
    assert_eq!(
        entries(&view, Bucket::Lease),
        [("a".into(), "changed".into())]
    );
    assert_eq!(revisions(&view, 3), [3, 4]);
}

#[test]
fn removed_revisions_are_walked_over_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    for main in 2..10 {
        put(&backend, Bucket::Key, revision(main), "x");
        if main == 5 {
            backend.commit().unwrap();
        }
    }
    for main in [7, 3, 9, 2, 100] {
        delete(&backend, Bucket::Key, revision(main));
    }
    let check = || {
        assert_eq!(revisions(&backend.view().unwrap(), 0), [4, 5, 6, 8]);
        assert_eq!(revisions(&backend.view().unwrap(), 5), [5, 6, 8]);
    };
    check();
    backend.commit().unwrap();
    check();
}

#[test]
fn entries_of_pages_and_queue_come_in_order_once() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    for key in ["b", "d", "f", "h"] {
        put(&backend, Bucket::Auth, key, "old");
    }
    put(&backend, Bucket::AuthUsers, "a", "other bucket");
    put(&backend, Bucket::MembersRemoved, "z", "other bucket");
    backend.commit().unwrap();
    put(&backend, Bucket::Auth, "a", "new");
    put(&backend, Bucket::Auth, "d", "new");
    delete(&backend, Bucket::Auth, "f");
    delete(&backend, Bucket::Auth, "not there");
    put(&backend, Bucket::Auth, "z", "new");
    let expected = [
        ("a", "new"),
        ("b", "old"),
        ("d", "new"),
        ("h", "old"),
        ("z", "new"),
    ];
    let expected = expected.map(|(key, value)| (Bytes::from(key), Bytes::from(value)));
    assert_eq!(entries(&backend.view().unwrap(), Bucket::Auth), expected);
    backend.commit().unwrap();
    assert_eq!(entries(&backend.view().unwrap(), Bucket::Auth), expected);
}

#[test]
fn keys_of_any_length_are_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    let name = |length: usize, last: char| format!("{}{last}", "n".repeat(length - 1));
    let lengths = [1, 479, 480, 481, 497, 511, 512, 5000];
    for (committed, last) in [(false, 'a'), (true, 'b')] {
        for length in lengths {
            put(
                &backend,
                Bucket::AuthUsers,
                name(length, last),
                format!("{length}{last}"),
            );
        }
        if committed {
            backend.commit().unwrap();
        }
        for length in lengths {
            let value = get(&backend, Bucket::AuthUsers, name(length, last).as_bytes());
            assert_eq!(value.unwrap(), format!("{length}{last}").as_bytes());
        }
    }
    let found = entries(&backend.view().unwrap(), Bucket::AuthUsers);
    assert_eq!(found.len(), 2 * lengths.len());
    for (key, value) in found {
        assert!(value.starts_with(key.len().to_string().as_bytes()));
    }
}

#[test]
fn a_second_process_is_kept_away() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    let error = Backend::open(&options(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
    drop(backend);
    Backend::open(&options(folder.path())).unwrap();
}

#[test]
fn a_commit_starts_when_enough_changes_wait() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        batch_limit: 3,
        ..options(folder.path())
    };
    let backend = Backend::open(&options).unwrap();
    let (durable, is_durable) = mpsc::channel();
    for main in 2..5 {
        put(&backend, Bucket::Key, revision(main), "x");
    }
    backend.commit_then(move |result| durable.send(result).unwrap());
    is_durable.recv().unwrap().unwrap();
    assert_eq!(backend.backlog_bytes(), 0);
}

#[test]
fn what_is_written_during_a_call_back_is_committed_without_being_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        batch_interval: Duration::from_millis(1),
        ..options(folder.path())
    };
    let backend = Backend::open(&options).unwrap();
    let (written, is_written) = mpsc::channel();
    let inner = backend.clone();
    backend.commit_then(move |_| {
        put(&inner, Bucket::Key, revision(2), "x");
        written.send(inner).unwrap();
    });
    let _inner = is_written.recv().unwrap();
    let patience = Instant::now() + Duration::from_secs(10);
    while backend.backlog_bytes() > 0 {
        assert!(Instant::now() < patience, "nobody commits it");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn no_room_is_reported_and_nothing_is_lost_or_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let small = Options {
        size_max: 1 << 20,
        ..options(folder.path())
    };
    let backend = Backend::open(&small).unwrap();
    put(&backend, Bucket::Key, revision(2), "two");
    backend.commit().unwrap();
    let mut batch = Batch::new();
    batch.put(Bucket::Meta, "consistent_index", "3");
    batch.put(Bucket::Key, revision(3), vec![7; 2 << 20]);
    backend.write(batch);
    let error = backend.commit().unwrap_err();
    assert!(matches!(error, Failure::NoSpace(_)), "{error:?}");
    assert!(!backend.failure().unwrap().is_fatal());
    put(&backend, Bucket::Key, revision(4), "four");
    let view = backend.view().unwrap();
    assert_eq!(revisions(&view, 0), [2, 3, 4]);
    assert_eq!(
        get(&backend, Bucket::Meta, b"consistent_index").unwrap(),
        b"3"
    );
    assert_eq!(
        backend.reader().value(&revision(3)).unwrap().unwrap().len(),
        2 << 20
    );
    drop(view);
    drop(backend);
    // What could not be written is not there at all.
    let backend = Backend::open(&options(folder.path())).unwrap();
    assert_eq!(revisions(&backend.view().unwrap(), 0), [2]);
    assert_eq!(get(&backend, Bucket::Meta, b"consistent_index"), None);
}

/// Fills a store, and removes most of it.
fn mostly_free(backend: &Backend) {
    for main in 2..2000 {
        put(
            backend,
            Bucket::Key,
            revision(main),
            vec![main.to_be_bytes()[7]; 3000],
        );
    }
    for lease in 0..500_u64 {
        put(
            backend,
            Bucket::Lease,
            lease.to_be_bytes().to_vec(),
            "lease",
        );
    }
    backend.commit().unwrap();
    for main in (2..2000).filter(|main| main % 10 != 0) {
        delete(backend, Bucket::Key, revision(main));
    }
    backend.commit().unwrap();
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn free_room_is_given_back_while_views_and_writers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    mostly_free(&backend);
    let view = backend.view().unwrap();
    let mut reader = backend.reader();
    assert!(reader.value(&revision(10)).unwrap().is_some());
    let (last, stop) = (Mutex::new(5000_u64), Mutex::new(false));
    let compacted = thread::scope(|scope| {
        scope.spawn(|| {
            // Commits that the copy has to follow: new revisions, removed ones, small keys that come, change and go.
            while !*stop.lock() {
                let main = *last.lock();
                put(&backend, Bucket::Key, revision(main), "new");
                put(
                    &backend,
                    Bucket::Meta,
                    "consistent_index",
                    main.to_be_bytes().to_vec(),
                );
                put(
                    &backend,
                    Bucket::Lease,
                    (main % 700).to_be_bytes().to_vec(),
                    main.to_string(),
                );
                delete(&backend, Bucket::Lease, (main % 300).to_be_bytes().to_vec());
                delete(&backend, Bucket::Key, revision(main - 3000));
                backend.commit().unwrap();
                *last.lock() += 1;
            }
        });
        let compacted = backend.compact_space().unwrap();
        *stop.lock() = true;
        compacted
    });
    assert!(compacted.after < compacted.before / 4, "{compacted:?}");
    assert!(backend.size() < compacted.before / 4);
    // The lock file beside it has no name any more; the next start makes one.
    assert_eq!(files(folder.path()), ["store-2.mdb", "store.lock"]);
    // A view from before is still what it was.
    assert_eq!(revisions(&view, 0).len(), 199);
    assert_eq!(entries(&view, Bucket::Lease).len(), 500);
    let expected = |backend: &Backend| {
        let last = *last.lock() - 1;
        let view = backend.view().unwrap();
        let kept =
            (2..2000).filter(|main| main % 10 == 0 && !(5000..=last).contains(&(main + 3000)));
        assert_eq!(
            revisions(&view, 0),
            kept.chain(5000..=last).collect::<Vec<_>>()
        );
        assert_eq!(
            get(backend, Bucket::Meta, b"consistent_index").unwrap(),
            last.to_be_bytes()
        );
        let mut leases: std::collections::BTreeMap<_, _> = (0..500_u64)
            .map(|lease| (lease, "lease".to_owned()))
            .collect();
        for main in 5000..=last {
            leases.insert(main % 700, main.to_string());
            leases.remove(&(main % 300));
        }
        let leases = leases.into_iter().map(|(lease, value)| {
            (
                Bytes::from(lease.to_be_bytes().to_vec()),
                Bytes::from(value),
            )
        });
        assert_eq!(entries(&view, Bucket::Lease), leases.collect::<Vec<_>>());
    };
    expected(&backend);
    assert_eq!(reader.value(&revision(20)).unwrap().unwrap().len(), 3000);
    drop((view, reader));
    backend.compact_space().unwrap();
    expected(&backend);
    drop(backend);
    expected(&Backend::open(&options(folder.path())).unwrap());
}

#[test]
fn a_file_of_which_half_is_free_is_compacted_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        space_least: 1 << 20,
        ..options(folder.path())
    };
    let backend = Backend::open(&options).unwrap();
    mostly_free(&backend);
    // The commit thread starts it after the commit that made the room.
    let automatic = loop {
        if let Some(thread) = backend.owner.shared.automatic.lock().pop() {
            break thread;
        }
        thread::yield_now();
    };
    automatic.join().unwrap();
    assert!(backend.size() < 2 << 20);
    assert_eq!(revisions(&backend.view().unwrap(), 0).len(), 199);
}

#[test]
fn what_a_crash_leaves_of_a_copy_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&options(folder.path())).unwrap();
    put(&backend, Bucket::Key, revision(2), "two");
    backend.compact_space().unwrap();
    drop(backend);
    for leftover in [
        "store-1.mdb",
        "store-1.mdb-lock",
        "store.copy-3",
        "store.copy-3-lock",
    ] {
        fs::write(folder.path().join(leftover), "leftover").unwrap();
    }
    let backend = Backend::open(&options(folder.path())).unwrap();
    assert_eq!(revisions(&backend.view().unwrap(), 0), [2]);
    assert_eq!(
        files(folder.path()),
        ["store-2.mdb", "store-2.mdb-lock", "store.lock"]
    );
}

/// A file system of its own, of so many bytes, that this thread and those it starts see; nothing without the right to mount.
fn small_file_system(folder: &Path, bytes: usize) -> Option<()> {
    use nix::{mount::MsFlags, sched::CloneFlags};
    const NONE: Option<&str> = None;
    nix::sched::unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS).ok()?;
    nix::mount::mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE).ok()?;
    let size = format!("size={bytes}");
    nix::mount::mount(
        Some("tmpfs"),
        folder,
        Some("tmpfs"),
        MsFlags::empty(),
        Some(&size[..]),
    )
    .ok()
}

fn resize(folder: &Path, bytes: usize) {
    const NONE: Option<&str> = None;
    let size = format!("size={bytes}");
    nix::mount::mount(
        NONE,
        folder,
        NONE,
        nix::mount::MsFlags::MS_REMOUNT,
        Some(&size[..]),
    )
    .unwrap();
}

#[test]
fn a_full_disk_stops_nothing_but_commits_which_go_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    if small_file_system(folder.path(), 2 << 20).is_none() {
        eprintln!("not checked: mounting a small file system needs CAP_SYS_ADMIN");
        return;
    }
    let backend = Backend::open(&options(folder.path())).unwrap();
    put(&backend, Bucket::Meta, "consistent_index", "1");
    backend.commit().unwrap();
    for main in 2..100 {
        put(&backend, Bucket::Key, revision(main), vec![7; 50_000]);
    }
    put(&backend, Bucket::Meta, "consistent_index", "99");
    for _ in 0..3 {
        let error = backend.commit().unwrap_err();
        assert!(matches!(error, Failure::NoSpace(_)), "{error:?}");
    }
    put(&backend, Bucket::Key, revision(100), "after");
    assert!(backend.compact_space().is_err() || backend.failure().is_some());
    assert_eq!(
        revisions(&backend.view().unwrap(), 0),
        (2..=100).collect::<Vec<_>>()
    );
    resize(folder.path(), 64 << 20);
    let (durable, is_durable) = mpsc::channel();
    backend.commit_then(move |result| durable.send(result).unwrap());
    is_durable.recv().unwrap().unwrap();
    assert!(backend.failure().is_none());
    assert_eq!(backend.backlog_bytes(), 0);
    drop(backend);
    let backend = Backend::open(&options(folder.path())).unwrap();
    assert_eq!(
        revisions(&backend.view().unwrap(), 0),
        (2..=100).collect::<Vec<_>>()
    );
    assert_eq!(
        get(&backend, Bucket::Meta, b"consistent_index").unwrap(),
        b"99"
    );
    drop(backend);
    nix::mount::umount(folder.path()).unwrap();
}
