//! Tells systemd how the service is: one datagram per state, only when `NOTIFY_SOCKET` is set.
//!
//! Source: sd_notify(3).

use std::{
    io,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::Duration,
};

use crate::ledger;

pub(crate) fn ready() {
    tell("READY=1");
}

/// Tells systemd that the service has begun to stop. [`crate::Guard`] does it at the latest when it is dropped.
pub fn stopping() {
    tell("STOPPING=1");
}

/// How often systemd wants to hear that the service is alive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Watchdog(Duration);

impl Watchdog {
    /// Reads `WATCHDOG_USEC` and `WATCHDOG_PID`; none when there is no watchdog, or another process is watched.
    ///
    /// Source: sd_watchdog_enabled(3).
    pub(crate) fn read(lookup: &dyn Fn(&str) -> Option<String>, own_pid: u32) -> Option<Self> {
        let is_for_us = lookup("WATCHDOG_PID").is_none_or(|pid| pid.parse() == Ok(own_pid));
        let period: u64 = lookup("WATCHDOG_USEC")?
            .parse()
            .ok()
            .filter(|period| *period > 0)?;
        is_for_us.then_some(Self(Duration::from_micros(period)))
    }
}

/// Returns how often to call [`alive`]: half of what systemd allows, as it recommends. None: nobody watches.
pub fn watchdog_interval() -> Option<Duration> {
    let Watchdog(period) = ledger::with(|ledger| {
        ledger.notify_socket.as_ref()?;
        ledger.watchdog
    })?;
    Some((period / 2).max(Duration::from_millis(1)))
}

/// Tells systemd that the service still does its work. Call it from where the work is done: a thread of its own would
/// be alive when the service is not.
pub fn alive() {
    tell("WATCHDOG=1");
}

fn tell(state: &str) {
    let Some(socket) = ledger::with(|ledger| ledger.notify_socket.clone()) else {
        return;
    };
    if let Err(error) = send(&socket, state) {
        // Nobody may be waiting; a service that runs does not stop for that.
        tracing::debug!(%error, socket, state, "systemd not notified");
    }
}

fn send(socket: &str, state: &str) -> io::Result<()> {
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    sender.send_to_addr(state.as_bytes(), &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_arrives_at_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let receiver = UnixDatagram::bind(&path).unwrap();
        send(path.to_str().unwrap(), "READY=1").unwrap();
        let mut buffer = [0; 64];
        let length = receiver.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"READY=1");
    }

    #[test]
    fn a_state_arrives_at_an_abstract_name() {
        let name = format!("kit-guard-notify-{}", std::process::id());
        let receiver =
            UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        send(&format!("@{name}"), "STOPPING=1").unwrap();
        let mut buffer = [0; 64];
        let length = receiver.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"STOPPING=1");
    }

    #[test]
    fn a_missing_receiver_is_an_error_of_the_send_only() {
        assert!(send("/nonexistent/notify", "READY=1").is_err());
    }

    fn watchdog(pid: Option<&str>, microseconds: Option<&str>) -> Option<Watchdog> {
        let lookup = |name: &str| match name {
            "WATCHDOG_PID" => pid.map(str::to_owned),
            "WATCHDOG_USEC" => microseconds.map(str::to_owned),
            _ => None,
        };
        Watchdog::read(&lookup, 42)
    }

    #[test]
    fn a_watchdog_is_ours_unless_it_watches_another_process() {
        let two_seconds = Some(Watchdog(Duration::from_secs(2)));
        assert_eq!(watchdog(Some("42"), Some("2000000")), two_seconds);
        assert_eq!(watchdog(None, Some("2000000")), two_seconds);
        assert_eq!(watchdog(Some("41"), Some("2000000")), None);
        assert_eq!(watchdog(Some("x"), Some("2000000")), None);
    }

    #[test]
    fn no_period_and_no_number_are_no_watchdog() {
        for period in [None, Some(""), Some("0"), Some("-1"), Some("soon")] {
            assert_eq!(watchdog(None, period), None, "{period:?}");
        }
    }
}
