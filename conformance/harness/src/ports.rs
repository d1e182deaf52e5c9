//! Free ports for the programs under test, each handed out once per run.
//!
//! They come from below the kernel's ephemeral range, so that neither outgoing connections nor tests that bind port 0
//! take one between our look and the program's bind.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 10_240;
const COUNT: u16 = 8_192;

static TAKEN: AtomicU16 = AtomicU16::new(0);

/// Returns a TCP port that was free a moment ago and that this run has not handed out before.
///
/// # Panics
/// When every port of the range has been handed out or is taken by others.
#[must_use]
pub fn free() -> u16 {
    // Two runs side by side begin at different places.
    let start = u16::try_from(std::process::id() * 97 % u32::from(COUNT))
        .expect("a remainder below COUNT fits");
    loop {
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        assert!(
            step < COUNT,
            "no free port left between {FIRST} and {}",
            FIRST + COUNT
        );
        let port = FIRST + (start + step) % COUNT;
        if is_free(port) {
            return port;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "looks whether a port is free; nothing is ever served on it"
)]
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::free;

    #[test]
    fn no_port_is_handed_out_twice() {
        let ports: std::collections::BTreeSet<u16> = (0..50).map(|_| free()).collect();
        assert_eq!(ports.len(), 50);
    }
}
