//! A Docker Engine of our own: its data, its socket, its network namespace, and it ends with the value.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use crate::place::{Ended, USER, can_use};

/// The name of the image with the program and nothing else.
pub(crate) const IMAGE: &str = "pushgateway:test";

/// How long the engine may take to start, and a container to say what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Engine {
    folder: TempDir,
    daemon: Child,
}

impl Engine {
    /// Starts an engine with the image loaded. None, said on stderr, when this machine has none.
    pub(crate) fn start() -> Option<Self> {
        if !can_use(&[
            "dockerd",
            "docker",
            "containerd",
            "runc",
            "iptables",
            "unshare",
            "nsenter",
            "curl",
            "ip",
            "tar",
            "ldd",
        ]) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let log = File::create(path("log")).unwrap();
        let daemon = Command::new("unshare")
            .args([
                "--net",
                "--mount",
                "--propagation",
                "slave",
                "sh",
                "-c",
                "ip link set lo up; exec \"$@\"",
                "sh",
                "dockerd",
            ])
            .args([
                "--data-root",
                &path("data"),
                "--exec-root",
                &path("run"),
                "--pidfile",
                &path("pid"),
            ])
            .args(["--host", &format!("unix://{}", path("socket"))])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut engine = Self { folder, daemon };
        engine.wait_until_up();
        engine.load_image();
        Some(engine)
    }

    fn wait_until_up(&mut self) {
        let begun = Instant::now();
        while self.docker(&["version"]).code != Some(0) {
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
            let ended = self.daemon.try_wait().unwrap();
            assert!(
                ended.is_none() && begun.elapsed() < PATIENCE,
                "dockerd does not start:\n{}",
                log()
            );
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Packs the program with the libraries it is linked to, its data directory, and nothing else.
    fn load_image(&self) {
        let root = self.folder.path().join("root");
        let program = Path::new(env!("CARGO_BIN_EXE_pushgateway"));
        copy(program, &root.join("pushgateway"));
        for library in libraries(program) {
            copy(&library, &root.join(library.strip_prefix("/").unwrap()));
        }
        fs::create_dir(root.join("data")).unwrap();
        std::os::unix::fs::chown(root.join("data"), Some(USER), Some(USER)).unwrap();
        let tar = self.folder.path().join("image.tar");
        let packed = Command::new("tar")
            .arg("-C")
            .arg(&root)
            .arg("-cf")
            .arg(&tar)
            .arg(".")
            .status();
        assert!(packed.unwrap().success());
        let user = format!("USER {USER}:{USER}");
        let loaded = self.docker(&[
            "import",
            "--change",
            &user,
            "--change",
            "ENTRYPOINT [\"/pushgateway\"]",
            tar.to_str().unwrap(),
            IMAGE,
        ]);
        assert_eq!(loaded.code, Some(0), "{loaded:?}");
    }

    /// Runs `docker` with these words.
    pub(crate) fn docker(&self, words: &[&str]) -> Ended {
        let host = format!("unix://{}", self.folder.path().join("socket").display());
        output(Command::new("docker").args(["--host", &host]).args(words))
    }

    /// Starts a container in the background; returns its name once its log holds `line`.
    #[track_caller]
    pub(crate) fn serve(&self, name: &str, options: &[&str], flags: &[&str], line: &str) -> String {
        let words = [
            &["run", "--detach", "--name", name],
            options,
            &[IMAGE],
            flags,
        ]
        .concat();
        let started = self.docker(&words);
        assert_eq!(started.code, Some(0), "{started:?}");
        let begun = Instant::now();
        loop {
            let log = self.docker(&["logs", name]).stderr;
            if log.contains(line) {
                return log;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "no {line:?} from {name}:\n{log}"
            );
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Runs a container to its end.
    pub(crate) fn run(&self, options: &[&str], flags: &[&str]) -> Ended {
        self.docker(&[&["run", "--rm"], options, &[IMAGE], flags].concat())
    }

    /// Asks the readiness path on a port of the engine's host.
    pub(crate) fn ask(&self, port: u16) -> Ended {
        let url = format!("http://127.0.0.1:{port}/-/ready");
        let pid = self.daemon.id().to_string();
        output(Command::new("nsenter").args([
            "--target",
            &pid,
            "--net",
            "curl",
            "--silent",
            "--max-time",
            "5",
            &url,
        ]))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for container in self.docker(&["ps", "--quiet"]).stdout.split_whitespace() {
            self.docker(&["kill", container]);
        }
        let pid = Pid::from_raw(self.daemon.id().try_into().unwrap());
        // Fails only when it has ended already; its mounts end with its namespace.
        let _ = kill(pid, Signal::SIGTERM);
        let _ = self.daemon.wait();
    }
}

fn output(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn libraries(program: &Path) -> Vec<PathBuf> {
    let listed = output(Command::new("ldd").arg(program)).stdout;
    let words = listed
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    words.map(PathBuf::from).collect()
}

/// Copies through links, by a child for the reason of [`crate::place::Place`].
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let copied = Command::new("cp")
        .arg("--dereference")
        .arg(from)
        .arg(to)
        .status();
    assert!(copied.unwrap().success());
}
