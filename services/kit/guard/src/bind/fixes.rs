//! Ways out of a refused port, the detected platform's first.

use super::endpoint::Endpoint;
use crate::{ledger, platform::Platform};

/// The same flag (or key, or variable) with another port.
pub(super) fn own_flag(origin: &str, host: &str, port: u16) -> String {
    let is_key = !origin.starts_with('-') && origin.chars().any(char::is_lowercase);
    let separator = if is_key { ": " } else { "=" };
    format!("{origin}{separator}{host}:{port}")
}

/// Ways out for a port below 1025.
pub(super) fn low_port(endpoint: &Endpoint, origin: &str) -> Vec<String> {
    for_platform(ledger::with(|ledger| ledger.platform), endpoint, origin)
}

fn for_platform(platform: Platform, endpoint: &Endpoint, origin: &str) -> Vec<String> {
    let port = endpoint.port;
    let high = port + HIGH;
    let container = if platform == Platform::Podman {
        Platform::Podman
    } else {
        Platform::Docker
    };
    let name = if platform == Platform::Podman {
        "Podman"
    } else {
        "Docker"
    };
    let mut ways = vec![
        (container, format!("{name}: -p {port}:{high}")),
        (
            container,
            format!("{name}: --sysctl net.ipv4.ip_unprivileged_port_start={port}"),
        ),
        (
            Platform::Kubernetes,
            format!("Kubernetes: Service port: {port}, targetPort: {high}"),
        ),
        (
            Platform::Kubernetes,
            format!(
                "Kubernetes: securityContext.sysctls: \
                 [{{name: net.ipv4.ip_unprivileged_port_start, value: \"{port}\"}}]"
            ),
        ),
        (
            Platform::Systemd,
            format!("systemd: ListenStream={port} in a .socket unit (socket activation)"),
        ),
        (
            Platform::Systemd,
            "systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit".to_owned(),
        ),
        (
            Platform::Bare,
            format!("host: sysctl -w net.ipv4.ip_unprivileged_port_start={port}"),
        ),
    ];
    ways.sort_by_key(|(of, _)| *of != platform);
    let own = own_flag(origin, &endpoint.host, high);
    std::iter::once(own)
        .chain(ways.into_iter().map(|(_, way)| way))
        .collect()
}

/// Port 80 becomes 8080 and 443 becomes 8443, as everybody writes them.
const HIGH: u16 = 8000;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn first_two(platform: Platform, address: &str, expected: [&str; 2]) {
        let endpoint = Endpoint::parse(address).unwrap();
        let fixes = for_platform(platform, &endpoint, "--web.listen-address");
        assert_eq!(fixes[..2], expected);
        assert_eq!(fixes.len(), 8, "every platform stays listed: {fixes:?}");
    }

    #[test]
    fn the_services_own_flag_comes_first_and_then_the_detected_platform() {
        let flag = "--web.listen-address=:8080";
        first_two(Platform::Docker, ":80", [flag, "Docker: -p 80:8080"]);
        first_two(Platform::Podman, ":80", [flag, "Podman: -p 80:8080"]);
        first_two(
            Platform::Kubernetes,
            ":80",
            [flag, "Kubernetes: Service port: 80, targetPort: 8080"],
        );
        first_two(
            Platform::Systemd,
            ":80",
            [
                flag,
                "systemd: ListenStream=80 in a .socket unit (socket activation)",
            ],
        );
        first_two(
            Platform::Bare,
            ":80",
            [
                flag,
                "host: sysctl -w net.ipv4.ip_unprivileged_port_start=80",
            ],
        );
    }

    #[test]
    fn the_host_is_kept_and_443_becomes_8443() {
        first_two(
            Platform::Docker,
            "[::1]:443",
            ["--web.listen-address=[::1]:8443", "Docker: -p 443:8443"],
        );
    }

    #[test]
    fn flags_variables_and_keys_are_spelled_as_they_are_written() {
        assert_eq!(own_flag("--listen", "", 1), "--listen=:1");
        assert_eq!(own_flag("LISTEN_ADDR", "", 1), "LISTEN_ADDR=:1");
        assert_eq!(own_flag("server.listen", "h", 1), "server.listen: h:1");
    }
}
