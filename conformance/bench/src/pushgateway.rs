//! What is measured of a Pushgateway, and its table.

mod paired;
mod rows;
mod side;

use std::path::Path;

pub(crate) use self::paired::sandbox_cost;
use self::{
    rows::{
        GZIP, big_push_time, bytes_a_series, idle_memory, memory, push_rate, push_time,
        scrape_time, start_time, start_with_snapshot, wipe_time,
    },
    side::Program,
};
use crate::say;

/// Prints the table: rows whose name holds `only`, without those that take upstream minutes when it is to be quick.
pub(crate) fn compare(ours: &Path, upstream: &Path, only: &str, quick: bool) -> Result<(), String> {
    say(&format!(
        "{:<52} {:>12} {:>12} {:>9} {:>12} {:>12}",
        "", "ours", "upstream", "ratio", "ours p99", "upstream p99"
    ));
    let program = |path: &Path, is_upstream| Program {
        path: path.to_owned(),
        is_upstream,
        variables: &[],
    };
    for row in ROWS
        .iter()
        .filter(|row| row.name.contains(only) && !(quick && row.slow))
    {
        let ours = (row.measure)(&program(ours, false))?;
        let upstream = (row.measure)(&program(upstream, true))?;
        say(&line(row.name, &ours, &upstream));
    }
    Ok(())
}

/// One line of the table. The ratio says how many times better ours is, whichever way the measure points.
fn line(name: &str, ours: &Measure, upstream: &Measure) -> String {
    let ratio = if ours.higher_is_better {
        ours.median / upstream.median
    } else {
        upstream.median / ours.median
    };
    let shown = |value: f64| format!("{value:.3} {}", ours.unit);
    let tail = |measure: &Measure| measure.p99.map_or_else(|| "-".to_owned(), shown);
    format!(
        "{name:<52} {:>12} {:>12} {ratio:>8.1}x {:>12} {:>12}",
        shown(ours.median),
        shown(upstream.median),
        tail(ours),
        tail(upstream)
    )
}

/// A line of the table.
struct Row {
    name: &'static str,
    /// Takes upstream minutes.
    slow: bool,
    measure: fn(&Program) -> Result<Measure, String>,
}

/// What came out.
struct Measure {
    median: f64,
    p99: Option<f64>,
    unit: &'static str,
    higher_is_better: bool,
}

/// The table, in the order it is printed.
const ROWS: &[Row] = &[
    row("push of 1 series into 10 k", false, |program| {
        push_time(program, 10)
    }),
    row("push of 1 series into 100 k", false, |program| {
        push_time(program, 100)
    }),
    row("push of 1 series into 500 k", true, |program| {
        push_time(program, 500)
    }),
    row("push of 1,000 series into 100 k", false, |program| {
        big_push_time(program)
    }),
    row("scrape of 100 k, text, nothing changed", false, |program| {
        scrape_time(program, "", false)
    }),
    row(
        "scrape of 100 k, text, one group changed",
        false,
        |program| scrape_time(program, "", true),
    ),
    row("scrape of 100 k, gzip, nothing changed", false, |program| {
        scrape_time(program, GZIP, false)
    }),
    row(
        "scrape of 100 k, gzip, one group changed",
        false,
        |program| scrape_time(program, GZIP, true),
    ),
    row(
        "pushes a second into 10 k, 16 connections",
        false,
        |program| push_rate(program, 16),
    ),
    row(
        "pushes a second into 10 k, 64 connections",
        false,
        |program| push_rate(program, 64),
    ),
    row("resident memory, idle", false, idle_memory),
    row("resident memory with 100 k, scraped", false, |program| {
        memory(program, 100)
    }),
    row("resident memory with 500 k, scraped", true, |program| {
        memory(program, 500)
    }),
    row("bytes a series over idle, 100 k", false, |program| {
        bytes_a_series(program, 100)
    }),
    row("bytes a series over idle, 500 k", true, |program| {
        bytes_a_series(program, 500)
    }),
    row("wipe of 10 k groups", true, wipe_time),
    row("start to ready, empty", false, start_time),
    row(
        "start to ready, snapshot of 100 k",
        false,
        start_with_snapshot,
    ),
];

const fn row(
    name: &'static str,
    slow: bool,
    measure: fn(&Program) -> Result<Measure, String>,
) -> Row {
    Row {
        name,
        slow,
        measure,
    }
}
