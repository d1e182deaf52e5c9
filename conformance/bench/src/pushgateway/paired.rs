//! The cost of a sandbox: one program twice, with and without, asked in turn in short runs.
//!
//! Both run all the time and the runs of a pair follow each other at once, so that what else the machine does falls on both.

use std::{path::Path, time::Duration};

use super::{
    rows::{filled, pushes_within},
    side::{Program, Running},
};
use crate::{
    say,
    statistics::{Interval, interval_of_ratios},
};

/// Long enough for thousands of pushes, short enough that both runs of a pair meet the same weather.
const RUN: Duration = Duration::from_millis(250);
const CONNECTIONS: usize = 16;
/// Fewer say too little.
const PAIRS_MIN: usize = 20;

/// Prints how much slower pushes are in the sandbox, by the clock and by processor time.
pub(crate) fn sandbox_cost(path: &Path, pairs: usize) -> Result<(), String> {
    if pairs < PAIRS_MIN {
        return Err(format!(
            "{pairs} pairs say too little, at least {PAIRS_MIN} are needed"
        ));
    }
    let start = |variables| {
        let path = path.to_owned();
        filled(
            &Program {
                path,
                is_upstream: false,
                variables,
            },
            10,
            &[],
        )
    };
    let bare = start(&[])?;
    let boxed = start(&[("GUARD_SANDBOX", "all")])?;
    // Neither is measured cold.
    run(&bare)?;
    run(&boxed)?;
    let (mut by_clock, mut by_processor) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        let (first, second) = if pair % 2 == 0 {
            (&bare, &boxed)
        } else {
            (&boxed, &bare)
        };
        let (first, second) = (run(first)?, run(second)?);
        let (bare, boxed) = if pair % 2 == 0 {
            (first, second)
        } else {
            (second, first)
        };
        by_clock.push(bare.pushes / boxed.pushes);
        by_processor.push((boxed.seconds / boxed.pushes) / (bare.seconds / bare.pushes));
    }
    say(&format!(
        "GUARD_SANDBOX=all against none, {pairs} pairs of {RUN:?}, {CONNECTIONS} connections"
    ));
    say(&line("time a push", interval_of_ratios(&by_clock)));
    say(&line(
        "processor time a push",
        interval_of_ratios(&by_processor),
    ));
    Ok(())
}

/// What one run came to.
struct Run {
    pushes: f64,
    seconds: f64,
}

fn run(running: &Running) -> Result<Run, String> {
    let before = running.processor_seconds()?;
    let pushes = pushes_within(running, CONNECTIONS, RUN)?;
    Ok(Run {
        pushes,
        seconds: running.processor_seconds()? - before,
    })
}

fn line(what: &str, Interval { low, mean, high }: Interval) -> String {
    let percent = |ratio: f64| (ratio - 1.0) * 100.0;
    format!(
        "{what:<24} {:+.2} % (95 % interval {:+.2} to {:+.2} %)",
        percent(mean),
        percent(low),
        percent(high)
    )
}
