//! Figures of a store with a million keys: `cargo run --release -p etcd-mvcc --example million`, three times. The first run
//! fills stores in the temporary folder, with keys of 8 and of 52 bytes and values of 256; each of the others opens one,
//! measures and removes it.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{
    error::Error,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use etcd_api::etcdserverpb::{RangeRequest, WatchCreateRequest};
use etcd_backend::{Backend, Batch, Options};
use etcd_mvcc::{Compaction, HashKv, Ranged, Restored, Store, Watches};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const KEYS: u64 = 1_000_000;
const KEY_BYTES: [usize; 2] = [8, 52];

fn main() -> Result<()> {
    for key_bytes in KEY_BYTES {
        let folder = folder(key_bytes);
        if folder.exists() {
            measure(&folder, key_bytes)?;
            fs::remove_dir_all(&folder)?;
            return Ok(());
        }
    }
    for key_bytes in KEY_BYTES {
        fs::create_dir(folder(key_bytes))?;
        fill(&folder(key_bytes), key_bytes)?;
    }
    println!("filled: run it again");
    Ok(())
}

fn folder(key_bytes: usize) -> PathBuf {
    std::env::temp_dir().join(format!("etcd-mvcc-million-{key_bytes}"))
}

/// Keys in no order, each once.
fn key(number: u64, key_bytes: usize) -> Bytes {
    let scattered = number * 7_919_111 % KEYS;
    Bytes::from(format!(
        "{}{scattered:08}",
        "/registry/".repeat(5).split_at(key_bytes - 8).0
    ))
}

fn put(store: &mut Store, key: &Bytes, value: &[u8]) {
    let mut batch = Batch::new();
    let mut txn = store.write(&mut batch);
    txn.put(key, value, 0);
    black_box(txn.finish());
    store.backend().write(batch);
}

fn fill(folder: &Path, key_bytes: usize) -> Result<()> {
    let Restored { mut store, .. } = Store::open(&Backend::open(&Options::new(folder))?)?;
    let began = Instant::now();
    for number in 0..KEYS {
        put(&mut store, &key(number, key_bytes), &[7; 256]);
    }
    println!(
        "{key_bytes} B keys: put {} in {:.1?}, rss {} MiB",
        KEYS,
        began.elapsed(),
        resident("VmRSS")? >> 20
    );
    Ok(())
}

fn measure(folder: &Path, key_bytes: usize) -> Result<()> {
    let before = resident("RssAnon")?;
    let began = Instant::now();
    let backend = Backend::open(&Options::new(folder))?;
    let Restored { mut store, .. } = Store::open(&backend)?;
    let took = began.elapsed();
    let index = (resident("RssAnon")? - before) as f64 / KEYS as f64;
    println!(
        "{key_bytes} B keys: open {took:.2?}, memory {index:.0} B a key, rss {} MiB",
        resident("VmRSS")? >> 20
    );
    let file = backend.size() as f64 / (KEYS * (key_bytes as u64 + 256)) as f64;
    println!(
        "file {} MiB, {file:.2} of keys and values",
        backend.size() >> 20
    );

    gets(&mut store, key_bytes)?;
    list(&mut store)?;
    let began = Instant::now();
    if let HashKv::Unknown(job) = store.hash_kv(0)? {
        black_box(job.run()?);
    }
    println!("hash of all: {:.1?}", began.elapsed());
    watch(&mut store, key_bytes)?;
    overwrite(&mut store, key_bytes);
    backend.commit()?;
    let revision = store.revision();
    compact(&mut store, revision)?;
    most_deleted(&mut store, key_bytes)
}

fn gets(store: &mut Store, key_bytes: usize) -> Result<()> {
    let mut out = BytesMut::new();
    let began = Instant::now();
    for number in (0..KEYS).step_by(5) {
        out.clear();
        let request = RangeRequest {
            key: key(number, key_bytes),
            ..RangeRequest::default()
        };
        assert!(
            matches!(store.range(&request, &mut out)?, Ranged::Done(found) if found.count == 1)
        );
    }
    println!(
        "one key: {:.1?}",
        began.elapsed() / u32::try_from(KEYS / 5)?
    );
    Ok(())
}

fn list(store: &mut Store) -> Result<()> {
    let all = Bytes::from_static(b"\0");
    for limit in [500, 100_000, 0] {
        let request = RangeRequest {
            key: all.clone(),
            range_end: all.clone(),
            limit,
            ..RangeRequest::default()
        };
        let mut out = BytesMut::new();
        let before = resident("VmRSS")?;
        let began = Instant::now();
        let ranged = store.range(&request, &mut out)?;
        let on_engine = began.elapsed();
        if let Ranged::Large(mut scan) = ranged {
            black_box(scan.measure()?);
            while scan.page(usize::MAX, 64 << 10, &mut out)?.is_none() {
                out.clear();
            }
        }
        let grown = resident("VmRSS")?.saturating_sub(before) >> 20;
        println!(
            "list {limit}: engine {on_engine:.1?}, in all {:.1?}, rss + {grown} MiB",
            began.elapsed()
        );
    }
    Ok(())
}

fn overwrite(store: &mut Store, key_bytes: usize) {
    let began = Instant::now();
    for number in (0..KEYS).step_by(2) {
        put(store, &key(number, key_bytes), &[8; 256]);
    }
    println!("put again: {:.1?} each", began.elapsed() / 500_000);
}

fn compact(store: &mut Store, revision: i64) -> Result<()> {
    let mut batch = Batch::new();
    let began = Instant::now();
    let mut compaction: Compaction = store.compact(revision, &mut batch)?;
    let on_engine = began.elapsed();
    store.backend().write(batch);
    let compacted = loop {
        if let Some(compacted) = compaction.step(10_000)? {
            break compacted;
        }
        store.backend().commit()?;
    };
    store.compacted(&compacted);
    let (mut steps, mut longest) = (0, Duration::ZERO);
    loop {
        let began = Instant::now();
        let more = store.sweep();
        longest = longest.max(began.elapsed());
        steps += 1;
        if !more {
            break;
        }
    }
    println!(
        "compaction: engine {on_engine:.1?}, removed {} in {:.1?}, {steps} sweeps of {longest:.1?} at most",
        compacted.removed,
        began.elapsed()
    );
    Ok(())
}

/// Puts that 10,000 watchers look at: of as many intervals, of which one holds the key, and all of one key.
fn watch(store: &mut Store, key_bytes: usize) -> Result<()> {
    const WATCHERS: u64 = 10_000;
    for same in [false, true] {
        let mut watches = Watches::default();
        let streams: Vec<_> = (0..100).map(|_| watches.open_stream()).collect();
        let watched = |number| key(if same { 0 } else { number }, key_bytes);
        for number in 0..WATCHERS {
            let from = watched(number);
            let range_end = if same {
                Bytes::new()
            } else {
                [&from[..], b"x"].concat().into()
            };
            let request = WatchCreateRequest {
                key: from,
                range_end,
                ..WatchCreateRequest::default()
            };
            watches.create(streams[usize::try_from(number % 100)?], &request, store);
        }
        for stream in watches.take_ready() {
            while watches.take(stream).is_some() {}
        }
        let began = Instant::now();
        let mut told = 0;
        for number in 0..1000 {
            let mut batch = Batch::new();
            let mut txn = store.write(&mut batch);
            txn.put(&watched(number), &[9; 256], 0);
            let changes = txn.finish().ok_or("nothing changed")?;
            store.backend().write(batch);
            watches.notify(store, &changes)?;
            for stream in watches.take_ready() {
                while let Some(response) = watches.take(stream) {
                    told += black_box(response).events.len();
                }
            }
        }
        println!(
            "put seen by 10,000 watchers, same key {same}: {:.1?} each, {told} events",
            began.elapsed() / 1000
        );
    }
    Ok(())
}

/// Deletes 90 %, compacts, and gives the room back while puts go on.
fn most_deleted(store: &mut Store, key_bytes: usize) -> Result<()> {
    for number in (0..KEYS).filter(|number| number % 10 != 0) {
        let mut batch = Batch::new();
        let mut txn = store.write(&mut batch);
        txn.delete_range(&key(number, key_bytes), b"");
        black_box(txn.finish());
        store.backend().write(batch);
    }
    let revision = store.revision();
    compact(store, revision)?;
    store.backend().commit()?;
    let backend = store.backend().clone();
    println!(
        "before: {} MiB, {} MiB in use",
        backend.size() >> 20,
        backend.size_in_use() >> 20
    );
    let began = Instant::now();
    let copy = thread::spawn(move || backend.compact_space());
    let (mut puts, mut longest) = (0_u64, Duration::ZERO);
    while !copy.is_finished() {
        let began = Instant::now();
        put(store, &key(puts % KEYS / 10 * 10, key_bytes), &[9; 256]);
        longest = longest.max(began.elapsed());
        puts += 1;
        thread::sleep(Duration::from_micros(100));
    }
    let compacted = copy.join().map_err(|_| "the copy panicked")??;
    println!(
        "room given back in {:.1?}: {} to {} MiB; {puts} puts meanwhile, the longest {longest:.1?}",
        began.elapsed(),
        compacted.before >> 20,
        compacted.after >> 20,
    );
    Ok(())
}

/// A line of the process's memory, in bytes.
fn resident(line: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let found = status.lines().find_map(|found| {
        found
            .strip_prefix(line)?
            .strip_prefix(":")?
            .trim()
            .strip_suffix(" kB")
    });
    Ok(found.ok_or("no such line")?.trim().parse::<u64>()? * 1024)
}
