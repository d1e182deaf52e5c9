//! What a service does once it runs, as data: from it follow the preflight, the capabilities kept and the sandbox.
//!
//! A service describes itself; what is made of the description is decided in [`crate::Guard::confine`].

use std::path::PathBuf;

use crate::preflight::Need;

/// What a service needs. The default needs nothing at all.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    /// Where it listens. With a sandbox or dropped privileges these are bound before, in this order, and handed out
    /// when the service asks for them; the sandbox then allows their ports and no other.
    pub listen: Vec<Listen>,
    /// The flag or key the addresses came from (`--web.listen-address`).
    pub listen_origin: &'static str,
    /// Which files it uses. What lies beside a file may be read too, because files are replaced by renaming.
    pub paths: Vec<PathRight>,
    /// Whom it connects to over TCP.
    pub connect: Connect,
    /// Whether it starts other programs. Unless it does, it can gain no privileges by executing, from the start on.
    pub executes: bool,
    /// Whether it binds low ports again later, so that it keeps `CAP_NET_BIND_SERVICE`.
    pub rebinds_low_ports: bool,
    /// Whether it is built with a validated module, whose memory nobody else must read.
    pub is_fips: bool,
    /// The system calls it makes, one name a line, for the strict profile; empty: it has no strict profile.
    pub system_calls: &'static str,
}

/// One address to listen on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Listen {
    /// As Go's `net.Listen` reads it: `:9091`, `localhost:http`.
    Tcp(String),
    /// The same, with others on the same port (`SO_REUSEPORT`).
    SharedTcp(String),
    /// A path, or an abstract name that begins with `@`.
    Unix(PathBuf),
    /// A vsock port on every context id.
    Vsock(u32),
}

/// One path and what it is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathRight {
    /// The path.
    pub path: PathBuf,
    /// What is done with it.
    pub need: Need,
    /// The flag or key it came from.
    pub origin: &'static str,
}

/// Whom a service connects to over TCP.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Connect {
    /// Nobody.
    #[default]
    Nobody,
    /// These ports of anybody.
    Ports(Vec<u16>),
    /// Anybody.
    Anybody,
}
