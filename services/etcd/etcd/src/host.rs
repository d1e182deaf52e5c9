//! The address of this machine on its default route, for members that listen everywhere and were told no address.
//!
//! Source: etcd v3.7 pkg/netutil/routes_linux.go `GetDefaultHost`; server/embed/config.go `UpdateDefaultClusterFromName`.

use std::{fs, io, net::IpAddr};

use kit_cli::value::{Url, split_host_port};
use nix::ifaddrs::getifaddrs;

use crate::{Config, setting::Setting};

/// Why there is no such address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostError {
    /// The routes cannot be read.
    #[error("read the routes of this machine")]
    Routes(#[from] io::Error),
    /// The interfaces cannot be read.
    #[error("read the interfaces of this machine")]
    Interfaces(#[from] nix::Error),
    /// There is none.
    #[error("could not find default route")] // upstream's text
    NoRoute,
}

/// Returns the address.
///
/// # Errors
/// [`HostError`].
pub(crate) fn default_host() -> Result<String, HostError> {
    let interface =
        default_interface(&fs::read_to_string("/proc/net/route")?).ok_or(HostError::NoRoute)?;
    let address = getifaddrs()?
        .filter(|address| address.interface_name == interface)
        .find_map(|address| {
            let address = address.address?;
            address
                .as_sockaddr_in()
                .map(|address| IpAddr::V4(address.ip()))
        });
    address
        .map(|address| address.to_string())
        .ok_or(HostError::NoRoute)
}

/// Finds the interface whose route has neither destination nor mask.
fn default_interface(routes: &str) -> Option<String> {
    routes.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let is_default = columns.get(1) == Some(&"00000000") && columns.get(7) == Some(&"00000000");
        is_default.then(|| columns[0].to_owned())
    })
}

impl Config {
    /// Lets the first members follow from a name that was given, and addresses for others from the machine's, where the
    /// member listens everywhere and the default would be told. Returns whether the machine's address was used.
    pub(crate) fn advertise_default_host(&mut self, host: Option<&str>) -> bool {
        let addresses = &mut self.addresses;
        let is_default = |urls: &[Url], name| matches!(urls, [url] if url.to_string() == Setting::named(name).default);
        let mut used = false;
        let mut use_host = |listen: &[Url], advertise: &mut Vec<Url>, name| {
            let Some((host, port)) = host.zip(port_of_everywhere(listen)) else {
                return;
            };
            if is_default(advertise, name) {
                let scheme = advertise[0].scheme();
                if let Ok(url) = Url::parse(&format!("{scheme}://{host}:{port}")) {
                    *advertise = vec![url];
                    used = true;
                }
            }
        };
        use_host(
            &addresses.listen_peer,
            &mut addresses.advertise_peer,
            "initial-advertise-peer-urls",
        );
        if self.name != Setting::named("name").default
            && self.cluster.initial_cluster == Setting::named("initial-cluster").default
        {
            let members: Vec<_> = addresses
                .advertise_peer
                .iter()
                .map(|url| {
                    let name = if self.name.is_empty() {
                        "default"
                    } else {
                        &self.name
                    };
                    format!("{name}={url}")
                })
                .collect();
            self.cluster.initial_cluster = members.join(",");
        }
        use_host(
            &addresses.listen_client,
            &mut addresses.advertise_client,
            "advertise-client-urls",
        );
        used
    }
}

/// Returns the port of a first URL that means every address.
fn port_of_everywhere(listen: &[Url]) -> Option<String> {
    let (host, port) = split_host_port(listen.first()?.host())?;
    (host == b"0.0.0.0").then(|| String::from_utf8_lossy(port).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Values;

    fn config(changes: &[(&'static str, &str)]) -> Config {
        let mut values = Values::default();
        for (name, written) in changes {
            values.set(name, Setting::named(name).parse(written));
        }
        let log = crate::log::settings(&values).unwrap();
        Config::of(&values, log).unwrap()
    }

    #[track_caller]
    fn check(changes: &[(&'static str, &str)], host: Option<&str>, expected: [&str; 3]) {
        let mut config = config(changes);
        config.advertise_default_host(host);
        let found = [
            config.cluster.initial_cluster.clone(),
            config.addresses.advertise_peer[0].to_string(),
            config.addresses.advertise_client[0].to_string(),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_name_alone_makes_the_first_member() {
        let (peer, client) = ("http://localhost:2380", "http://localhost:2379");
        check(
            &[],
            Some("10.0.0.1"),
            ["default=http://localhost:2380", peer, client],
        );
        check(
            &[("name", "a")],
            None,
            ["a=http://localhost:2380", peer, client],
        );
        let given = [("name", "a"), ("initial-cluster", "b=http://c:1")];
        check(&given, None, ["b=http://c:1", peer, client]);
    }

    #[test]
    fn whoever_listens_everywhere_is_found_at_the_machines_address() {
        let everywhere = [
            ("name", "a"),
            ("listen-peer-urls", "http://0.0.0.0:1"),
            ("listen-client-urls", "http://0.0.0.0:2"),
        ];
        let found = [
            "a=http://10.0.0.1:1",
            "http://10.0.0.1:1",
            "http://10.0.0.1:2",
        ];
        check(&everywhere, Some("10.0.0.1"), found);
        let told = [
            ("listen-client-urls", "http://0.0.0.0:2"),
            ("advertise-client-urls", "http://x:3"),
        ];
        check(
            &told,
            Some("10.0.0.1"),
            [
                "default=http://localhost:2380",
                "http://localhost:2380",
                "http://x:3",
            ],
        );
    }

    #[test]
    fn the_default_route_has_neither_destination_nor_mask() {
        let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n\
                      eth1\t000010AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n\
                      eth0\t00000000\t010010AC\t0003\t0\t0\t0\t00000000\n";
        assert_eq!(default_interface(routes).unwrap(), "eth0");
        assert_eq!(default_interface("Iface\n"), None);
    }
}
