//! Rows that count requests: how many a second, how long the slow ones took, and what the server worked for each.

use super::{
    Measure, Side,
    load::Summary,
    member::{Folder, Member},
};

/// A kind of request, and how many of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requests {
    words: &'static [&'static str],
    /// The flag that says how many.
    count_flag: &'static str,
    clients: usize,
    connections: usize,
    count: u32,
    secure: bool,
}

/// With `--quick` there is this part of the requests.
const QUICK_PART: u32 = 5;
/// Before the measurement comes this part of them, so that nobody is measured cold.
const WARM_PART: u32 = 20;

/// A key of 8 bytes that is there, and can be typed.
const KEY: &str = "abcdefgh";

const fn requests(
    words: &'static [&'static str],
    clients: usize,
    connections: usize,
    count: u32,
) -> Measure {
    Measure::Requests(Requests {
        words,
        count_flag: "--total",
        clients,
        connections,
        count,
        secure: false,
    })
}

/// Puts of 8 B keys, 256 B values.
pub(super) const fn put(clients: usize, connections: usize, count: u32) -> Measure {
    const PUT: &[&str] = &[
        "put",
        "--key-size=8",
        "--val-size=256",
        "--key-space-size=100000",
        "--sequential-keys",
    ];
    requests(PUT, clients, connections, count)
}

/// Transactions of one put.
pub(super) const fn txn_put(clients: usize, connections: usize, count: u32) -> Measure {
    const TXN_PUT: &[&str] = &[
        "txn-put",
        "--key-size=8",
        "--val-size=256",
        "--key-space-size=100000",
    ];
    requests(TXN_PUT, clients, connections, count)
}

/// Reads of one key.
pub(super) const fn range(
    consistency: &str,
    clients: usize,
    connections: usize,
    count: u32,
) -> Measure {
    const LINEARIZABLE: &[&str] = &["range", KEY, "--consistency=l"];
    const SERIALIZABLE: &[&str] = &["range", KEY, "--consistency=s"];
    let words = match consistency.as_bytes() {
        b"l" => LINEARIZABLE,
        _ => SERIALIZABLE,
    };
    requests(words, clients, connections, count)
}

/// Leases kept alive; each time on a stream of its own, as clientv3's `KeepAliveOnce` does it.
pub(super) const fn lease_keepalive(clients: usize, connections: usize, count: u32) -> Measure {
    requests(&["lease-keepalive"], clients, connections, count)
}

/// The time from the answer to a put until its 100 watchers know.
pub(super) const fn watch_latency(count: u32) -> Measure {
    const WATCH: &[&str] = &[
        "watch-latency",
        "--streams=10",
        "--watchers-per-stream=10",
        "--put-rate=500",
    ];
    Measure::Requests(Requests {
        words: WATCH,
        count_flag: "--put-total",
        clients: 1,
        connections: 1,
        count,
        secure: false,
    })
}

impl Requests {
    pub(super) const fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    pub(super) fn measure(&self, side: &Side) -> Result<Vec<f64>, String> {
        let folder = Folder::new()?;
        let member = Member::start(&side.program, &folder, self.secure)?;
        side.load.etcdctl(&member, ["put", KEY, &"v".repeat(256)])?;
        let count = if side.quick {
            self.count / QUICK_PART
        } else {
            self.count
        };
        self.run(side, &member, count / WARM_PART)?;
        let before = member.process.user_and_system_seconds()?;
        let summary = self.run(side, &member, count)?;
        let seconds = member.process.user_and_system_seconds()? - before;
        Ok(vec![
            summary.requests_a_second,
            summary.p99_ms,
            seconds,
            seconds / f64::from(count) * 1e6,
            member.process.resident_bytes()? / MIB,
        ])
    }

    fn run(&self, side: &Side, member: &Member, count: u32) -> Result<Summary, String> {
        let words = self.words.iter().map(ToString::to_string);
        let count = format!("{}={count}", self.count_flag);
        side.load.run(
            member,
            (self.clients, self.connections),
            words.chain([count]),
        )
    }
}

/// A mebibyte.
pub(super) const MIB: f64 = 1_048_576.0;
