//! The version of a service, in its own words: what its program prints for `--version`.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{io::AsyncReadExt, process::Command, time};

/// How long the program may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest text that is read.
const BYTES_MAX: u64 = 16 << 10;

/// Returns the version the program tells, or `None` when it tells none.
pub(super) async fn of(program: &Path) -> Option<String> {
    let asking = Command::new(program)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = asking.ok()?;
    let mut text = Vec::new();
    let mut stdout = child.stdout.take()?.take(BYTES_MAX);
    let told = time::timeout(PATIENCE, async {
        stdout.read_to_end(&mut text).await?;
        child.wait().await
    });
    told.await
        .ok()?
        .ok()
        .filter(std::process::ExitStatus::success)?;
    parse(&String::from_utf8_lossy(&text))
}

/// Finds the word after `version` in the first line, which is how Go programs of all kinds say it.
fn parse(text: &str) -> Option<String> {
    let mut words = text.lines().next()?.split_ascii_whitespace();
    words.find(|word| {
        word.trim_end_matches([':', ','])
            .eq_ignore_ascii_case("version")
    })?;
    words
        .next()
        .map(|word| word.trim_end_matches([',', ';']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, version: Option<&str>) {
        assert_eq!(parse(text).as_deref(), version);
    }

    #[test]
    fn the_prometheus_family_is_understood() {
        check(
            "pushgateway, version 1.11.3 (branch: HEAD, revision: 1)\n  build user: x\n",
            Some("1.11.3"),
        );
    }

    #[test]
    fn etcd_is_understood() {
        check("etcd Version: 3.6.1\nGit SHA: a\n", Some("3.6.1"));
    }

    #[test]
    fn other_texts_have_no_version() {
        check("", None);
        check("hello\nversion 1", None);
        check("this version", None);
    }
}
