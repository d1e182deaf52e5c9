//! The row about giving space back: who waits meanwhile, and what is left.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    thread,
    time::{Duration, Instant},
};

use super::{
    Side,
    member::{Folder, Member},
    memory::fill,
};

/// 1 GiB of values.
const KEYS: u32 = 65_536;
const VALUE_BYTES: u32 = 16_384;

/// `benchmark` numbers keys, and writes the number as a signed varint: its first byte is one of 64 even ones from 0x80 on, but for
/// the first few keys. Up to here lie 58 of 64.
const DELETED_FROM: &[u8] = b"\x80";
const DELETED_TO: &[u8] = b"\xf4";
const KEPT_PART: f64 = 6.0 / 64.0;

/// What a record takes beside its value: the key and its revision, and the numbers of the `KeyValue`.
const RECORD_BYTES: f64 = 40.0;

/// Puts while there is nothing else to do, and as many meanwhile.
const PUTS: u32 = 5000;
const PUT_BYTES: u32 = 256;

/// Time for the disk to take what it was given.
const REST: Duration = Duration::from_secs(5);

/// Deletes 90 % of a store, compacts, and has it give the room back while one client puts.
pub(super) fn defragment(side: &Side) -> Result<Vec<f64>, String> {
    let folder = Folder::new()?;
    let member = Member::start(&side.program, &folder, false)?;
    fill(side, &member, KEYS, VALUE_BYTES)?;
    let words = [
        OsStr::new("del"),
        OsStr::from_bytes(DELETED_FROM),
        OsStr::from_bytes(DELETED_TO),
    ];
    side.load.etcdctl(&member, words)?;
    // One revision for each key, one for the deletion; the first is 2.
    let revision = (KEYS + 2).to_string();
    side.load
        .etcdctl(&member, ["compaction", "--physical", &revision])?;
    thread::sleep(REST);
    let before = put_a_while(side, &member)?;
    let (meanwhile, took) = thread::scope(|scope| {
        let puts = scope.spawn(|| put_a_while(side, &member));
        thread::sleep(Duration::from_secs(1));
        let began = Instant::now();
        side.load.etcdctl(&member, ["defrag"])?;
        let took = began.elapsed();
        let puts = puts.join().map_err(|_| "the client failed".to_owned())?;
        puts.map(|longest| (longest, took))
    })?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    let on_disk = folder.store_bytes()? as f64;
    let kept = f64::from(KEYS) * KEPT_PART * (f64::from(VALUE_BYTES) + RECORD_BYTES);
    // No revision of these was compacted.
    let live = kept + 2.0 * f64::from(PUTS) * (f64::from(PUT_BYTES) + RECORD_BYTES);
    Ok(vec![before, meanwhile, took.as_secs_f64(), on_disk / live])
}

/// Puts for ten seconds; returns how long the longest put took, in milliseconds.
fn put_a_while(side: &Side, member: &Member) -> Result<f64, String> {
    let words = [
        "put".to_owned(),
        "--rate=500".to_owned(),
        format!("--total={PUTS}"),
        format!("--val-size={PUT_BYTES}"),
        "--key-space-size=100".to_owned(),
    ];
    let summary = side.load.run(member, (1, 1), words)?;
    Ok(summary.slowest_ms)
}
