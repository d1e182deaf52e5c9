//! Where the module runs, and whether that is a place its certificate names.

use std::fs;

use serde_json::{Value, json};

/// Operating system, processor, and whether the pair is on the certificate of the fips module.
pub(super) fn describe() -> Value {
    let os = fs::read_to_string("/etc/os-release")
        .ok()
        .and_then(|text| os_name(&text));
    let os = os.unwrap_or_else(|| std::env::consts::OS.to_owned());
    let cpu = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| cpu_name(&text));
    let cpu = cpu.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    json!({ "os": os, "cpu": cpu, "on_certificate": cfg!(feature = "fips") && is_on_certificate(&os, &cpu) })
}

/// Whether the kernel runs in FIPS mode; `None` on kernels that do not say.
pub(super) fn kernel_fips() -> Option<bool> {
    let text = fs::read_to_string("/proc/sys/crypto/fips_enabled").ok()?;
    Some(text.trim() == "1")
}

/// Tested environments of #5314 and #5298; everything else is a port.
fn is_on_certificate(os: &str, cpu: &str) -> bool {
    os.starts_with("Amazon Linux 2023")
        && (cpu.contains("Platinum 8375C") || cpu.contains("Graviton4"))
}

fn os_name(os_release: &str) -> Option<String> {
    let value = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches('"').to_owned())
}

fn cpu_name(cpu_info: &str) -> Option<String> {
    let line = cpu_info
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{cpu_name, is_on_certificate, os_name};

    #[test]
    fn names_are_found_in_the_files_of_the_system() {
        assert_eq!(
            os_name("ID=debian\nPRETTY_NAME=\"Debian 12\"\n").unwrap(),
            "Debian 12"
        );
        assert_eq!(
            cpu_name("processor : 0\nmodel name\t: Some CPU\n").unwrap(),
            "Some CPU"
        );
        assert_eq!(cpu_name(""), None);
    }

    #[test]
    fn only_the_tested_pairs_are_on_the_certificate() {
        assert!(is_on_certificate(
            "Amazon Linux 2023.6",
            "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz"
        ));
        assert!(!is_on_certificate(
            "Debian GNU/Linux 12",
            "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz"
        ));
        assert!(!is_on_certificate("Amazon Linux 2023", "AMD EPYC"));
    }
}
