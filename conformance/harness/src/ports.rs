//! Free ports for the programs under test, each handed out once.
//!
//! They come from below the kernel's ephemeral range, so that neither outgoing connections nor tests that bind port 0
//! take one between our look and the program's bind; and from blocks that one process has at a time, so that runs side
//! by side do not take each other's.

use std::{
    os::{
        fd::AsRawFd as _,
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
    sync::{Mutex, PoisonError},
};

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};

const FIRST: u16 = 10_240;
const BLOCK: u16 = 256;
const BLOCKS: u16 = 64;

/// The blocks this process has, and what is left of the last one.
struct Claimed {
    /// A name in the kernel for each; they go with the process, however it ends.
    names: Vec<UnixDatagram>,
    next: u16,
    end: u16,
}

static CLAIMED: Mutex<Claimed> = Mutex::new(Claimed {
    names: Vec::new(),
    next: 0,
    end: 0,
});

/// Returns a TCP port that was free a moment ago and that no run has handed out before while this process lives.
///
/// # Panics
/// When every port of the range has been handed out or is taken by others.
#[must_use]
pub fn free() -> u16 {
    let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if claimed.next == claimed.end {
            claimed.take_block();
        }
        let port = claimed.next;
        claimed.next += 1;
        if is_free(port) {
            return port;
        }
    }
}

impl Claimed {
    fn take_block(&mut self) {
        let (number, name) = (0..BLOCKS)
            .find_map(|number| Some((number, claim(number)?)))
            .unwrap_or_else(|| panic!("no free port left from {FIRST} on"));
        self.names.push(name);
        self.next = FIRST + number * BLOCK;
        self.end = self.next + BLOCK;
    }
}

/// Takes the name of a block; nobody else in this network namespace has it then.
fn claim(number: u16) -> Option<UnixDatagram> {
    let name = SocketAddr::from_abstract_name(format!("casemate-ports-{number}"));
    UnixDatagram::bind_addr(&name.expect("a short name")).ok()
}

/// Looks whether nobody listens on a TCP port, on any IPv4 address of this host.
///
/// The socket is bound but never listens: a child that is just being started has a copy of it until it executes its
/// program, and with a listening one it would accept, and then drop, what is meant for the program under test.
#[must_use]
pub fn is_free(port: u16) -> bool {
    let flags = SockFlag::SOCK_CLOEXEC;
    let Ok(probe) = socket(AddressFamily::Inet, SockType::Stream, flags, None) else {
        return false;
    };
    setsockopt(&probe, sockopt::ReuseAddr, &true).is_ok()
        && bind(probe.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, TcpListener};

    use super::{BLOCK, claim, free, is_free};

    #[test]
    fn no_port_is_handed_out_twice() {
        let count = usize::from(BLOCK) + 50;
        let ports: BTreeSet<u16> = (0..count).map(|_| free()).collect();
        assert_eq!(ports.len(), count);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a listener to be noticed")]
    fn a_port_somebody_listens_on_is_not_free() {
        let port = free();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!is_free(port));
        drop(listener);
        assert!(is_free(port));
    }

    #[test]
    fn a_block_has_one_owner_until_it_is_given_back() {
        let number = 60_000;
        let name = claim(number).unwrap();
        assert!(claim(number).is_none());
        drop(name);
        assert!(claim(number).is_some());
    }
}
