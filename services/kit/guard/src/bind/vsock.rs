//! A listening vsock socket: `std` has no type for it, so it accepts here and hands out plain descriptors.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
};

use nix::sys::socket::{SockFlag, VsockAddr, accept4, getpeername, getsockname};

use crate::sys;

/// A listening vsock socket, non-blocking and closed on exec.
#[derive(Debug)]
pub struct VsockListener(OwnedFd);

impl VsockListener {
    pub(crate) fn from_bound(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }

    /// Accepts one connection: a non-blocking stream socket and its peer, such as `host(2):1024`.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when nobody waits; otherwise what the kernel says.
    pub fn accept(&self) -> io::Result<(OwnedFd, String)> {
        let accepted = accept4(
            self.0.as_raw_fd(),
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        )?;
        let stream = sys::own_accepted(accepted);
        let peer: VsockAddr = getpeername(stream.as_raw_fd())?;
        Ok((stream, shown(peer.cid(), peer.port())))
    }

    /// Returns the bound address as upstream logs it, such as `vm(4294967295):9091`.
    ///
    /// # Errors
    /// What the kernel says; not expected of a bound socket.
    pub fn local_address(&self) -> io::Result<String> {
        let address: VsockAddr = getsockname(self.0.as_raw_fd())?;
        Ok(shown(address.cid(), address.port()))
    }
}

impl AsFd for VsockListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for VsockListener {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Prints a vsock address as upstream's library does.
///
/// Source: mdlayher/vsock `Addr.String`.
pub(super) fn shown(cid: u32, port: u32) -> String {
    let kind = match cid {
        libc::VMADDR_CID_HYPERVISOR => "hypervisor",
        libc::VMADDR_CID_LOCAL => "local",
        libc::VMADDR_CID_HOST => "host",
        _ => "vm",
    };
    format!("{kind}({cid}):{port}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn addresses_read_as_upstream_prints_them() {
        assert_eq!(shown(2, 1024), "host(2):1024");
        assert_eq!(shown(1, 1), "local(1):1");
        assert_eq!(shown(u32::MAX, 9091), "vm(4294967295):9091");
    }
}
