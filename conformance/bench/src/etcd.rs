//! What is measured of etcd, and its table: one line for each figure of a row, with the bound that ours has to keep.
//!
//! The load is upstream's own `benchmark`, which shares the machine with the server: so the server's processor time stands beside
//! each rate.

mod load;
mod member;
mod memory;
mod requests;
mod space;

use std::path::{Path, PathBuf};

use self::{load::Load, requests::Requests};
use crate::say;

/// A row of the table.
struct Row {
    name: &'static str,
    figures: &'static [Figure],
    measure: Measure,
}

/// How a row is measured: on one side, into one value for each figure.
enum Measure {
    Requests(Requests),
    Other(fn(&Side) -> Result<Vec<f64>, String>),
}

/// One thing that is measured.
struct Figure {
    name: &'static str,
    bound: Bound,
}

/// What ours has to keep.
enum Bound {
    /// Nothing.
    Free,
    /// Ours : upstream is at least this.
    AtLeast(f64),
    /// Ours : upstream is at most this.
    AtMost(f64),
    /// Ours itself is at most this.
    Below(f64),
}

/// The program that is measured, with what drives it.
struct Side {
    program: PathBuf,
    load: Load,
    /// Whether rows are to be short.
    quick: bool,
}

const fn figure(name: &'static str, bound: Bound) -> Figure {
    Figure { name, bound }
}

/// The figures of requests, in the order in which [`Requests`] gives them.
macro_rules! requests {
    ($rate:expr, $p99:expr, $processor:expr) => {
        &[
            figure("requests a second", $rate),
            figure("p99, ms", $p99),
            figure("server's processor time, s", Bound::Free),
            figure("of it a request, µs", $processor),
            figure("resident, MiB", Bound::Free),
        ]
    };
}

const PUT_ONE: &[Figure] = requests!(
    Bound::AtLeast(1.5),
    Bound::AtMost(0.6),
    Bound::AtMost(1.0 / 3.0)
);
const PUT_MANY: &[Figure] = requests!(
    Bound::AtLeast(2.0),
    Bound::AtMost(0.6),
    Bound::AtMost(1.0 / 3.0)
);
const OTHERS: &[Figure] = requests!(Bound::AtLeast(1.8), Bound::Free, Bound::AtMost(1.0 / 3.0));
const WATCH: &[Figure] = requests!(Bound::Free, Bound::AtMost(1.0), Bound::Free);
const SECURE: &[Figure] = requests!(Bound::AtLeast(1.5), Bound::Free, Bound::Free);

const WATCHERS: &[Figure] = &[figure("most resident, MiB", Bound::AtMost(0.5))];
const IDLE: &[Figure] = &[figure("resident, MiB", Bound::Below(10.0))];
const MILLION: &[Figure] = &[
    figure("resident, MiB", Bound::AtMost(0.4)),
    figure("restart until healthy, s", Bound::AtMost(1.0 / 3.0)),
    figure("resident after restart, MiB", Bound::AtMost(0.25)),
];
const LISTING: &[Figure] = &[
    figure("time, ms", Bound::AtMost(0.5)),
    figure("peak over before, MiB", Bound::AtMost(0.25)),
];
const DEFRAGMENT: &[Figure] = &[
    figure("longest put before, ms", Bound::Free),
    figure("longest put meanwhile, ms", Bound::Below(10.0)),
    figure("time, s", Bound::Free),
    figure("file for the live data", Bound::Below(1.3)),
];

/// The table, in the order it is printed.
const ROWS: &[Row] = &[
    row("put, 1 client", PUT_ONE, requests::put(1, 1, 20_000)),
    row(
        "put, 100 clients",
        PUT_MANY,
        requests::put(100, 10, 300_000),
    ),
    row(
        "put, 1000 clients",
        PUT_MANY,
        requests::put(1000, 100, 300_000),
    ),
    row(
        "linearizable range, 100 clients",
        OTHERS,
        requests::range("l", 100, 10, 300_000),
    ),
    row(
        "linearizable range, 1000 clients",
        OTHERS,
        requests::range("l", 1000, 100, 300_000),
    ),
    row(
        "serializable range, 100 clients",
        OTHERS,
        requests::range("s", 100, 10, 300_000),
    ),
    row(
        "serializable range, 1000 clients",
        OTHERS,
        requests::range("s", 1000, 100, 300_000),
    ),
    row(
        "txn-put, 100 clients",
        OTHERS,
        requests::txn_put(100, 10, 300_000),
    ),
    row(
        "txn-put, 1000 clients",
        OTHERS,
        requests::txn_put(1000, 100, 300_000),
    ),
    row(
        "lease keepalive, 100 clients",
        OTHERS,
        requests::lease_keepalive(100, 10, 200_000),
    ),
    row(
        "lease keepalive, 1000 clients",
        OTHERS,
        requests::lease_keepalive(1000, 100, 200_000),
    ),
    row(
        "watch latency, 10 streams of 10",
        WATCH,
        requests::watch_latency(5_000),
    ),
    row(
        "10,000 watchers",
        WATCHERS,
        Measure::Other(memory::watchers),
    ),
    row("idle", IDLE, Measure::Other(memory::idle)),
    row("1 M keys", MILLION, Measure::Other(memory::million)),
    row(
        "listing 100 k keys",
        LISTING,
        Measure::Other(memory::listing),
    ),
    row(
        "Defragment of 1 GiB",
        DEFRAGMENT,
        Measure::Other(space::defragment),
    ),
    row(
        "TLS, put, 100 clients",
        SECURE,
        requests::put(100, 10, 300_000).secure(),
    ),
    row(
        "TLS, put, 1000 clients",
        SECURE,
        requests::put(1000, 100, 300_000).secure(),
    ),
    row(
        "TLS, linearizable range, 100 clients",
        SECURE,
        requests::range("l", 100, 10, 300_000).secure(),
    ),
    row(
        "TLS, linearizable range, 1000 clients",
        SECURE,
        requests::range("l", 1000, 100, 300_000).secure(),
    ),
];

const fn row(name: &'static str, figures: &'static [Figure], measure: Measure) -> Row {
    Row {
        name,
        figures,
        measure,
    }
}

/// Prints the table: rows whose name holds `only`, shorter when it is to be quick.
pub(crate) fn compare(ours: &Path, upstream: &Path, only: &str, quick: bool) -> Result<(), String> {
    let load = Load::beside(upstream)?;
    let side = |program: &Path| Side {
        program: program.to_owned(),
        load: load.clone(),
        quick,
    };
    say(&format!(
        "{:<38} {:<28} {:>10} {:>10} {:>7}",
        "", "", "ours", "upstream", "ratio"
    ));
    let mut missed = 0;
    for row in ROWS.iter().filter(|row| row.name.contains(only)) {
        let ours = row.measure.on(&side(ours))?;
        let upstream = row.measure.on(&side(upstream))?;
        for ((figure, ours), upstream) in row.figures.iter().zip(ours).zip(upstream) {
            missed += usize::from(!figure.bound.holds(ours, upstream));
            say(&figure.line(row.name, ours, upstream));
        }
    }
    say(&format!("{missed} missed"));
    Ok(())
}

impl Measure {
    fn on(&self, side: &Side) -> Result<Vec<f64>, String> {
        match self {
            Self::Requests(requests) => requests.measure(side),
            Self::Other(measure) => measure(side),
        }
    }

    const fn secure(self) -> Self {
        match self {
            Self::Requests(requests) => Self::Requests(requests.secure()),
            other @ Self::Other(_) => other,
        }
    }
}

impl Figure {
    fn line(&self, row: &str, ours: f64, upstream: f64) -> String {
        let bound = match self.bound {
            Bound::Free => String::new(),
            Bound::AtLeast(ratio) => format!("at least {ratio:.2}x"),
            Bound::AtMost(ratio) => format!("at most {ratio:.2}x"),
            Bound::Below(value) => format!("at most {value}"),
        };
        let verdict = if self.bound.holds(ours, upstream) {
            ""
        } else {
            "  MISSED"
        };
        let ratio = ours / upstream;
        format!(
            "{row:<38} {:<28} {ours:>10.2} {upstream:>10.2} {ratio:>6.2}x  {bound}{verdict}",
            self.name
        )
    }
}

impl Bound {
    fn holds(&self, ours: f64, upstream: f64) -> bool {
        match *self {
            Self::Free => true,
            Self::AtLeast(ratio) => ours / upstream >= ratio,
            Self::AtMost(ratio) => ours / upstream <= ratio,
            Self::Below(value) => ours <= value,
        }
    }
}
