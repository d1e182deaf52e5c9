//! Rows about memory, and about what grows with the number of keys: listings and restarts.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, thread, time::Duration};

use super::{
    Side,
    member::{Folder, Member},
    requests::MIB,
};

/// Time for a member to put away what it has just done: two commits of the store.
const REST: Duration = Duration::from_secs(2);

/// Puts so many keys of 8 B, each once, with values of this size.
pub(super) fn fill(
    side: &Side,
    member: &Member,
    keys: u32,
    value_bytes: u32,
) -> Result<(), String> {
    let words = [
        "put".to_owned(),
        "--sequential-keys".to_owned(),
        "--key-size=8".to_owned(),
        format!("--key-space-size={keys}"),
        format!("--total={keys}"),
        format!("--val-size={value_bytes}"),
    ];
    side.load.run(member, (1000, 100), words).map(drop)
}

/// Resident memory of a member that nobody uses.
pub(super) fn idle(side: &Side) -> Result<Vec<f64>, String> {
    let folder = Folder::new()?;
    let member = Member::start(&side.program, &folder, false)?;
    thread::sleep(REST);
    Ok(vec![member.process.resident_bytes()? / MIB])
}

/// The most that is resident while 10,000 watchers on 10 streams are told of changes, each of a key of its own.
pub(super) fn watchers(side: &Side) -> Result<Vec<f64>, String> {
    let folder = Folder::new()?;
    let member = Member::start(&side.program, &folder, false)?;
    let words = [
        "watch",
        "--streams=10",
        "--watch-per-stream=1000",
        "--watched-key-total=10000",
        "--key-space-size=10000",
        "--sequential-keys",
        "--put-total=10000",
        "--put-rate=2000",
    ];
    side.load.run(&member, (10, 10), words)?;
    Ok(vec![member.process.peak_bytes()? / MIB])
}

/// A million keys: resident, the time of a restart, and resident after it.
pub(super) fn million(side: &Side) -> Result<Vec<f64>, String> {
    let folder = Folder::new()?;
    let member = Member::start(&side.program, &folder, false)?;
    fill(side, &member, 1_000_000, 256)?;
    thread::sleep(REST);
    let resident = member.process.resident_bytes()? / MIB;
    member.process.stop()?;
    let member = Member::start(&side.program, &folder, false)?;
    thread::sleep(REST);
    Ok(vec![
        resident,
        member.healthy_after.as_secs_f64(),
        member.process.resident_bytes()? / MIB,
    ])
}

/// All of 100,000 keys in one answer: the time, and what the server takes for it.
pub(super) fn listing(side: &Side) -> Result<Vec<f64>, String> {
    let folder = Folder::new()?;
    let member = Member::start(&side.program, &folder, false)?;
    fill(side, &member, 100_000, 256)?;
    thread::sleep(REST);
    let before = member.process.resident_bytes()?;
    member.process.forget_peak()?;
    // From the second key to the last: the first is all zero bytes, which cannot be typed.
    let words = ["range", "\u{1}"].map(OsStr::new);
    let rest = [OsStr::from_bytes(b"\xff"), OsStr::new("--total=10")];
    let summary = side
        .load
        .run(&member, (1, 1), words.into_iter().chain(rest))?;
    Ok(vec![
        summary.average_ms,
        (member.process.peak_bytes()? - before) / MIB,
    ])
}
