//! What the guard says about a bind: refusals before, notes after success, the explanation of a failure.

use std::{fs, path::Path};

use nix::errno::Errno;

use super::{
    BindError,
    endpoint::{Endpoint, Place},
    file_capability::{self, Obstacle},
    fixes,
};
use crate::{
    finding::{Finding, Severity},
    holder, identity, ledger,
    policy::{PortJudgement, Verdict},
    settings::PortMode,
};

/// Refuses what `GUARD_PORTS=deny` does not want.
pub(super) fn before(
    endpoint: &Endpoint,
    origin: &str,
    judgement: &PortJudgement,
) -> Result<(), BindError> {
    if mode() != PortMode::Deny {
        return Ok(());
    }
    let Some(finding) = objection(endpoint, origin, judgement) else {
        return Ok(());
    };
    ledger::note(&finding);
    note_port(endpoint, origin, judgement.verdict.word(), judgement);
    Err(BindError::Denied {
        address: endpoint.shown(),
        finding,
    })
}

/// Notes a successful bind; with `GUARD_PORTS=warn` also logs what works only here.
pub(super) fn success(endpoint: &Endpoint, origin: &str, judgement: &PortJudgement) {
    let mode = mode();
    if mode == PortMode::Off {
        return;
    }
    // The real bind has the last word over the prediction.
    let verdict = match judgement.verdict {
        Verdict::WillFail => Verdict::WorksHere,
        verdict => verdict,
    };
    note_port(endpoint, origin, verdict.word(), judgement);
    let Some(finding) = objection(
        endpoint,
        origin,
        &PortJudgement {
            verdict,
            ..*judgement
        },
    ) else {
        return;
    };
    if mode == PortMode::Warn {
        ledger::note_and_log(finding);
    } else {
        ledger::note(&finding);
    }
    ledger::log_pending();
}

/// Explains a failed bind.
pub(super) fn failure(
    endpoint: &Endpoint,
    origin: &str,
    judgement: &PortJudgement,
    errno: Errno,
) -> Vec<Finding> {
    if mode() == PortMode::Off {
        return Vec::new();
    }
    note_port(endpoint, origin, "failed", judgement);
    let findings = match errno {
        Errno::EACCES | Errno::EPERM => refused(endpoint, origin, judgement),
        Errno::EADDRINUSE => vec![in_use(endpoint, origin)],
        Errno::EADDRNOTAVAIL => vec![not_here(endpoint, origin)],
        Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT => vec![no_family(endpoint, origin)],
        _ => Vec::new(),
    };
    findings.iter().for_each(ledger::note);
    findings
}

/// Explains a failed vsock bind.
pub(super) fn vsock_failure(address: &str, port: u32, errno: Errno) -> Vec<Finding> {
    let (id, message, fix) = match errno {
        Errno::EAFNOSUPPORT | Errno::ENODEV | Errno::EPERM => (
            "GRD-P08",
            "this kernel or sandbox has no vsock".to_owned(),
            "load the module vsock on the host, or listen on a TCP address",
        ),
        Errno::EACCES => (
            "GRD-P01",
            format!(
                "cannot bind {address}: vsock port {port} is privileged and the process has no CAP_NET_BIND_SERVICE"
            ),
            "use a vsock port of 1024 or higher",
        ),
        _ => return Vec::new(),
    };
    if mode() == PortMode::Off {
        return Vec::new();
    }
    let finding = Finding::new(id, Severity::Error, message).with_fix(vec![fix.to_owned()]);
    ledger::note(&finding);
    vec![finding]
}

fn mode() -> PortMode {
    ledger::with(|ledger| ledger.settings.ports)
}

fn note_port(endpoint: &Endpoint, origin: &str, verdict: &'static str, judgement: &PortJudgement) {
    ledger::note_port(&endpoint.shown(), origin, verdict, Some(judgement.start));
}

/// What speaks against a port although it may work here.
fn objection(endpoint: &Endpoint, origin: &str, judgement: &PortJudgement) -> Option<Finding> {
    match judgement.verdict {
        Verdict::Ephemeral | Verdict::Ok => None,
        Verdict::WillFail => Some(privileged(endpoint, origin, judgement)),
        Verdict::Edge => {
            let message = "port 1024 is unprivileged but below the 1025 guideline";
            let fix = fixes::own_flag(origin, &endpoint.host, 8080);
            Some(Finding::new("GRD-P03", Severity::Warn, message).with_fix(vec![fix]))
        }
        Verdict::WorksHere => {
            let reason = if u32::from(endpoint.port) >= judgement.start {
                format!("ip_unprivileged_port_start={}", judgement.start)
            } else {
                format!(
                    "the process (uid {}) has CAP_NET_BIND_SERVICE",
                    identity::user_ids().effective
                )
            };
            let message = format!(
                "port {} works in this container only because {reason}; \
                 it will fail in Docker < 20.10, CRI-O, containerd 1.x and hostNetwork pods",
                endpoint.port,
            );
            let fixes = fixes::low_port(endpoint, origin);
            Some(Finding::new("GRD-P02", Severity::Warn, message).with_fix(fixes))
        }
    }
}

fn privileged(endpoint: &Endpoint, origin: &str, judgement: &PortJudgement) -> Finding {
    let message = format!(
        "cannot bind {}: port {} is privileged here (ip_unprivileged_port_start={}) \
         and the process (uid {}) has no CAP_NET_BIND_SERVICE",
        endpoint.shown(),
        endpoint.port,
        judgement.start,
        identity::user_ids().effective,
    );
    Finding::new("GRD-P01", Severity::Error, message).with_fix(fixes::low_port(endpoint, origin))
}

fn refused(endpoint: &Endpoint, origin: &str, judgement: &PortJudgement) -> Vec<Finding> {
    let error = |id, message: String| Finding::new(id, Severity::Error, message);
    if u32::from(endpoint.port) >= judgement.start {
        let message = format!(
            "cannot bind {}: port {} is not privileged here (ip_unprivileged_port_start={}), \
             so a sandbox or security module (Landlock, SELinux, AppArmor, seccomp) forbids it",
            endpoint.shown(),
            endpoint.port,
            judgement.start,
        );
        let fix = format!("allow TCP port {} in its profile", endpoint.port);
        return vec![error("GRD-P09", message).with_fix(vec![fix])];
    }
    if judgement.may_bind_low {
        let message =
            "uid 0 here is not root of the network namespace (user namespace mapping)".to_owned();
        return vec![error("GRD-P04", message).with_fix(fixes::low_port(endpoint, origin))];
    }
    let mut findings = vec![privileged(endpoint, origin, judgement)];
    if let Some(obstacle) = file_capability::obstacle(Path::new("/proc/self/exe")) {
        let message = match obstacle {
            Obstacle::NoNewPrivileges => {
                "the binary carries file capabilities that this container ignores (no_new_privs)"
            }
            Obstacle::BoundingSet => {
                "the binary carries file capabilities that this container forbids (bounding set)"
            }
            Obstacle::Unknown => "the binary carries file capabilities that have no effect here",
        };
        findings.push(error("GRD-P05", message.to_owned()));
    }
    findings
}

fn in_use(endpoint: &Endpoint, origin: &str) -> Finding {
    let address = match endpoint.place {
        Place::Any => None,
        Place::One(ip, _) => Some(ip),
    };
    let (message, first) = match holder::of(address, endpoint.port) {
        Some(holder) => (
            format!(
                "address already in use by pid {} ({})",
                holder.pid, holder.command
            ),
            format!("stop pid {} or choose another port: ", holder.pid),
        ),
        None => (
            format!(
                "address already in use by a process that uid {} cannot see",
                identity::user_ids().effective
            ),
            "choose another port: ".to_owned(),
        ),
    };
    let other = endpoint.port.checked_add(1).unwrap_or(8080);
    let fix = first + &fixes::own_flag(origin, &endpoint.host, other);
    Finding::new("GRD-P06", Severity::Error, message).with_fix(vec![fix])
}

fn not_here(endpoint: &Endpoint, origin: &str) -> Finding {
    let is_v6 = matches!(endpoint.place, Place::One(ip, _) if ip.is_ipv6());
    let has_v6 = fs::read_to_string("/proc/net/if_inet6").is_ok_and(|text| !text.trim().is_empty());
    let message = if is_v6 && !has_v6 {
        format!("{} cannot be used: IPv6 is disabled here", endpoint.host)
    } else {
        format!(
            "{} is not an address of this host or container",
            endpoint.host
        )
    };
    let fix = format!(
        "listen on every address: {}",
        fixes::own_flag(origin, "", endpoint.port)
    );
    Finding::new("GRD-P07", Severity::Error, message).with_fix(vec![fix])
}

fn no_family(endpoint: &Endpoint, origin: &str) -> Finding {
    let message = format!(
        "{} cannot be used: this kernel or sandbox lacks its address family",
        endpoint.shown()
    );
    let fix = format!(
        "listen on every address: {}",
        fixes::own_flag(origin, "", endpoint.port)
    );
    Finding::new("GRD-P08", Severity::Error, message).with_fix(vec![fix])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(port: u16, start: u32, may_bind_low: bool) -> PortJudgement {
        PortJudgement {
            verdict: crate::policy::classify(port, start, may_bind_low),
            start,
            may_bind_low,
        }
    }

    #[track_caller]
    fn check(address: &str, judgement: &PortJudgement, errno: Errno, expected: &str) {
        let endpoint = Endpoint::parse(address).unwrap();
        let findings = failure(&endpoint, "--web.listen-address", judgement, errno);
        let text = format!("{}: {}", findings[0].id, findings[0].message);
        assert_eq!(text, expected);
        assert_eq!(findings.len(), 1, "{findings:?}");
    }

    #[test]
    fn a_refusal_that_the_port_does_not_explain_points_to_a_sandbox() {
        check(
            ":9091",
            &judged(9091, 1024, false),
            Errno::EACCES,
            "GRD-P09: cannot bind :9091: port 9091 is not privileged here (ip_unprivileged_port_start=1024), \
             so a sandbox or security module (Landlock, SELinux, AppArmor, seccomp) forbids it",
        );
    }

    #[test]
    fn a_capability_that_does_not_help_is_one_of_another_user_namespace() {
        check(
            ":80",
            &judged(80, 1024, true),
            Errno::EACCES,
            "GRD-P04: uid 0 here is not root of the network namespace (user namespace mapping)",
        );
    }

    #[test]
    fn a_missing_address_family_is_named() {
        check(
            "[::1]:9091",
            &judged(9091, 1024, false),
            Errno::EAFNOSUPPORT,
            "GRD-P08: [::1]:9091 cannot be used: this kernel or sandbox lacks its address family",
        );
    }

    #[test]
    fn an_error_without_a_story_has_no_explanation() {
        let endpoint = Endpoint::parse(":9091").unwrap();
        assert!(failure(&endpoint, "--x", &judged(9091, 1024, false), Errno::EMFILE).is_empty());
    }

    #[test]
    fn what_works_only_here_says_why() {
        let of = |address, judgement| {
            objection(&Endpoint::parse(address).unwrap(), "--x", &judgement)
                .map(|finding| finding.message)
        };
        let by_sysctl = of(":80", judged(80, 0, false)).unwrap();
        assert_eq!(
            by_sysctl,
            "port 80 works in this container only because ip_unprivileged_port_start=0; \
             it will fail in Docker < 20.10, CRI-O, containerd 1.x and hostNetwork pods"
        );
        assert!(
            of(":80", judged(80, 1024, true))
                .unwrap()
                .contains("has CAP_NET_BIND_SERVICE; it will fail")
        );
        let edge = of(":1024", judged(1024, 1024, false)).unwrap();
        assert_eq!(
            edge,
            "port 1024 is unprivileged but below the 1025 guideline"
        );
        assert_eq!(of(":1025", judged(1025, 1024, false)), None);
        assert_eq!(of(":0", judged(0, 1024, false)), None);
    }
}
