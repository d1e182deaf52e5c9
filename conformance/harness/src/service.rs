//! What the harness must know about a service to start it and to read its answers. The services themselves are listed
//! by `conformance-suite`.

/// One kind of program under test.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Name on the command line and of the folder of its cases.
    pub name: &'static str,
    /// Flag that takes the listen address, such as `--web.listen-address=`.
    pub listen_flag: &'static str,
    /// Flag that makes the program print its version.
    pub version_flag: &'static str,
    /// Flags with which a server listens elsewhere than on the address it is given.
    pub own_listener_flags: &'static [&'static str],
    /// Beginnings of the names of metric families that speak of the program itself.
    pub own_families: &'static [&'static str],
}

impl Service {
    /// A service without any peculiarity, to build others on in tests.
    pub const EMPTY: Self = Self {
        name: "",
        listen_flag: "",
        version_flag: "--version",
        own_listener_flags: &[],
        own_families: &[],
    };
}
