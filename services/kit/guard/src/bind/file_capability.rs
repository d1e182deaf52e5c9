//! File capabilities of the program: whether it was meant to bind low ports, and what took that away.

use std::path::Path;

use crate::{identity, sys};

/// Why file capabilities did not help.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Obstacle {
    /// `no_new_privs` (Kubernetes: `allowPrivilegeEscalation: false`) makes exec ignore them.
    NoNewPrivileges,
    /// The container's bounding set (`cap_drop: ALL`) forbids them.
    BoundingSet,
    /// A mount option or something else.
    Unknown,
}

/// Returns what stands in the way when the program carries `CAP_NET_BIND_SERVICE`; none when it does not carry it.
pub(super) fn obstacle(program: &Path) -> Option<Obstacle> {
    let attribute = sys::extended_attribute(program, c"security.capability")?;
    if !permits_low_ports(&attribute) {
        return None;
    }
    Some(if !identity::could_gain_low_ports() {
        Obstacle::BoundingSet
    } else if identity::no_new_privileges() {
        Obstacle::NoNewPrivileges
    } else {
        Obstacle::Unknown
    })
}

/// Reads the `vfs_cap_data` of the kernel: a magic word, then permitted and inheritable bits, little-endian.
fn permits_low_ports(attribute: &[u8]) -> bool {
    const CAP_NET_BIND_SERVICE: u32 = 10;
    let permitted = attribute
        .get(4..8)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_le_bytes);
    permitted.is_some_and(|bits| bits & (1 << CAP_NET_BIND_SERVICE) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permitted_bit_10_is_the_one_for_low_ports() {
        let plus_ep = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert!(permits_low_ports(&plus_ep));
        let mut net_raw = plus_ep;
        net_raw[5] = 0x20;
        assert!(!permits_low_ports(&net_raw));
        assert!(
            !permits_low_ports(&plus_ep[..6]),
            "a torn attribute permits nothing"
        );
    }

    #[test]
    fn a_program_without_file_capabilities_has_no_obstacle() {
        assert_eq!(obstacle(Path::new("/proc/self/exe")), None);
    }
}
