//! Tells systemd how the service is: one datagram per state, only when `NOTIFY_SOCKET` is set.
//!
//! Source: sd_notify(3).

use std::{
    io,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
};

use crate::ledger;

pub(crate) fn ready() {
    tell("READY=1");
}

/// Tells systemd that the service has begun to stop. [`crate::Guard`] does it at the latest when it is dropped.
pub fn stopping() {
    tell("STOPPING=1");
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
}
