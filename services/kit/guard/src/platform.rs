//! Which runtime the process lives in, so that the fix that can be applied comes first.

use std::{fs, path::Path};

use serde::Serialize;

/// The runtime around the process, as far as it shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// A pod.
    Kubernetes,
    /// A Podman container.
    Podman,
    /// A Docker container.
    Docker,
    /// A unit of systemd on a host.
    Systemd,
    /// None of these shows.
    #[default]
    Bare,
}

impl Platform {
    /// Returns whether this is a container of any kind.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Kubernetes | Self::Podman | Self::Docker)
    }
}

/// What the platform is recognised by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signs {
    /// `/.dockerenv` exists.
    pub(crate) dockerenv: bool,
    /// `/run/.containerenv` exists.
    pub(crate) containerenv: bool,
    /// `KUBERNETES_SERVICE_HOST` is set.
    pub(crate) kubernetes: bool,
    /// `INVOCATION_ID` is set.
    pub(crate) invocation: bool,
    /// The text of `/proc/self/cgroup`.
    pub(crate) cgroup: String,
}

impl Signs {
    pub(crate) fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            dockerenv: Path::new("/.dockerenv").exists(),
            containerenv: Path::new("/run/.containerenv").exists(),
            kubernetes: lookup("KUBERNETES_SERVICE_HOST").is_some(),
            invocation: lookup("INVOCATION_ID").is_some(),
            cgroup: fs::read_to_string("/proc/self/cgroup").unwrap_or_default(),
        }
    }
}

/// Decides from the signs; the more specific one wins, because a pod's container may also look like a Docker one.
pub(crate) fn detect(signs: &Signs) -> Platform {
    let in_cgroup = |word: &str| signs.cgroup.contains(word);
    if signs.kubernetes || in_cgroup("kubepods") {
        Platform::Kubernetes
    } else if signs.containerenv || in_cgroup("libpod-") {
        Platform::Podman
    } else if signs.dockerenv || in_cgroup("/docker/") || in_cgroup("docker-") {
        Platform::Docker
    } else if signs.invocation {
        Platform::Systemd
    } else {
        Platform::Bare
    }
}

#[cfg(test)]
mod tests {
    use super::{Platform::*, *};

    #[track_caller]
    fn check(signs: &Signs, expected: Platform) {
        assert_eq!(detect(signs), expected, "{signs:?}");
    }

    #[test]
    fn each_sign_names_its_platform() {
        check(&Signs::default(), Bare);
        check(
            &Signs {
                invocation: true,
                ..Signs::default()
            },
            Systemd,
        );
        check(
            &Signs {
                dockerenv: true,
                ..Signs::default()
            },
            Docker,
        );
        check(
            &Signs {
                containerenv: true,
                ..Signs::default()
            },
            Podman,
        );
        check(
            &Signs {
                kubernetes: true,
                ..Signs::default()
            },
            Kubernetes,
        );
    }

    #[test]
    fn cgroup_paths_name_the_platform_when_files_do_not() {
        let of = |cgroup: &str| Signs {
            cgroup: cgroup.to_owned(),
            ..Signs::default()
        };
        check(
            &of("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-abc.scope"),
            Kubernetes,
        );
        check(&of("12:pids:/docker/3f1c"), Docker);
        check(&of("0::/system.slice/docker-3f1c.scope"), Docker);
        check(&of("0::/machine.slice/libpod-77aa.scope"), Podman);
        check(&of("0::/system.slice/pushgateway.service"), Bare);
    }

    #[test]
    fn a_pod_on_docker_is_a_pod_and_a_container_started_by_a_unit_is_a_container() {
        check(
            &Signs {
                dockerenv: true,
                kubernetes: true,
                invocation: true,
                ..Signs::default()
            },
            Kubernetes,
        );
        check(
            &Signs {
                containerenv: true,
                invocation: true,
                ..Signs::default()
            },
            Podman,
        );
    }
}
