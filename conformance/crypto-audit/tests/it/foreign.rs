//! Programs of others, as they lie on the machine: what they carry is named, and none passes for a program of the kit.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Audits the file; it must be refused as foreign.
#[track_caller]
fn refused(path: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_crypto-audit"))
        .args(["--json", "--stripped", "--expect", "fips"])
        .arg(path)
        .output()
        .expect("the program is built beside its tests");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["report"], Value::Null);
    assert_eq!(
        found["mismatches"]
            .to_string()
            .matches("no static report")
            .count(),
        1,
        "{found}"
    );
    found
}

#[test]
fn openssl_is_known_by_the_libraries_it_wants() {
    let found = refused(Path::new("/usr/bin/openssl"));
    let libraries = found["crypto_libraries"].to_string();
    assert!(
        libraries.contains("libcrypto.so") && libraries.contains("libssl.so"),
        "{found}"
    );
    assert!(
        found["families"]["unprefixed"]["symbols"]
            .as_u64()
            .is_some_and(|count| count > 100),
        "{found}"
    );
    assert!(found["marks"].to_string().contains("OpenSSL"), "{found}");
}

#[test]
fn a_program_without_crypto_is_refused_and_carries_none() {
    let found = refused(Path::new("/bin/sh"));
    assert_eq!(
        found["crypto_libraries"].as_array().map(Vec::len),
        Some(0),
        "{found}"
    );
    assert_eq!(
        found["families"].as_object().map(serde_json::Map::len),
        Some(0),
        "{found}"
    );
}

/// Go marks its programs, stripped or not.
#[test]
fn a_go_program_is_known_by_its_crypto_stripped_or_not() {
    if Command::new("go").arg("version").output().is_err() {
        eprintln!("not run: no Go here (scripts/setup.sh fips installs it)");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = "package main\nimport (\"crypto/tls\"; \"fmt\")\nfunc main() { c, e := tls.Dial(\"tcp\", \"\", nil); fmt.Println(c, e) }\n";
    let main = folder.path().join("main.go");
    std::fs::write(&main, source).expect("room for a small file");
    for (name, flags) in [("whole", ""), ("stripped", "-s -w")] {
        let program = folder.path().join(name);
        let built = Command::new("go")
            .args(["build", "-ldflags", flags, "-o"])
            .arg(&program)
            .arg(&main)
            .env("CGO_ENABLED", "0")
            .current_dir(&folder)
            .output()
            .expect("go starts");
        assert!(built.status.success(), "{built:?}");
        let found = refused(&program);
        assert_eq!(found["is_stripped"], name == "stripped", "{found}");
        assert_eq!(
            found["families"]["go"].is_null(),
            name == "stripped",
            "{found}"
        );
        assert!(found["marks"].to_string().contains("Go crypto"), "{found}");
    }
}
