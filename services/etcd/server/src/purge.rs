//! Old files of the log and of snapshots, removed now and then so that a folder does not grow for ever.
//!
//! Source: etcd v3.7 server/etcdserver/server.go `purgeFile`.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tracing::info;

use crate::engine::{Engine, EngineError};

/// How many files are kept (`--max-wals`, `--max-snapshots`); 0 for all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FilesKept {
    /// Segments of the log (5).
    pub wals: usize,
    /// Files of snapshots (5).
    pub snapshots: usize,
}

/// What is to be removed, and when.
#[derive(Debug)]
pub(crate) struct Purge {
    jobs: Vec<Job>,
    due: Instant,
}

/// Files of a folder that end so, and how many of them stay.
#[derive(Clone, Debug)]
struct Job {
    folder: PathBuf,
    suffix: &'static str,
    kept: usize,
}

impl Purge {
    pub(crate) fn new(
        kept: FilesKept,
        snap_folder: &Path,
        wal_folder: &Path,
        now: Instant,
    ) -> Self {
        let job = |folder: &Path, suffix, kept| Job {
            folder: folder.to_owned(),
            suffix,
            kept,
        };
        let jobs = [
            job(snap_folder, "snap.db", kept.snapshots),
            job(snap_folder, "snap", kept.snapshots),
            job(wal_folder, "wal", kept.wals),
        ];
        Self {
            jobs: jobs.into_iter().filter(|job| job.kept > 0).collect(),
            due: now,
        }
    }

    /// Tells what is kept.
    pub(crate) fn tell(&self) {
        for job in &self.jobs {
            info!(
                dir = %job.folder.display(),
                suffix = job.suffix,
                max = job.kept,
                interval = "30s",
                "started to purge file" // upstream's text
            );
        }
    }
}

impl Engine {
    /// Removes what is old, on another thread. A folder that cannot be read or changed any more ends the member.
    pub(crate) fn purge_if_due(&mut self, now: Instant) {
        if now < self.purge.due || self.purge.jobs.is_empty() {
            return;
        }
        self.purge.due = now + PAUSE;
        let jobs = self.purge.jobs.clone();
        let run = move || {
            jobs.iter().try_for_each(|job| {
                etcd_wal::purge(&job.folder, &format!(".{}", job.suffix), job.kept).map(drop)
            })
        };
        self.elsewhere(run, |engine, purged| {
            if let Err(error) = purged {
                engine.fault = Some(EngineError::Purge(error));
            }
        });
    }
}

/// Source: etcd v3.7 server/etcdserver/server.go `purgeFileInterval`.
const PAUSE: Duration = Duration::from_secs(30);
