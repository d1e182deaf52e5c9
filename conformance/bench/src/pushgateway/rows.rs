//! How each row of the table is measured.
//!
//! Stored series are 1,000 to a group, each with one label of its own, as a batch job with many results pushes them.

use std::{
    fmt::Write,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    Measure,
    side::{Program, Running},
};
use crate::{
    client::{Connection, request},
    statistics::median_and_p99,
};

pub(super) const GZIP: &str = "Accept-Encoding: gzip\r\n";
const SERIES_A_GROUP: usize = 1000;
const ADMIN: &str = "--web.enable-admin-api";

/// Makes a measure of times, shown in milliseconds.
fn times(samples: &[Duration]) -> Measure {
    let (median, p99) = median_and_p99(
        samples
            .iter()
            .map(|time| time.as_secs_f64() * 1000.0)
            .collect(),
    );
    Measure {
        median,
        p99: Some(p99),
        unit: "ms",
        higher_is_better: false,
    }
}

fn one(median: f64, unit: &'static str, higher_is_better: bool) -> Measure {
    Measure {
        median,
        p99: None,
        unit,
        higher_is_better,
    }
}

/// Returns the body of a push of `count` series of the names that all groups share.
fn body(count: usize, value: usize) -> Vec<u8> {
    let mut text = String::from("# TYPE batch_result gauge\n");
    for series in 0..count {
        writeln!(
            text,
            "batch_result{{shard=\"{series}\"}} {}.5",
            value + series
        )
        .expect("a string takes anything");
    }
    text.into_bytes()
}

fn put(group: usize, body: &[u8]) -> Vec<u8> {
    request(
        "PUT",
        &format!("/metrics/job/bench/instance/host-{group}"),
        "",
        body,
    )
}

/// Fills a store with thousands of series, as few pushes as upstream's quadratic cost asks for.
pub(super) fn filled(
    program: &Program,
    thousands: usize,
    flags: &[String],
) -> Result<Running, String> {
    let running = program.start(flags)?;
    let mut connection = running.connect()?;
    for group in 0..thousands {
        expect(
            &mut connection,
            &put(group, &body(SERIES_A_GROUP, group)),
            200,
        )?;
    }
    Ok(running)
}

fn expect(connection: &mut Connection, request: &[u8], status: u16) -> Result<usize, String> {
    match connection
        .send(request)
        .map_err(|error| error.to_string())?
    {
        (answered, length) if answered == status => Ok(length),
        (answered, _) => Err(format!("answered {answered} instead of {status}")),
    }
}

/// Repeats a request for a while and at least five times.
fn repeat(
    mut once: impl FnMut(usize) -> Result<(), String>,
    seconds: u64,
    most: usize,
) -> Result<Vec<Duration>, String> {
    let begun = Instant::now();
    let mut samples = Vec::new();
    while samples.len() < 5
        || (begun.elapsed() < Duration::from_secs(seconds) && samples.len() < most)
    {
        let started = Instant::now();
        once(samples.len())?;
        samples.push(started.elapsed());
    }
    Ok(samples)
}

pub(super) fn push_time(program: &Program, thousands: usize) -> Result<Measure, String> {
    let running = filled(program, thousands, &[])?;
    let mut connection = running.connect()?;
    let push = |turn| expect(&mut connection, &put(1_000_000, &body(1, turn)), 200).map(drop);
    repeat(push, 8, 2000).map(|samples| times(&samples))
}

pub(super) fn big_push_time(program: &Program) -> Result<Measure, String> {
    let running = filled(program, 100, &[])?;
    let mut connection = running.connect()?;
    let push = |turn| expect(&mut connection, &put(50, &body(SERIES_A_GROUP, turn)), 200).map(drop);
    repeat(push, 8, 500).map(|samples| times(&samples))
}

pub(super) fn scrape_time(
    program: &Program,
    headers: &str,
    changing: bool,
) -> Result<Measure, String> {
    let running = filled(program, 100, &[])?;
    let mut connection = running.connect()?;
    let scrape = request("GET", "/metrics", headers, b"");
    expect(&mut connection, &scrape, 200)?;
    let mut samples = Vec::new();
    for turn in 0..40 {
        if changing {
            expect(&mut connection, &put(50, &body(SERIES_A_GROUP, turn)), 200)?;
        }
        let started = Instant::now();
        expect(&mut connection, &scrape, 200)?;
        samples.push(started.elapsed());
    }
    Ok(times(&samples))
}

pub(super) fn push_rate(program: &Program, connections: usize) -> Result<Measure, String> {
    const TIME: Duration = Duration::from_secs(5);
    let running = filled(program, 10, &[])?;
    let count = pushes_within(&running, connections, TIME)?;
    Ok(one(count / TIME.as_secs_f64(), "/s", true))
}

/// Counts pushes of one series for a while, each connection to a group of its own.
pub(super) fn pushes_within(
    running: &Running,
    connections: usize,
    time: Duration,
) -> Result<f64, String> {
    let (count, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let push_until_stopped = |group: usize| -> Result<(), String> {
        let mut connection = running.connect()?;
        let mut turn = 0;
        while !stop.load(Ordering::Relaxed) {
            expect(
                &mut connection,
                &put(2_000_000 + group, &body(1, turn)),
                200,
            )?;
            count.fetch_add(1, Ordering::Relaxed);
            turn += 1;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let pushers: Vec<_> = (0..connections)
            .map(|group| scope.spawn(move || push_until_stopped(group)))
            .collect();
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        pushers
            .into_iter()
            .try_for_each(|pusher| pusher.join().map_err(|_| "a client failed".to_owned())?)
    })?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 pushes")]
    let count = count.load(Ordering::Relaxed) as f64;
    Ok(count)
}

pub(super) fn idle_memory(program: &Program) -> Result<Measure, String> {
    let running = program.start(&[])?;
    Ok(one(running.resident_bytes()? / 1e6, "MB", false))
}

/// Returns resident bytes after filling and a scrape in each compression.
fn weighed(program: &Program, thousands: usize) -> Result<f64, String> {
    let running = filled(program, thousands, &[])?;
    let mut connection = running.connect()?;
    expect(&mut connection, &request("GET", "/metrics", "", b""), 200)?;
    expect(&mut connection, &request("GET", "/metrics", GZIP, b""), 200)?;
    running.resident_bytes()
}

pub(super) fn memory(program: &Program, thousands: usize) -> Result<Measure, String> {
    Ok(one(weighed(program, thousands)? / 1e6, "MB", false))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 series")]
pub(super) fn bytes_a_series(program: &Program, thousands: usize) -> Result<Measure, String> {
    let empty = program.start(&[])?.resident_bytes()?;
    Ok(one(
        (weighed(program, thousands)? - empty) / (thousands * SERIES_A_GROUP) as f64,
        "B",
        false,
    ))
}

/// Measures from the wipe to the first exposition without the groups.
pub(super) fn wipe_time(program: &Program) -> Result<Measure, String> {
    let check_off = "--push.disable-consistency-check".to_owned();
    let running = program.start(&[ADMIN.to_owned(), check_off])?;
    let mut connection = running.connect()?;
    let mut wipe_once = || {
        for group in 0..10_000 {
            expect(&mut connection, &put(group, &body(1, group)), 202)?;
        }
        let started = Instant::now();
        expect(
            &mut connection,
            &request("PUT", "/api/v1/admin/wipe", "", b""),
            202,
        )?;
        while expect(
            &mut connection,
            &request("GET", "/api/v1/metrics", "", b""),
            200,
        )? > 100
        {}
        Ok(started.elapsed())
    };
    (0..3)
        .map(|_| wipe_once())
        .collect::<Result<Vec<_>, String>>()
        .map(|samples| times(&samples))
}

pub(super) fn start_time(program: &Program) -> Result<Measure, String> {
    (0..11)
        .map(|_| Ok(program.start(&[])?.ready_after))
        .collect::<Result<Vec<_>, String>>()
        .map(|samples| times(&samples))
}

pub(super) fn start_with_snapshot(program: &Program) -> Result<Measure, String> {
    let side = if program.is_upstream {
        "upstream"
    } else {
        "ours"
    };
    let file = std::env::temp_dir().join(format!(
        "casemate-bench-{}-{side}.snapshot",
        std::process::id()
    ));
    let flags = [format!("--persistence.file={}", file.display())];
    filled(program, 100, &flags)?.stop()?;
    let measured = (0..7)
        .map(|_| Ok(program.start(&flags)?.ready_after))
        .collect::<Result<Vec<_>, String>>()
        .map(|samples| times(&samples));
    std::fs::remove_file(&file).map_err(|error| error.to_string())?;
    measured
}
