//! Where the process runs, and whether that is a place its certificate names.

use std::fs;

use serde_json::{Value, json};

/// Operating system, kernel, processor, machine, and whether all of it is on the certificate of the fips module.
pub(super) fn describe() -> Value {
    let os = read("/etc/os-release").and_then(|text| os_name(&text));
    let kernel = read("/proc/sys/kernel/osrelease");
    let cpu = read("/proc/cpuinfo").and_then(|text| cpu_name(&text));
    let cpu = cpu.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let machine = read("/sys/class/dmi/id/product_name");
    let place = Place {
        os: os.as_deref().unwrap_or_default(),
        kernel: kernel.as_deref().unwrap_or_default(),
        cpu: &cpu,
        machine: machine.as_deref().unwrap_or_default(),
    };
    let on_certificate = cfg!(feature = "fips") && place.is_on_certificate();
    json!({ "os": os, "kernel": kernel, "cpu": cpu, "machine": machine, "on_certificate": on_certificate })
}

/// Whether the kernel runs in FIPS mode; `None` on kernels that do not say.
pub(super) fn kernel_fips() -> Option<bool> {
    read("/proc/sys/crypto/fips_enabled").map(|text| text == "1")
}

/// What decides about the certificate.
struct Place<'a> {
    os: &'a str,
    kernel: &'a str,
    cpu: &'a str,
    machine: &'a str,
}

/// Processor and machine of the tested environments, each with Amazon Linux 2023 without a hypervisor. Source: security
/// policy of #5314, tested operational environments; there are no vendor-affirmed ones.
const TESTED: [(&str, &str); 2] = [
    ("Platinum 8375C", "c6i.metal"),
    (GRAVITON_4, "r8g.metal-24xl"),
];

/// Graviton4 is Arm's core of this number; it has no name in `/proc/cpuinfo`.
const GRAVITON_4: &str = "Arm 0x41/0xd4f";

impl Place<'_> {
    /// An image of Amazon Linux on another host is a port, and so is that host under another image: both must be it.
    fn is_on_certificate(&self) -> bool {
        let is_system =
            self.os.starts_with("Amazon Linux 2023") && self.kernel.contains(".amzn2023.");
        let tested =
            |(cpu, machine): &(&str, &str)| self.cpu.contains(cpu) && self.machine == *machine;
        is_system && TESTED.iter().any(tested)
    }
}

/// A small file of the system, without the line end; `None` when it is not there or empty.
fn read(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn os_name(os_release: &str) -> Option<String> {
    let value = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches('"').to_owned())
}

/// The name of the first processor, or on Arm the numbers of its implementer and part.
fn cpu_name(cpu_info: &str) -> Option<String> {
    let value = |key: &str| {
        let line = cpu_info.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim())
    };
    let arm = || {
        Some(format!(
            "Arm {}/{}",
            value("CPU implementer")?,
            value("CPU part")?
        ))
    };
    value("model name").map(str::to_owned).or_else(arm)
}

#[cfg(test)]
mod tests {
    use super::{Place, cpu_name, os_name};

    #[test]
    fn names_are_found_in_the_files_of_the_system() {
        let os = os_name("ID=debian\nPRETTY_NAME=\"Debian 12\"\n");
        assert_eq!(os.unwrap(), "Debian 12");
        let intel = cpu_name("processor : 0\nmodel name\t: Some CPU\n");
        assert_eq!(intel.unwrap(), "Some CPU");
        let arm = cpu_name(
            "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x0\nCPU part\t: 0xd4f\n",
        );
        assert_eq!(arm.unwrap(), super::GRAVITON_4);
        assert_eq!(cpu_name(""), None);
    }

    const INTEL: Place<'static> = Place {
        os: "Amazon Linux 2023.6.20250101",
        kernel: "6.1.119-129.201.amzn2023.x86_64",
        cpu: "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
        machine: "c6i.metal",
    };

    #[test]
    fn the_tested_environments_are_on_the_certificate() {
        assert!(INTEL.is_on_certificate());
        let graviton = Place {
            kernel: "6.1.119-129.201.amzn2023.aarch64",
            cpu: super::GRAVITON_4,
            machine: "r8g.metal-24xl",
            ..INTEL
        };
        assert!(graviton.is_on_certificate());
    }

    #[test]
    fn anything_else_is_a_port() {
        let others = [
            Place {
                os: "Debian GNU/Linux 12",
                ..INTEL
            },
            Place { os: "", ..INTEL },
            Place {
                kernel: "6.8.0-45-generic",
                ..INTEL
            },
            Place {
                cpu: "AMD EPYC",
                ..INTEL
            },
            Place {
                machine: "c6i.large",
                ..INTEL
            }, // a virtual machine
            Place {
                machine: "r8g.metal-24xl",
                ..INTEL
            },
            Place {
                machine: "",
                ..INTEL
            },
        ];
        for (index, place) in others.iter().enumerate() {
            assert!(!place.is_on_certificate(), "row {index}");
        }
    }
}
