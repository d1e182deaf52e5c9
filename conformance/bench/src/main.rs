//! `conformance-bench`: ours and upstream measured in turn by the same client.

mod client;
mod paired;
mod rows;
mod side;
mod statistics;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    rows::{Measure, ROWS},
    side::Program,
};

const USAGE: &str = "usage: conformance-bench --ours PATH --upstream PATH [--only TEXT] [--quick]
       conformance-bench --ours PATH --sandbox-cost PAIRS";

/// What to measure.
struct Arguments {
    ours: PathBuf,
    against: Against,
    /// Rows whose name holds this text.
    only: String,
    /// Leaves out the rows that take upstream minutes.
    quick: bool,
}

/// What ours is compared with.
enum Against {
    Upstream(PathBuf),
    /// Itself in its sandbox, in this many pairs of runs.
    Sandbox(usize),
}

fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "conformance has its own command line, apart from what it judges"
    )]
    let arguments = std::env::args().skip(1);
    let Some(arguments) = parse(arguments) else {
        say(USAGE);
        return ExitCode::from(2);
    };
    let measured = match &arguments.against {
        Against::Upstream(upstream) => measure_all(&arguments, upstream),
        Against::Sandbox(pairs) => paired::sandbox_cost(&arguments.ours, *pairs),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("conformance-bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let (mut ours, mut against, mut only, mut quick) = (None, None, String::new(), false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--ours" => ours = Some(words.next()?.into()),
            "--upstream" => against = Some(Against::Upstream(words.next()?.into())),
            "--sandbox-cost" => against = Some(Against::Sandbox(words.next()?.parse().ok()?)),
            "--only" => only = words.next()?,
            "--quick" => quick = true,
            _ => return None,
        }
    }
    Some(Arguments {
        ours: ours?,
        against: against?,
        only,
        quick,
    })
}

fn measure_all(arguments: &Arguments, upstream: &Path) -> Result<(), String> {
    say(&format!(
        "{:<52} {:>12} {:>12} {:>9} {:>12} {:>12}",
        "", "ours", "upstream", "ratio", "ours p99", "upstream p99"
    ));
    for row in ROWS
        .iter()
        .filter(|row| row.name.contains(&arguments.only) && !(arguments.quick && row.slow))
    {
        let ours = (row.measure)(&Program {
            path: arguments.ours.clone(),
            is_upstream: false,
            variables: &[],
        })?;
        let upstream = (row.measure)(&Program {
            path: upstream.to_owned(),
            is_upstream: true,
            variables: &[],
        })?;
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

#[expect(clippy::print_stdout, reason = "the table is this program's output")]
fn say(text: &str) {
    println!("{text}");
}
