//! `snapshot save`: a server's store in a file, which appears under its name only when it is whole.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/snapshot_command.go; client/v3/snapshot/v3_snapshot.go.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Instant,
};

use etcd_client::{Call, Config, snapshot::Snapshot};
use kit_cli::value::format_duration;
use tracing::info;

use crate::{
    command::UNLIMITED,
    context::{Ctl, print_line},
    failure::Failure,
    print::size_text,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let arguments = ctl.arguments();
    let [path] = arguments.as_slice() else {
        return Err(Failure::arguments(
            "snapshot save expects one argument <filename>",
        ));
    };
    let config = ctl.config().await?;
    let call = if ctl.line.matches.is_set("command-timeout") {
        ctl.fresh_call()
    } else {
        UNLIMITED
    };
    let version = save(config, call, path)
        .await
        .map_err(|failure| failure.with_code(Failure::INTERRUPTED))?;
    print_line(&format!("Snapshot saved at {path}"))?;
    if !version.is_empty() {
        print_line(&format!("Server version {version}"))?;
    }
    Ok(())
}

/// Saves a snapshot and returns the version of its format.
async fn save(config: Config, call: Call, path: &str) -> Result<String, Failure> {
    let endpoint = match config.endpoints.as_slice() {
        [endpoint] => endpoint.clone(),
        many => {
            return Err(Failure::error(format!(
                "snapshot must be requested to one selected node, not multiple [{}]",
                many.join(" ")
            )));
        }
    };
    let client = etcd_client::Client::connect(Config {
        logger: "client",
        ..config
    })
    .await?;
    let mut part = Part::create(path)?;
    let start = Instant::now();
    let mut snapshot = Snapshot::open(&client, call).await?;
    info!(
        logger = "client",
        caller = "v3@v3.7.3/maintenance.go:236",
        "opened snapshot stream; downloading"
    );
    info!(
        caller = "snapshot/v3_snapshot.go:96",
        endpoint, "fetching snapshot"
    );
    let written = |error: &dyn std::fmt::Display| {
        Failure::error(format!("could not write snapshot: {error}"))
    };
    while let Some(blob) = snapshot.blob().await.map_err(|error| written(&error))? {
        part.file
            .write_all(&blob)
            .map_err(|error| written(&error))?;
    }
    info!(
        logger = "client",
        caller = "v3@v3.7.3/maintenance.go:302",
        "completed snapshot read; closing"
    );
    let version = snapshot.version().to_owned();
    let size = snapshot
        .finish()
        .map_err(|error| Failure::error(error.to_string()))?;
    part.sync()?;
    info!(
        caller = "snapshot/v3_snapshot.go:111",
        endpoint,
        size = size_text(i64::try_from(size).unwrap_or(i64::MAX)),
        took = format_duration(start.elapsed()),
        "etcd-version" = version,
        "fetched snapshot"
    );
    part.rename(path)?;
    info!(caller = "snapshot/v3_snapshot.go:121", path, "saved");
    Ok(version)
}

/// The file under the name it has until it is whole; removed when it does not come so far.
struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    fn create(target: &str) -> Result<Self, Failure> {
        let path = PathBuf::from(format!("{target}.part"));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| {
                let path = path.display();
                let reason = go_error(&error);
                Failure::error(format!("could not open {path} (open {path}: {reason})"))
            })?;
        info!(
            caller = "snapshot/v3_snapshot.go:83",
            path = path.display().to_string(),
            "created temporary db file"
        );
        Ok(Self { path, file })
    }

    fn sync(&mut self) -> Result<(), Failure> {
        self.file.sync_all().map_err(|error| {
            Failure::error(format!("could not fsync snapshot: {}", go_error(&error)))
        })
    }

    fn rename(&self, target: &str) -> Result<(), Failure> {
        let part = self.path.display();
        fs::rename(&self.path, Path::new(target)).map_err(|error| {
            let reason = go_error(&error);
            Failure::error(format!(
                "could not rename {part} to {target} (rename {part} {target}: {reason})"
            ))
        })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After the rename there is nothing to remove.
        drop(fs::remove_file(&self.path));
    }
}

/// Returns an error of the system in Go's words: lower case, without the number.
fn go_error(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}
