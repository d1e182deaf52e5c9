//! Upstream's tools: `benchmark`, whose summary is read, and `etcdctl`.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::member::Member;

/// The tools, as conformance/peers/etcd/build.sh builds them.
#[derive(Clone, Debug)]
pub(super) struct Load {
    benchmark: PathBuf,
    etcdctl: PathBuf,
}

/// What `benchmark` says at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) requests_a_second: f64,
    pub(super) average_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) slowest_ms: f64,
}

impl Load {
    /// Finds the tools beside upstream's etcd.
    pub(super) fn beside(upstream: &Path) -> Result<Self, String> {
        let folder = upstream.parent().ok_or("upstream is in no folder")?;
        let load = Self {
            benchmark: folder.join("../benchmark"),
            etcdctl: folder.join("etcdctl"),
        };
        for tool in [&load.benchmark, &load.etcdctl] {
            if !tool.is_file() {
                return Err(format!("{} is not there", tool.display()));
            }
        }
        Ok(load)
    }

    /// Runs `benchmark` with so many clients on so many connections.
    pub(super) fn run<W: AsRef<OsStr>>(
        &self,
        member: &Member,
        (clients, connections): (usize, usize),
        words: impl IntoIterator<Item = W>,
    ) -> Result<Summary, String> {
        let mut command = Command::new(&self.benchmark);
        command
            .args([
                "--endpoints",
                &member.endpoint,
                "--insecure-skip-tls-verify",
            ])
            .args(["--clients", &clients.to_string()])
            .args(["--conns", &connections.to_string()])
            .args(words);
        let text = output(&mut command)?;
        Summary::read(&text).ok_or_else(|| format!("no summary of benchmark: {text}"))
    }

    /// Runs a command of `etcdctl`.
    pub(super) fn etcdctl<W: AsRef<OsStr>>(
        &self,
        member: &Member,
        words: impl IntoIterator<Item = W>,
    ) -> Result<(), String> {
        let mut command = Command::new(&self.etcdctl);
        command
            .args([
                "--endpoints",
                &member.endpoint,
                "--insecure-skip-tls-verify",
            ])
            .arg("--command-timeout=120s")
            .args(words);
        output(&mut command).map(drop)
    }
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Requests that failed are listed at the end, and do not change the exit code.
    if !output.status.success() || text.contains("Error distribution") {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}: {text}{errors}", output.status));
    }
    Ok(text)
}

impl Summary {
    /// Reads the last summary of an output.
    fn read(text: &str) -> Option<Self> {
        let after = |words: &str| {
            let (_, rest) = text.rsplit_once(words)?;
            rest.split_ascii_whitespace().next()?.parse::<f64>().ok()
        };
        let slowest = after("Slowest:")?;
        Some(Self {
            requests_a_second: after("Requests/sec:")?,
            average_ms: after("Average:")? * 1e3,
            // Of a few requests it says none.
            p99_ms: after("99% in").unwrap_or(slowest) * 1e3,
            slowest_ms: slowest * 1e3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_summary_is_read() {
        let text = "\nPut summary:\n\nSummary:\n  Total:\t1.0000 secs.\n  Slowest:\t0.0100 secs.\n  Fastest:\t0.0001 secs.\n  \
                    Average:\t0.0003 secs.\n  Requests/sec:\t3150.5\n\nLatency distribution:\n  95% in 0.0004 secs.\n  \
                    99% in 0.0008 secs.\n  99.9% in 0.0021 secs.\n";
        let put = Summary::read(text).unwrap();
        assert!((put.requests_a_second - 3150.5).abs() < 1e-9);
        assert!((put.p99_ms - 0.8).abs() < 1e-9 && (put.slowest_ms - 10.0).abs() < 1e-9);
        let both = format!(
            "{text}\nWatch events summary:\n{}",
            text.replace("0.0008", "0.0009")
        );
        assert!((Summary::read(&both).unwrap().p99_ms - 0.9).abs() < 1e-9);
        assert_eq!(Summary::read("nothing"), None);
    }
}
