//! Gives the crate the facts of the build: toolchain, platform, and the revision of the source.
//!
//! Each fact can be set from outside (`CASEMATE_REVISION`, `CASEMATE_BRANCH`, `CASEMATE_BUILD_USER`,
//! `CASEMATE_BUILD_DATE`), which builds from an archive need. Without them release builds ask git; debug builds do not,
//! because every commit would then build everything anew. Nothing depends on the clock or the machine: the date is the
//! commit's.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=CASEMATE_TOOLCHAIN={}", toolchain());
    println!("cargo::rustc-env=CASEMATE_PLATFORM={}", platform());
    let git = Git::new(variable("PROFILE").as_deref() == Some("release"));
    fact(
        "CASEMATE_REVISION",
        || git.line(&["rev-parse", "HEAD"]),
        "unknown",
    );
    fact(
        "CASEMATE_BRANCH",
        || git.line(&["branch", "--show-current"]),
        "",
    );
    fact(
        "CASEMATE_BUILD_DATE",
        || {
            git.line(&[
                "log",
                "-1",
                "--format=%cd",
                "--date=format-local:%Y%m%d-%H:%M:%S",
            ])
        },
        "",
    );
    fact("CASEMATE_BUILD_USER", || None, "");
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts through the environment"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Sets a fact from the variable of its name, else from its source, else to `unknown`.
fn fact(name: &str, source: impl FnOnce() -> Option<String>, unknown: &str) {
    println!("cargo::rerun-if-env-changed={name}");
    let value = variable(name)
        .or_else(source)
        .unwrap_or_else(|| unknown.to_owned());
    println!("cargo::rustc-env={name}={value}");
}

/// The repository the source lies in, if it is to be asked.
struct Git {
    asked: bool,
}

impl Git {
    fn new(asked: bool) -> Self {
        let git = Self { asked };
        if let Some(directory) = git.line(&["rev-parse", "--absolute-git-dir"]) {
            println!("cargo::rerun-if-changed={directory}/logs/HEAD");
            println!("cargo::rerun-if-changed={directory}/HEAD");
        }
        git
    }

    fn line(&self, words: &[&str]) -> Option<String> {
        if !self.asked {
            return None;
        }
        let output = Command::new("git")
            .args(words)
            .env("TZ", "UTC")
            .output()
            .ok()?;
        let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !line.is_empty()).then_some(line)
    }
}

/// Returns the compiler as `rustc-1.95.0`.
fn toolchain() -> String {
    let rustc = variable("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("the compiler that builds this runs");
    let text = String::from_utf8(output.stdout).expect("rustc prints text");
    let version = text
        .split_whitespace()
        .nth(1)
        .expect("rustc prints `rustc <version> (<commit>)`");
    format!("rustc-{version}")
}

/// Returns operating system and processor in Go's words, as `linux/amd64`.
fn platform() -> String {
    let system = variable("CARGO_CFG_TARGET_OS").expect("cargo sets the target");
    let processor = variable("CARGO_CFG_TARGET_ARCH").expect("cargo sets the target");
    let processor = match processor.as_str() {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    };
    format!("{system}/{processor}")
}
