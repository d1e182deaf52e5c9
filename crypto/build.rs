//! Writes the static report: what is known about the crypto module before the program runs.
//!
//! The same text goes into the ELF note (`sys.rs`) and into the report at run time (`report.rs`), so the two cannot
//! disagree. Also the part of gate 1 a `compile_error!` cannot see: no sanitizer around the FIPS module.
#![expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to build scripts through the environment"
)]

use std::{env, fs, path::PathBuf, process::Command};

#[path = "build/sha256.rs"]
mod sha256;

fn main() {
    let fips = env::var_os("CARGO_FEATURE_FIPS").is_some();
    if fips {
        refuse_altered_modules();
    }
    let lock_path = lock_file();
    let lock = fs::read_to_string(&lock_path).expect("Cargo.lock is readable");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build/sha256.rs");
    println!("cargo:rerun-if-env-changed={JITTER}");

    let (feature, provider, krate) = if fips {
        ("fips", "aws-lc-fips", "aws-lc-rs")
    } else if env::var_os("CARGO_FEATURE_AWS_LC").is_some() {
        ("aws-lc", "aws-lc", "aws-lc-rs")
    } else {
        ("ring", "ring", "ring")
    };
    let text = format!(
        concat!(
            r#"{{"format":1,"provider":"{provider}","provider_version":"{version}","module":{module},"#,
            r#""entropy":"{entropy}","build":{{"target":"{target}","rustc":"{rustc}","features":["{feature}"],"#,
            r#""lock_hash":"sha256:{lock_hash}"}}}}"#
        ),
        provider = provider,
        version = locked_version(&lock, krate),
        module = module(feature, &lock),
        entropy = entropy(fips),
        target = env::var("TARGET").expect("cargo sets TARGET"),
        rustc = rustc_version(),
        feature = feature,
        lock_hash = sha256::hex(lock.as_bytes()),
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("static_report.json"), text).expect("OUT_DIR is writable");
}

/// The module's entry; facts from its certificate and the crates that carry it (specification of the layer, section 2).
fn module(feature: &str, lock: &str) -> String {
    if feature != "fips" {
        let krate = if feature == "ring" {
            "ring"
        } else {
            "aws-lc-sys"
        };
        return format!(
            concat!(
                r#"{{"name":"{krate}","version":"{version}","package":"pkg:cargo/{krate}@{version}","#,
                r#""linkage":"static","status":"none","certificate":null,"certificate_url":null,"source_commit":null}}"#
            ),
            krate = krate,
            version = locked_version(lock, krate),
        );
    }
    let carrier = locked_version(lock, "aws-lc-fips-sys");
    // Only this pair is on a certificate; the manifest pins it. Another one must be looked up before it is added.
    assert_eq!(
        carrier, "0.13.11",
        "aws-lc-fips-sys {carrier} does not carry the validated module"
    );
    concat!(
        r##"{"name":"AWS-LC 3 Cryptographic Module","version":"AWS-LC FIPS 3.1.0","##,
        r##""package":"pkg:cargo/aws-lc-fips-sys@0.13.11","linkage":"static","##,
        r##""status":"validated","certificate":"#5314","certificate_url":"##,
        r##""https://csrc.nist.gov/projects/cryptographic-module-validation-program/certificate/5314","##,
        r##""source_commit":"ae0cd62"}"##
    )
    .to_owned()
}

/// Where the module's generator gets its seed.
fn entropy(fips: bool) -> &'static str {
    match (fips, env::var(JITTER).as_deref()) {
        (true, Ok("1")) => "cpu-jitter",
        (true, _) => "passive, from the operating system",
        (false, _) => "operating system",
    }
}

fn refuse_altered_modules() {
    for name in ["AWS_LC_FIPS_SYS_NO_ASM", "AWS_LC_FIPS_SYS_SANITIZER"] {
        println!("cargo:rerun-if-env-changed={name}");
        let value = env::var(name).unwrap_or_default();
        assert!(
            value.is_empty() || value == "0",
            "{name}={value} builds another module than the validated one"
        );
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    assert!(
        !flags.contains("sanitizer="),
        "sanitizers turn the module's integrity test off"
    );
}

/// The lock file of the workspace this crate is built in.
fn lock_file() -> PathBuf {
    let start =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let found = start
        .ancestors()
        .enumerate()
        .find(|(_, folder)| folder.join("Cargo.lock").is_file());
    let (above, folder) = found.expect("the workspace has a Cargo.lock");
    // Relative, so that two checkouts that share a target folder each look at their own.
    println!("cargo:rerun-if-changed={}Cargo.lock", "../".repeat(above));
    folder.join("Cargo.lock")
}

/// The version of `name` in the lock file.
fn locked_version(lock: &str, name: &str) -> String {
    let entry = lock
        .split("[[package]]")
        .find(|entry| entry.contains(&format!("\nname = \"{name}\"\n")));
    let line = entry.and_then(|entry| {
        entry
            .lines()
            .find_map(|line| line.strip_prefix("version = "))
    });
    line.unwrap_or_else(|| panic!("{name} is in Cargo.lock"))
        .trim_matches('"')
        .to_owned()
}

fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

const JITTER: &str = "AWS_LC_FIPS_SYS_CPU_JITTER_ENTROPY";
