use std::fs;

use serde_json::Value;

use super::{Report, STATIC, declare_non_approved, declare_other_crypto};
use crate::{digest, self_test, settings::Settings, sys};

fn report() -> Report {
    Report::new(Settings::default(), self_test::run())
}

#[test]
fn the_note_in_the_program_file_is_the_static_report() {
    assert_eq!(sys::static_report(), STATIC);
    let known: Value = serde_json::from_str(STATIC).unwrap();
    assert_eq!(known["provider"], crate::provider().name());
}

#[test]
fn the_lock_hash_is_the_sha256_of_the_lock_file() {
    let known: Value = serde_json::from_str(STATIC).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = folder
        .ancestors()
        .map(|above| above.join("Cargo.lock"))
        .find(|path| path.is_file())
        .unwrap();
    let hash = digest::hex(&digest::sha256(&fs::read(lock).unwrap()));
    assert_eq!(known["build"]["lock_hash"], format!("sha256:{hash}"));
}

#[test]
fn the_log_line_names_provider_mode_module_certificate_and_self_test() {
    let line = report().log_line();
    let expected = match crate::provider().name() {
        "ring" => r#"crypto provider=ring mode=standard module="0.17."#,
        "aws-lc" => r#"crypto provider=aws-lc mode=standard module="0."#,
        _ => {
            "crypto provider=aws-lc-fips mode=fips module=\"AWS-LC FIPS 3.1.0\" certificate=#5314 self_test=ok"
        }
    };
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn the_report_has_every_field() {
    declare_non_approved("md5-identifier");
    declare_other_crypto("sha2 (applet)");
    let report: Value = serde_json::from_str(&report().to_json()).unwrap();
    let fields: Vec<_> = report
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = [
        "provider",
        "provider_version",
        "mode",
        "module",
        "environment",
        "self_test",
        "kernel_fips",
        "entropy",
        "tls",
        "non_approved_in_use",
        "other_crypto",
        "build",
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert!(
        report["non_approved_in_use"]
            .as_array()
            .unwrap()
            .contains(&"md5-identifier".into())
    );
    assert_eq!(report["other_crypto"][0], "sha2 (applet)");
    assert_eq!(report["build"]["features"].as_array().unwrap().len(), 1);
}

#[cfg(feature = "fips")]
#[test]
fn a_fips_build_reports_the_validated_module() {
    let report: Value = serde_json::from_str(&report().to_json()).unwrap();
    assert_eq!(report["module"]["version"], "AWS-LC FIPS 3.1.0");
    assert_eq!(report["module"]["version"], sys::module::version());
    assert_eq!(report["module"]["status"], "validated");
    assert_eq!(report["module"]["certificate"], "#5314");
    assert_eq!(report["self_test"]["integrity"], true);
    assert_eq!(report["self_test"]["kats"], true);
    assert_eq!(report["tls"]["ems_required"], true);
    let groups = report["tls"]["groups"].to_string();
    assert!(!groups.contains("\"x25519\""), "{groups}");
    assert!(!report["tls"]["suites"].to_string().contains("CHACHA"));
}
