//! What the harness must know about a service to start it and to read its answers. The services themselves are listed
//! by `conformance-suite`.

/// One kind of program under test.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Name on the command line and of the folder of its cases.
    pub name: &'static str,
    /// Flag that takes the listen address, such as `--web.listen-address=`.
    pub listen_flag: &'static str,
    /// Flag or command that makes the program print its version.
    pub version_flag: &'static str,
    /// Where the peers' cache keeps upstream's program.
    pub peer: &'static str,
    /// What builds it, below `conformance/peers`.
    pub recipe: &'static str,
    /// Command line of a server before a case's own flags, `${…}` not yet filled in.
    pub flags: &'static [&'static str],
    /// The server of a case, when the program under test is a client.
    pub beside: Option<Beside>,
    /// Flags with which a server listens elsewhere than on the address it is given.
    pub own_listener_flags: &'static [&'static str],
    /// Beginnings of the names of metric families that speak of the program itself.
    pub own_families: &'static [&'static str],
}

/// A server that stands beside the program under test; `${server}` is its path.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    /// Where the peers' cache keeps it.
    pub peer: &'static str,
}

impl Service {
    /// A service without any peculiarity, to build others on in tests.
    pub const EMPTY: Self = Self {
        name: "",
        listen_flag: "",
        version_flag: "--version",
        peer: "",
        recipe: "",
        flags: &[],
        beside: None,
        own_listener_flags: &[],
        own_families: &[],
    };
}
