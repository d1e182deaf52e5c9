//! Which ports a process may bind, and which only seem fine: a pure decision from port, sysctl and capability.
//!
//! The facts are read here too ([`judge`]); what follows from a verdict is said in [`crate::bind`].

use std::fs;

use crate::identity;

/// Ports from here up are unprivileged where nobody changed the sysctl.
pub const DEFAULT_UNPRIVILEGED_START: u32 = 1024;

/// What to expect from binding a port, here and elsewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Port 0: the kernel picks an unprivileged one.
    Ephemeral,
    /// 1025 or higher: works everywhere.
    Ok,
    /// Port 1024: unprivileged, yet below the guideline of 1025.
    Edge,
    /// A low port that works here and fails on stricter platforms.
    WorksHere,
    /// Privileged here, and the process lacks the capability. The real bind has the last word.
    WillFail,
}

impl Verdict {
    /// Returns the word used in the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ephemeral => "ephemeral",
            Self::Ok => "ok",
            Self::Edge => "edge",
            Self::WorksHere => "works-here",
            Self::WillFail => "will-fail",
        }
    }
}

/// Judges a port. `start` is `ip_unprivileged_port_start` of the network namespace (it governs IPv4 and IPv6),
/// `may_bind_low` whether `CAP_NET_BIND_SERVICE` is effective.
pub fn classify(port: u16, start: u32, may_bind_low: bool) -> Verdict {
    match port {
        0 => Verdict::Ephemeral,
        _ if u32::from(port) < start && !may_bind_low => Verdict::WillFail,
        1..1024 => Verdict::WorksHere,
        1024 => Verdict::Edge,
        _ => Verdict::Ok,
    }
}

/// A verdict and the facts it rests on.
#[derive(Clone, Copy, Debug)]
pub struct PortJudgement {
    /// What to expect.
    pub verdict: Verdict,
    /// `ip_unprivileged_port_start` of the network namespace.
    pub start: u32,
    /// Whether `CAP_NET_BIND_SERVICE` is effective.
    pub may_bind_low: bool,
}

/// Judges a port with the facts of this process.
pub fn judge(port: u16) -> PortJudgement {
    let start = unprivileged_start();
    let may_bind_low = identity::may_bind_low_ports();
    PortJudgement {
        verdict: classify(port, start, may_bind_low),
        start,
        may_bind_low,
    }
}

fn unprivileged_start() -> u32 {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    text.ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(DEFAULT_UNPRIVILEGED_START)
}

#[cfg(test)]
mod tests {
    use super::{Verdict::*, *};

    #[track_caller]
    fn check(start: u32, may_bind_low: bool, expected: [Verdict; 4]) {
        let verdicts = [80, 1023, 1024, 1025].map(|port| classify(port, start, may_bind_low));
        assert_eq!(
            verdicts, expected,
            "start {start}, capability {may_bind_low}"
        );
    }

    #[test]
    fn without_the_capability_ports_below_the_start_will_fail() {
        check(1024, false, [WillFail, WillFail, Edge, Ok]);
        check(2000, false, [WillFail; 4]);
        check(80, false, [WorksHere, WorksHere, Edge, Ok]);
        check(81, false, [WillFail, WorksHere, Edge, Ok]);
    }

    #[test]
    fn low_ports_that_work_are_marked_as_working_only_here() {
        check(0, false, [WorksHere, WorksHere, Edge, Ok]);
        check(1024, true, [WorksHere, WorksHere, Edge, Ok]);
        check(65536, true, [WorksHere, WorksHere, Edge, Ok]);
    }

    #[test]
    fn port_zero_is_never_judged() {
        assert_eq!(classify(0, 65536, false), Ephemeral);
    }
}
