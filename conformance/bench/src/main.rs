//! `conformance-bench`: ours and upstream measured in turn by the same client.

mod client;
mod etcd;
mod process;
mod pushgateway;
mod statistics;

use std::{path::PathBuf, process::ExitCode};

const USAGE: &str =
    "usage: conformance-bench etcd|pushgateway --ours PATH --upstream PATH [--only TEXT] [--quick]
       conformance-bench pushgateway --ours PATH --sandbox-cost PAIRS";

/// What to measure.
struct Arguments {
    service: String,
    ours: PathBuf,
    against: Against,
    /// Rows whose name holds this text.
    only: String,
    /// Shorter rows, without those that take minutes.
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
    let Arguments {
        service,
        ours,
        against,
        only,
        quick,
    } = &arguments;
    let measured = match (service.as_str(), against) {
        ("etcd", Against::Upstream(upstream)) => etcd::compare(ours, upstream, only, *quick),
        ("pushgateway", Against::Upstream(upstream)) => {
            pushgateway::compare(ours, upstream, only, *quick)
        }
        ("pushgateway", Against::Sandbox(pairs)) => pushgateway::sandbox_cost(ours, *pairs),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
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
    let service = words.next()?;
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
        service,
        ours: ours?,
        against: against?,
        only,
        quick,
    })
}

#[expect(clippy::print_stdout, reason = "the table is this program's output")]
fn say(text: &str) {
    println!("{text}");
}
