//! The list of crates a program links, for its build script.
//!
//! No compiler and no build script sees what will be linked, so [`write()`] asks the one who decides: `cargo tree`, for the
//! package and the features being built, without network and with the lock file as it is. That takes a fraction of a
//! second and no lock of the build. `crypto::linked_crates!()` in `main.rs` embeds the answer.
//!
//! The whole workspace cannot be asked: a build of one program alone, without network, lacks the crates of the others. So
//! the list does not know what cargo adds when it builds several programs in one command and switches on, in a crate they
//! share, what another one wants. `crypto-audit` looks at the code in the program as well, and finds cryptography that the
//! list does not name.
#![expect(
    clippy::print_stdout,
    reason = "build scripts speak to cargo through standard output"
)]

use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

mod listing;

/// Writes `OUT_DIR/linked_crates.rs`, a string literal: one line for each crate, its name and version, and the name of
/// its library where that is another.
///
/// When cargo cannot say, the file holds the reason as a `compile_error!`, which stops the program. Its library, linked
/// into fuzz targets or benches of another workspace, needs no list and builds all the same.
///
/// # Panics
/// When it is not called by a build script, or `OUT_DIR` cannot be written.
pub fn write() {
    println!("cargo::rerun-if-changed=build.rs");
    let literal = match list() {
        Ok(text) => format!("{text:?}"),
        Err(error) => format!(
            "compile_error!({:?})",
            format!("crates of this program: {error}")
        ),
    };
    let path = PathBuf::from(variable("OUT_DIR")).join("linked_crates.rs");
    fs::write(path, literal).expect("OUT_DIR is writable");
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
enum ListError {
    #[error("run cargo tree: {0}")]
    Start(io::Error),
    #[error("cargo tree: {0}")]
    Refused(String),
    #[error("no Cargo.lock above {}", .0.display())]
    NoLock(PathBuf),
}

fn list() -> Result<String, ListError> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let mut folders = package.ancestors().enumerate();
    let Some((above, root)) = folders.find(|(_, folder)| folder.join("Cargo.lock").is_file())
    else {
        return Err(ListError::NoLock(package));
    };
    let printed = cargo_tree(&package)?;
    // Relative, so that two checkouts that share a target folder each look at their own.
    let up = "../".repeat(above);
    println!("cargo::rerun-if-changed={up}Cargo.lock");
    println!("cargo::rerun-if-changed={up}Cargo.toml");
    for folder in listing::folders(&printed) {
        let folder = Path::new(folder);
        let manifest = folder
            .strip_prefix(root)
            .unwrap_or(folder)
            .join("Cargo.toml");
        println!("cargo::rerun-if-changed={up}{}", manifest.display());
    }
    let lines: BTreeSet<String> = listing::crates(&printed).collect();
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

/// What cargo resolves for this package: everything linked, so neither build scripts nor macros.
fn cargo_tree(package: &Path) -> Result<String, ListError> {
    let output = Command::new(variable("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--quiet",
            "--edges",
            "normal,no-proc-macro",
        ])
        .args(["--prefix", "none", "--format", listing::FORMAT])
        .args([
            "--package",
            &variable("CARGO_PKG_NAME"),
            "--target",
            &variable("TARGET"),
        ])
        .args([
            "--no-default-features",
            "--features",
            &variable("CARGO_CFG_FEATURE"),
        ])
        .current_dir(package)
        .output()
        .map_err(ListError::Start)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(ListError::Refused(reason.trim().to_owned()))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to build scripts through the environment"
)]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}
