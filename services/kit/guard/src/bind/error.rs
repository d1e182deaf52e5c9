//! Why an address could not be listened on: Go's text outside, the guard's findings inside.

use nix::errno::Errno;

use crate::{EXIT_CONFIGURATION, finding::Finding, finding::one_line};

/// Why an address could not be listened on. The text is what Go's `net.Listen` prints; the explanation is separate.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The text is no address.
    #[error("listen tcp: address {address}: {reason}")] // upstream's text
    Address {
        /// What was written.
        address: String,
        /// What is wrong with it, in Go's words.
        reason: &'static str,
    },
    /// A host or port name that the system cannot resolve.
    #[error("listen tcp: lookup {name}: {reason}")] // upstream's text
    Lookup {
        /// The host, or `tcp/` and the port's name.
        name: String,
        /// The resolver's words.
        reason: String,
    },
    /// The kernel refused one of the calls.
    #[error("listen {network} {address}: {call}: {}", go_text(*.errno))] // upstream's text
    Socket {
        /// `tcp`, `unix` or `vsock`.
        network: &'static str,
        /// The address as Go prints it.
        address: String,
        /// The system call.
        call: &'static str,
        /// Why.
        errno: Errno,
        /// What the guard knows about it.
        findings: Vec<Finding>,
    },
    /// The address would work here, and `GUARD_PORTS=deny` refuses it because it fails elsewhere.
    #[error("listen tcp {address}: refused by GUARD_PORTS=deny")]
    Denied {
        /// The address as Go prints it.
        address: String,
        /// Where it fails.
        finding: Finding,
    },
}

impl BindError {
    /// Returns the one line to log after the error's own text; none when the text says it all.
    pub fn explanation(&self) -> Option<String> {
        one_line(self.findings())
    }

    /// Returns what the guard knows about the failure.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Address { .. } | Self::Lookup { .. } => &[],
            Self::Socket { findings, .. } => findings,
            Self::Denied { finding, .. } => std::slice::from_ref(finding),
        }
    }

    /// Returns the exit status the guard demands: only a refusal by policy has one, otherwise upstream's rule holds.
    pub fn exit_code(&self) -> Option<u8> {
        matches!(self, Self::Denied { .. }).then_some(EXIT_CONFIGURATION)
    }
}

/// An error number in the words of Go's table for Linux, which is what upstream prints whatever the C library.
fn go_text(errno: Errno) -> String {
    let text = match errno {
        Errno::EPERM => "operation not permitted",
        Errno::EACCES => "permission denied",
        Errno::EADDRINUSE => "address already in use",
        Errno::EADDRNOTAVAIL => "cannot assign requested address",
        Errno::EAFNOSUPPORT => "address family not supported by protocol",
        Errno::EINVAL => "invalid argument",
        Errno::EMFILE => "too many open files",
        Errno::ENFILE => "too many open files in system",
        Errno::ENOBUFS => "no buffer space available",
        Errno::ENOENT => "no such file or directory",
        Errno::ENODEV => "no such device",
        Errno::ENOMEM => "cannot allocate memory",
        Errno::EPROTONOSUPPORT => "protocol not supported",
        other => return other.desc().to_lowercase(),
    };
    text.to_owned()
}
