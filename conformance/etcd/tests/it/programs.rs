//! The program of this tree.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Builds `etcd` into the folder of our own, so that no stale one is judged, and returns its path.
pub(crate) fn ours() -> PathBuf {
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
