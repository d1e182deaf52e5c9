//! Sockets bound by systemd (or another supervisor) and passed on: low ports without privileges.
//!
//! [`crate::enter`] takes the descriptors and hides the variables; [`listeners`] checks and hands them out. Whether a
//! service asks for them at all is its own flag (`--web.systemd-socket`).
//!
//! Source: sd_listen_fds(3); go-systemd activation/files_unix.go; exporter-toolkit web/tls_config.go `ListenAndServe`.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd, RawFd},
        unix::net::UnixListener,
    },
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::socket::{
        AddressFamily, SockType, SockaddrLike, SockaddrStorage, getsockname, getsockopt, sockopt,
    },
};

use crate::{
    bind::VsockListener,
    finding::{Finding, Severity, one_line},
    ledger, sys,
};

/// The variables of the protocol; all three are removed when one is set.
pub(crate) const VARIABLES: [&str; 3] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/// A listening socket of any kind a supervisor can pass. Non-blocking and closed on exec.
#[derive(Debug)]
pub enum Listener {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpListener),
    /// A path or abstract name of this host.
    Unix(UnixListener),
    /// A socket between virtual machines.
    Vsock(VsockListener),
}

/// A socket that was passed, with the name the supervisor gave it.
#[derive(Debug)]
pub struct Activated {
    /// The socket.
    pub listener: Listener,
    /// `FileDescriptorName=` of the unit; none when it was not given.
    pub name: Option<String>,
}

/// Why no passed socket can be used.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// None was passed, or not to this process.
    #[error("no socket activation file descriptors found")] // upstream's text
    NoDescriptors {
        /// What was passed instead, when something was.
        finding: Option<Finding>,
    },
    /// One was passed that cannot be listened on.
    #[error("socket activation file descriptor {number}: {reason}")]
    Unusable {
        /// Its number.
        number: RawFd,
        /// What it is instead.
        reason: String,
        /// The same with its id and the fix.
        finding: Finding,
    },
    /// `GUARD_LISTEN_MAP=1`, and one was passed under a name that means nothing here.
    #[error("socket activation file descriptor name {name:?} is unknown")]
    UnknownName {
        /// Its name; empty without one.
        name: String,
        /// The same with its id and the fix.
        finding: Finding,
    },
}

impl ActivationError {
    /// Returns the one line to log after the error's own text; none when nothing is known beyond it.
    pub fn explanation(&self) -> Option<String> {
        one_line(self.finding().map(std::slice::from_ref).unwrap_or_default())
    }

    fn finding(&self) -> Option<&Finding> {
        match self {
            Self::NoDescriptors { finding } => finding.as_ref(),
            Self::Unusable { finding, .. } | Self::UnknownName { finding, .. } => Some(finding),
        }
    }
}

/// Returns the sockets that were passed, in their order. The first call gets them; later calls find none.
///
/// # Errors
/// [`ActivationError::NoDescriptors`] when there is none, [`ActivationError::Unusable`] when one is not a listening
/// stream socket.
pub fn listeners() -> Result<Vec<Activated>, ActivationError> {
    let inherited = ledger::with(|ledger| std::mem::take(&mut ledger.inherited));
    let outcome = inherited.into_listeners();
    match &outcome {
        Ok(activated) => activated.iter().for_each(note),
        Err(error) => error.finding().into_iter().for_each(ledger::note),
    }
    outcome
}

/// Returns the passed sockets by the names in `FileDescriptorName=`, for services without a flag of their own for
/// socket activation: only with `GUARD_LISTEN_MAP=1`, otherwise none and nothing is taken.
///
/// `known` are the names that mean something to the service (`client`, `peer`, `metrics`); every socket has one.
///
/// # Errors
/// [`ActivationError`] as of [`listeners`], and [`ActivationError::UnknownName`] for a socket nobody knows what to do with.
pub fn by_name(known: &[&str]) -> Result<Option<BTreeMap<String, Vec<Listener>>>, ActivationError> {
    if !ledger::with(|ledger| ledger.settings.listen_map) {
        return Ok(None);
    }
    let mut named: BTreeMap<String, Vec<Listener>> = BTreeMap::new();
    for Activated { listener, name } in listeners()? {
        let name = name.unwrap_or_default();
        if !known.contains(&name.as_str()) {
            let error = unknown_name(name, known);
            ledger::note(error.finding().expect("made with one"));
            return Err(error);
        }
        named.entry(name).or_default().push(listener);
    }
    Ok(Some(named))
}

fn unknown_name(name: String, known: &[&str]) -> ActivationError {
    let message = format!(
        "a passed socket is named {name:?}, which is none of {}",
        known.join(", ")
    );
    let fix = "set FileDescriptorName= in the .socket unit, or unset GUARD_LISTEN_MAP";
    let finding = Finding::new("GRD-S04", Severity::Error, message).with_fix(vec![fix.to_owned()]);
    ActivationError::UnknownName { name, finding }
}

fn note(activated: &Activated) {
    let address = match &activated.listener {
        Listener::Tcp(listener) => listener
            .local_addr()
            .map_or_else(|_| "tcp".to_owned(), |it| it.to_string()),
        Listener::Unix(_) => "unix".to_owned(),
        Listener::Vsock(listener) => listener
            .local_address()
            .unwrap_or_else(|_| "vsock".to_owned()),
    };
    ledger::note_port(&address, "LISTEN_FDS", "activated", None);
}

/// The descriptors taken at start, and what was wrong with the offer.
#[derive(Debug, Default)]
pub(crate) struct Inherited {
    descriptors: Vec<(RawFd, Option<String>, nix::Result<OwnedFd>)>,
    mistake: Option<Finding>,
}

impl Inherited {
    /// Takes each descriptor on offer, so that from now on it closes on exec.
    pub(crate) fn take(offer: Result<Vec<Option<String>>, Finding>) -> Self {
        match offer {
            Err(mistake) => Self {
                descriptors: Vec::new(),
                mistake: Some(mistake),
            },
            Ok(names) => {
                let numbered = (FIRST..).zip(names);
                let taken =
                    numbered.map(|(number, name)| (number, name, sys::take_descriptor(number)));
                Self {
                    descriptors: taken.collect(),
                    mistake: None,
                }
            }
        }
    }

    /// Returns how many descriptors were announced.
    pub(crate) fn count(&self) -> usize {
        self.descriptors.len()
    }

    fn into_listeners(self) -> Result<Vec<Activated>, ActivationError> {
        if self.descriptors.is_empty() {
            return Err(ActivationError::NoDescriptors {
                finding: self.mistake,
            });
        }
        let checked = self.descriptors.into_iter().map(|(number, name, taken)| {
            let listener = taken.map_err(not_open).and_then(listening);
            listener
                .map(|listener| Activated { listener, name })
                .map_err(|unusable| unusable.at(number))
        });
        checked.collect()
    }
}

/// Returns the name of each descriptor the environment offers to this process.
pub(crate) fn offered(
    lookup: &dyn Fn(&str) -> Option<String>,
    own_pid: u32,
    any_pid: bool,
) -> Result<Vec<Option<String>>, Finding> {
    let mistake = |message: String, fix: &str| {
        Finding::new("GRD-S01", Severity::Error, message).with_fix(vec![fix.to_owned()])
    };
    let pid = lookup("LISTEN_PID");
    if !any_pid && pid.as_ref().and_then(|pid| pid.parse().ok()) != Some(own_pid) {
        let given = pid.map_or_else(|| "is not set".to_owned(), |pid| format!("is {pid:?}"));
        return Err(mistake(
            format!(
                "LISTEN_PID {given} and this process is {own_pid}: the sockets were passed to another process"
            ),
            "start the program without a wrapper in between, or set GUARD_LISTEN_ANYPID=1 when the wrapper keeps its sockets open",
        ));
    }
    let text = lookup("LISTEN_FDS").unwrap_or_default();
    let count = text
        .parse::<usize>()
        .ok()
        .filter(|count| *count <= DESCRIPTORS_MAX)
        .ok_or_else(|| {
            mistake(
                format!("LISTEN_FDS is {text:?}, not a number up to {DESCRIPTORS_MAX}"),
                "let the supervisor set it",
            )
        })?;
    let names = lookup("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names
        .split(':')
        .map(str::to_owned)
        .map(Some)
        .chain(std::iter::repeat(None));
    Ok(names
        .by_ref()
        .take(count)
        .map(|name| name.filter(|name| !name.is_empty()))
        .collect())
}

/// What is wrong with one descriptor.
struct Unusable {
    id: &'static str,
    reason: String,
    fix: &'static str,
}

impl Unusable {
    fn at(self, number: RawFd) -> ActivationError {
        let message = format!(
            "socket activation file descriptor {number}: {}",
            self.reason
        );
        let finding =
            Finding::new(self.id, Severity::Error, message).with_fix(vec![self.fix.to_owned()]);
        ActivationError::Unusable {
            number,
            reason: self.reason,
            finding,
        }
    }
}

fn not_open(errno: Errno) -> Unusable {
    let reason = format!("is not open ({errno})");
    Unusable {
        id: "GRD-S01",
        reason,
        fix: "LISTEN_FDS counts more descriptors than were passed",
    }
}

/// Checks that a descriptor is a listening stream socket of a known family.
fn listening(descriptor: OwnedFd) -> Result<Listener, Unusable> {
    let wrong_kind = |reason: &str| Unusable {
        id: "GRD-S02",
        reason: reason.to_owned(),
        fix: "use ListenStream= in the .socket unit",
    };
    match getsockopt(&descriptor, sockopt::SockType) {
        Ok(SockType::Stream) => {}
        Ok(_) => return Err(wrong_kind("is not a stream socket")),
        Err(_) => return Err(wrong_kind("is not a socket")),
    }
    let is_listening = getsockopt(&descriptor, sockopt::AcceptConn).unwrap_or(false);
    if !is_listening {
        let reason = "is not listening".to_owned();
        return Err(Unusable {
            id: "GRD-S03",
            reason,
            fix: "use Accept=no in the .socket unit",
        });
    }
    set_nonblocking(&descriptor)
        .map_err(|errno| wrong_kind(&format!("cannot be made non-blocking ({errno})")))?;
    let address: Option<SockaddrStorage> = getsockname(descriptor.as_raw_fd()).ok();
    match address.and_then(|address| address.family()) {
        Some(AddressFamily::Inet | AddressFamily::Inet6) => Ok(Listener::Tcp(descriptor.into())),
        Some(AddressFamily::Unix) => Ok(Listener::Unix(descriptor.into())),
        Some(AddressFamily::Vsock) => Ok(Listener::Vsock(VsockListener::from_bound(descriptor))),
        _ => Err(wrong_kind("is neither a TCP, a unix nor a vsock socket")),
    }
}

fn set_nonblocking(descriptor: &OwnedFd) -> nix::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(descriptor.as_fd(), FcntlArg::F_GETFL)?);
    fcntl(
        descriptor.as_fd(),
        FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK),
    )
    .map(drop)
}

/// Descriptors 0 to 2 are the standard streams.
const FIRST: RawFd = 3;

/// systemd itself passes at most a few; a larger number is a mistake, not an offer.
const DESCRIPTORS_MAX: usize = 256;

#[cfg(test)]
mod tests;
