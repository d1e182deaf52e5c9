//! Runs the example program under other users and namespaces.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The ids of the house's images.
pub(crate) const AS_USER: [&str; 6] = [
    "setpriv",
    "--reuid",
    "65532",
    "--regid",
    "65532",
    "--clear-groups",
];

/// A network namespace of its own, in which every port is free.
pub(crate) const OWN_NETWORK: [&str; 2] = ["unshare", "-n"];

/// Returns whether the test runs as root; says so when it is skipped.
pub(crate) fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        skip("needs root for other users and namespaces");
    }
    is_root
}

/// Says why the calling test proves nothing here.
#[expect(
    clippy::explicit_write,
    reason = "what goes through `eprintln!` is hidden for a test that passes"
)]
pub(crate) fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("test").to_owned();
    writeln!(io::stderr(), "{test} skipped: {reason}").unwrap();
}

/// What a program left behind.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stderr.lines().collect()
    }
}

/// A copy of the example that every user may run, in a folder that every user may enter.
pub(crate) struct Guarded {
    folder: TempDir,
}

impl Guarded {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        // By a child: were the copy written here, a parallel test's fork would hold it open and exec fail with ETXTBSY.
        let copied = Command::new("cp")
            .arg(example())
            .arg(folder.path().join("guarded"))
            .status()
            .unwrap();
        assert!(copied.success());
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn program(&self) -> String {
        self.folder
            .path()
            .join("guarded")
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// Runs the program behind the words of `wrapper`, with these variables and no other `GUARD_*` or `LISTEN_*`.
    pub(crate) fn run(
        &self,
        wrapper: &[&str],
        variables: &[(&str, &str)],
        words: &[&str],
    ) -> Ended {
        self.run_with_stdin(wrapper, variables, words, Stdio::null())
    }

    pub(crate) fn run_with_stdin(
        &self,
        wrapper: &[&str],
        variables: &[(&str, &str)],
        words: &[&str],
        stdin: Stdio,
    ) -> Ended {
        let program = self.program();
        let line: Vec<&str> = wrapper
            .iter()
            .copied()
            .chain([program.as_str()])
            .chain(words.iter().copied())
            .collect();
        let mut command = Command::new(line[0]);
        command
            .args(&line[1..])
            .stdin(stdin)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a shell script with `$PROGRAM` and `$FOLDER` set.
    pub(crate) fn shell(&self, wrapper: &[&str], script: &str, stdin: Stdio) -> Ended {
        let variables = format!(
            "PROGRAM={} FOLDER={}",
            self.program(),
            self.folder().display()
        );
        let script = format!("set -e; {variables}; {script}");
        let line: Vec<&str> = wrapper
            .iter()
            .copied()
            .chain(["sh", "-c", &script])
            .collect();
        let mut command = Command::new(line[0]);
        command
            .args(&line[1..])
            .stdin(stdin)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let output = command.output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Cargo builds examples beside the tests' folder `deps`.
fn example() -> PathBuf {
    let test = env::current_exe().unwrap();
    let example = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples/guarded");
    assert!(
        example.exists(),
        "run `cargo test -p kit-guard`, which builds the example {}",
        example.display()
    );
    example
}
