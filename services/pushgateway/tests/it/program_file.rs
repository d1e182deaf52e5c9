//! The program file seen from outside: its audit and its own report agree, and a file that was tampered with opens no
//! socket. Runs under the provider the tests are built with.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crypto_audit::{
    Evidence, Provider, evidence, judge,
    rules::{PRIMITIVES, TOLERATED},
    verdict::Symbols,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::gateway::{Gateway, PROGRAM};

/// The provider of this build, as the audit calls it.
fn provider() -> Provider {
    match crypto::provider() {
        crypto::Provider::Ring => Provider::Ring,
        crypto::Provider::AwsLc => Provider::AwsLc,
        crypto::Provider::AwsLcFips => Provider::Fips,
    }
}

fn evidence() -> Evidence {
    evidence::gather(&fs::read(PROGRAM).unwrap()).unwrap()
}

/// What the running program says about itself.
fn report() -> Value {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--web.listen-address=127.0.0.1:0")
        .env("CRYPTO_REPORT", "stderr");
    let (_, log) = Gateway::start_as(command).stop();
    let line = log.iter().find(|line| line.starts_with('{'));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no report: {log:?}"))).unwrap()
}

#[test]
fn the_audit_of_the_program_file_agrees_with_the_report_of_the_program() {
    let (evidence, report) = (evidence(), report());
    assert_eq!(judge(&evidence, Some(provider()), Symbols::Needed), []);
    let claim = evidence.claims[0].whole.as_object().unwrap();
    assert!(claim.len() >= 6, "{claim:?}");
    for (field, claimed) in claim.iter().filter(|(field, _)| *field != "format") {
        assert_eq!(&report[field], claimed, "{field}");
    }
    assert_eq!(report["self_test"]["linked_crates"], true);
    let is_crypto =
        |name: &str| TOLERATED.iter().any(|(each, _)| *each == name) || PRIMITIVES.contains(&name);
    let listed = evidence.lists[0]
        .iter()
        .filter(|each| is_crypto(&each.name));
    let listed: Vec<_> = listed
        .map(|each| format!("{} {}", each.name, each.version))
        .collect();
    assert_eq!(report["other_crypto"], Value::from(listed));
}

#[test]
fn the_program_is_refused_as_one_of_another_provider() {
    for other in Provider::ALL
        .into_iter()
        .filter(|other| *other != provider())
    {
        let found = judge(&evidence(), Some(other), Symbols::Needed);
        let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert!(
            texts.contains(&format!("expected {other}, the report says {}", provider())),
            "{texts:?}"
        );
        assert!(
            texts.contains(&format!("no symbols of {other}")),
            "{texts:?}"
        );
        let foreign = format!("symbols of another crypto library: {}", provider());
        assert!(
            texts.iter().any(|text| text.ends_with(&foreign)),
            "{texts:?}"
        );
    }
}

#[test]
fn a_program_that_links_a_forbidden_crate_ends_with_78_before_any_socket() {
    let folder = TempDir::new().unwrap();
    // The same length, and forbidden beside every provider.
    let tampered = tampered(folder.path(), |bytes| {
        replace(bytes, b"\nitoa ", b"\nmd-5 ")
    });
    let (output, opened_socket) = watched(&tampered);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{log}");
    assert!(
        log.contains("crypto policy POL-011") && log.contains("linking md-5 "),
        "{log}"
    );
    assert!(!opened_socket);
    let found = judge(
        &evidence::gather(&fs::read(&tampered).unwrap()).unwrap(),
        None,
        Symbols::Needed,
    );
    assert!(
        found
            .iter()
            .any(|each| each.to_string().starts_with("links md-5 ")),
        "{found:?}"
    );
}

/// What makes the tests above and below mean something.
#[test]
fn the_program_as_it_was_built_opens_a_socket_under_the_same_watch() {
    let folder = TempDir::new().unwrap();
    let (output, opened_socket) = watched(&tampered(folder.path(), |_| ()));
    assert!(opened_socket, "{output:?}");
}

#[cfg(feature = "fips")]
mod fips {
    use std::collections::BTreeSet;
    use std::os::unix::process::ExitStatusExt as _;

    use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

    use super::*;

    /// Where the code of the module begins in the file.
    fn module_code(bytes: &[u8]) -> usize {
        let file = object::File::parse(bytes).unwrap();
        let symbol = file
            .symbols()
            .find(|symbol| symbol.name() == Ok("BORINGSSL_bcm_text_start"));
        let address = symbol.unwrap().address();
        let holds = |start: u64, size: u64| (start..start + size).contains(&address);
        let section = file
            .sections()
            .find(|section| holds(section.address(), section.size()))
            .unwrap();
        usize::try_from(section.file_range().unwrap().0 + (address - section.address())).unwrap()
    }

    #[test]
    fn one_flipped_byte_of_the_modules_code_ends_the_program_by_sigabrt_before_any_socket() {
        let folder = TempDir::new().unwrap();
        let tampered = tampered(folder.path(), |bytes| {
            let at = module_code(bytes) + 4096;
            bytes[at] ^= 1;
        });
        let (output, opened_socket) = watched(&tampered);
        assert_eq!(output.status.signal(), Some(6), "{output:?}");
        assert!(!opened_socket);
    }

    #[test]
    fn a_module_that_calls_itself_otherwise_is_a_damaged_one() {
        let folder = TempDir::new().unwrap();
        let tampered = tampered(folder.path(), |bytes| {
            replace(bytes, b"AWS-LC FIPS 3.1.0\0", b"AWS-LC FIPS 3.2.0\0");
        });
        let (output, opened_socket) = watched(&tampered);
        assert_eq!(output.status.signal(), Some(6), "{output:?}");
        assert!(!opened_socket);
    }

    /// Names of variables that somebody might think switch FIPS off, beside all that stand in the program file.
    const VARIABLES: [&str; 10] = [
        "AWS_LC_FIPS",
        "BORINGSSL_FIPS_BREAK_TEST",
        "FIPS_MODE",
        "GODEBUG",
        "GOFIPS",
        "OPENSSL_CONF",
        "OPENSSL_FIPS",
        "OPENSSL_FORCE_FIPS_MODE",
        "OPENSSL_MODULES",
        "OPENSSL_armcap",
    ];

    /// Beginnings of the names in the program file that may be variables of a crypto library.
    const BEGINNINGS: [&str; 7] = [
        "AWS_LC_",
        "AWSLC_",
        "BORINGSSL_",
        "CRYPTO_",
        "FIPS_",
        "GODEBUG",
        "OPENSSL_",
    ];

    /// The settings of this kit, each tried by itself because a wrong value ends the program.
    const SETTINGS: [&str; 3] = ["CRYPTO_FIPS_POLICY", "CRYPTO_REQUIRE_FIPS", "CRYPTO_PQ"];

    fn variables() -> BTreeSet<String> {
        let bytes = fs::read(PROGRAM).unwrap();
        let words = bytes.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        let words = words.filter_map(|word| std::str::from_utf8(word).ok());
        let is_variable =
            |word: &&str| word.len() < 64 && BEGINNINGS.iter().any(|start| word.starts_with(start));
        let found: BTreeSet<_> = words
            .filter(is_variable)
            .chain(VARIABLES)
            .map(str::to_owned)
            .collect();
        assert!(
            found.contains("OPENSSL_ia32cap"),
            "the one variable that the module reads on this processor"
        );
        let ours: BTreeSet<_> = SETTINGS
            .into_iter()
            .chain(["CRYPTO_REPORT"])
            .map(str::to_owned)
            .collect();
        &found - &ours
    }

    /// What the running program says with these variables; `None` when it refuses to start.
    fn report_with(variables: &[(&str, &str)]) -> Option<Value> {
        let holder = Gateway::start(&[]);
        let output = Command::new(PROGRAM)
            .arg(format!("--web.listen-address={}", holder.address))
            .envs(variables.iter().copied())
            .env("CRYPTO_REPORT", "stderr")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let line = text.lines().find(|line| line.starts_with('{'));
        assert_eq!(line.is_none(), output.status.code() == Some(78), "{text}");
        line.map(|line| serde_json::from_str(line).unwrap())
    }

    #[test]
    fn the_strict_policy_offers_less_and_says_so() {
        let usual = report_with(&[]).unwrap();
        let strict = report_with(&[("CRYPTO_FIPS_POLICY", "strict")]).unwrap();
        assert_eq!(strict["mode"], "fips-strict");
        assert!(usual["tls"]["schemes"].to_string().contains("ed25519"));
        assert!(!strict["tls"]["schemes"].to_string().contains("ed25519"));
        assert_eq!(strict["module"], usual["module"]);
    }

    #[test]
    fn nothing_in_the_environment_switches_fips_off() {
        let usual = report_with(&[]).unwrap();
        assert_eq!(usual["mode"], "fips");
        let variables = variables();
        for value in ["", "0", "off", "fips140=off", "~0"] {
            let all: Vec<_> = variables
                .iter()
                .map(|name| (name.as_str(), value))
                .collect();
            assert_eq!(
                report_with(&all),
                Some(usual.clone()),
                "all variables are {value:?}"
            );
        }
        for (name, value) in SETTINGS
            .iter()
            .flat_map(|name| ["", "0", "off", "standard"].map(|value| (name, value)))
        {
            let Some(report) = report_with(&[(name, value)]) else {
                continue; // refused to start
            };
            for field in [
                "provider",
                "mode",
                "module",
                "self_test",
                "non_approved_in_use",
            ] {
                assert_eq!(report[field], usual[field], "{name}={value}: {field}");
            }
            let groups = report["tls"]["groups"].to_string();
            assert!(!groups.contains("\"x25519\""), "{name}={value}: {groups}");
        }
    }

    #[test]
    fn a_module_of_another_version_than_the_file_claims_ends_the_program_with_78_before_any_socket()
    {
        let folder = TempDir::new().unwrap();
        let tampered = tampered(folder.path(), |bytes| {
            replace(bytes, b"\"AWS-LC FIPS 3.1.0\"", b"\"AWS-LC FIPS 3.2.0\"");
        });
        let (output, opened_socket) = watched(&tampered);
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{log}");
        assert!(log.contains("POL-012 (fips): module version"), "{log}");
        assert!(!opened_socket);
    }
}

/// A copy of the program with some bytes changed.
fn tampered(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(PROGRAM).unwrap();
    change(&mut bytes);
    let copy = folder.join("pushgateway");
    fs::write(&copy, bytes).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    copy
}

/// Replaces the one place that holds `old`.
#[track_caller]
fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let at: Vec<_> = (0..bytes.len() - old.len())
        .filter(|at| bytes[*at..].starts_with(old))
        .collect();
    assert_eq!(
        (at.len(), old.len()),
        (1, new.len()),
        "{}",
        String::from_utf8_lossy(old)
    );
    bytes[at[0]..at[0] + new.len()].copy_from_slice(new);
}

/// Runs a program until it ends, with an address that is taken, and says whether it opened a socket.
fn watched(program: &Path) -> (Output, bool) {
    let holder = Gateway::start(&[]);
    let trace = program.with_extension("trace");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=network", "-o"])
        .arg(&trace)
        .arg(program)
        .arg(format!("--web.listen-address={}", holder.address))
        .env_clear()
        .output()
        .expect("scripts/setup.sh test installs strace");
    let trace = fs::read_to_string(trace).unwrap();
    (output, trace.contains("AF_INET"))
}
