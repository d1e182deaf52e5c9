//! The two programs: ours built as it stands now, upstream's from the cache of `conformance/peers`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Builds `etcd` into the folder of our own, so that no stale one is judged, and returns its path.
pub(crate) fn ours() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_conformance-etcd"))
        .parent()
        .expect("a program lies in a folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--package", "etcd", "--target-dir"])
        .arg(folder.parent().expect("the target folder is above it"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo runs us, so it can be run");
    assert!(status.success(), "cargo build --package etcd");
    folder.join("etcd")
}

/// Returns upstream's program when it was built.
#[expect(
    clippy::disallowed_methods,
    reason = "a test finds the cache as make does"
)]
pub(crate) fn upstream() -> Option<PathBuf> {
    let cache = std::env::var_os("PEER_CACHE").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/casemate-peers"));
    let program = cache.or_else(home)?.join("etcd/peer/etcd");
    program.exists().then_some(program)
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn skip(reason: &str) {
    eprintln!("SKIPPED: {reason}");
}
