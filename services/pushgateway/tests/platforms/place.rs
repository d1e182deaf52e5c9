//! Where a program runs: another user, a network namespace of its own, a folder everybody may enter.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::unistd::geteuid;
use tempfile::TempDir;

/// The ids of the house's images.
pub(crate) const USER: u32 = 65_532;

/// Becomes that user with no group and no capability of its own.
pub(crate) const AS_USER: &str = "setpriv --reuid 65532 --regid 65532 --clear-groups";

/// Returns whether the test runs as root and has these tools; says what is missing.
pub(crate) fn can_use(tools: &[&str]) -> bool {
    if !geteuid().is_root() {
        eprintln!("skipped: needs root for other users and namespaces");
        return false;
    }
    let allowed = Command::new("unshare")
        .args(["--net", "--mount", "true"])
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this machine does not allow namespaces");
        return false;
    }
    let is_there = |tool: &&&str| {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        path.split(':')
            .any(|folder| Path::new(folder).join(tool).exists())
    };
    let missing: Vec<_> = tools.iter().filter(|tool| !is_there(tool)).collect();
    if !missing.is_empty() {
        eprintln!("skipped: not installed: {missing:?} (scripts/setup.sh test docker)");
    }
    missing.is_empty()
}

/// What a script left behind.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder with a copy of the program, where scripts run with `$PROGRAM`, `$FOLDER` and `$AS_USER`.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// Copies the program under test.
    pub(crate) fn new() -> Self {
        Self::with(Path::new(env!("CARGO_BIN_EXE_pushgateway")))
    }

    pub(crate) fn with(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // By a child: were the copy written here, a fork of a parallel test would hold it open and exec fail.
        let copied = Command::new("cp")
            .arg(program)
            .arg(folder.path().join("pushgateway"))
            .status();
        assert!(copied.unwrap().success());
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a directory that the house's user owns.
    pub(crate) fn data(&self) -> PathBuf {
        let data = self.folder().join("data");
        fs::create_dir(&data).unwrap();
        std::os::unix::fs::chown(&data, Some(USER), Some(USER)).unwrap();
        data
    }

    /// Runs a script behind the words of `wrapper`. What it leaves running ends with it.
    pub(crate) fn run(&self, wrapper: &[&str], script: &str) -> Ended {
        let words = [wrapper, &["bash", "-u"]].concat();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("PROGRAM", self.folder().join("pushgateway"))
            .env("FOLDER", self.folder())
            .env("AS_USER", AS_USER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let script =
            format!("trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n{FUNCTIONS}\n{script}\n");
        child
            .stdin
            .take()
            .unwrap()
            .write_all(script.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `ask PORT` prints the answer of the readiness path, waiting until somebody listens.
const FUNCTIONS: &str = "ask() { curl --silent --max-time 10 --retry 40 --retry-connrefused --retry-delay 1 http://127.0.0.1:$1/-/ready; }";
