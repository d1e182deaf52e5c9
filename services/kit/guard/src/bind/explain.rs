//! What the guard says about a bind: refusals before, notes after success, the explanation of a failure.

use std::{fs, path::Path, process};

use nix::errno::Errno;

use super::{
    BindError,
    endpoint::{Endpoint, Place},
    file_capability::{self, Obstacle},
    fixes,
};
use crate::{
    finding::{Finding, Severity},
    holder::{self, Holder},
    identity, ledger,
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
    let next = endpoint.port.checked_add(1).unwrap_or(8080);
    let other = format!(
        "choose another port: {}",
        fixes::own_flag(origin, &endpoint.host, next)
    );
    let (message, fix) = match holder::of(address, endpoint.port) {
        Some(holder) if holder.pid == process::id() => (
            "address already in use by this process: another of its addresses covers it".to_owned(),
            format!("give {origin} each port once"),
        ),
        Some(Holder { pid, command }) => (
            format!("address already in use by pid {pid} ({command})"),
            format!("stop pid {pid} or {other}"),
        ),
        None => {
            let user = identity::user_ids().effective;
            (
                format!("address already in use by a process that uid {user} cannot see"),
                other,
            )
        }
    };
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
mod tests;
