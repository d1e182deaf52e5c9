//! Snapshot files of raft, `<term>-<index>.snap`: where a log may begin. The data of the store is not in them.
//!
//! Source: etcd v3.7 server/etcdserver/api/snap/snapshotter.go.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use etcd_api::raftpb;
use prost::Message as _;
use tracing::warn;

use crate::{
    error::{At as _, WalError},
    segment::sync_folder,
};

/// Writes a snapshot so that a crash leaves it whole or not there at all.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(folder: &Path, snapshot: &raftpb::Snapshot) -> Result<PathBuf, WalError> {
    let metadata = snapshot.metadata.clone().unwrap_or_default();
    let data = snapshot.encode_to_vec();
    let file = etcd_api::snappb::Snapshot {
        crc: Some(crc32c::crc32c(&data)),
        data: Some(Bytes::from(data)),
    };
    let path = folder.join(format!(
        "{:016x}-{:016x}.snap",
        metadata.term(),
        metadata.index()
    ));
    let unfinished = path.with_extension("snap.tmp");
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut out| {
            out.write_all(&file.encode_to_vec())?;
            out.sync_all()
        })
        .at("write", &unfinished)?;
    fs::rename(&unfinished, &path).at("rename", &unfinished)?;
    sync_folder(folder)?;
    Ok(path)
}

/// Returns the newest snapshot that is whole and of which `wanted` is true. One that is not whole is renamed to `.broken`.
///
/// # Errors
/// When the folder cannot be read.
pub fn newest(
    folder: &Path,
    wanted: impl Fn(&raftpb::SnapshotMetadata) -> bool,
) -> Result<Option<raftpb::Snapshot>, WalError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).at("read", folder)? {
        let path = entry.at("read", folder)?.path();
        if path.extension().is_some_and(|end| end == "snap") {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths.iter().rev() {
        match read(path) {
            Ok(snapshot) if wanted(&snapshot.metadata.clone().unwrap_or_default()) => {
                return Ok(Some(snapshot));
            }
            Ok(_) => {}
            Err(fault) => {
                let broken = path.with_extension("snap.broken");
                warn!(path = %path.display(), error = %fault, "failed to read a snap file"); // upstream's text
                fs::rename(path, &broken).at("rename", path)?;
            }
        }
    }
    Ok(None)
}

/// Why a file is no snapshot.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Read(#[from] std::io::Error),
    #[error("snap: empty snapshot")]
    Empty,
    #[error("snap: crc mismatch")]
    Checksum,
    #[error(transparent)]
    Decode(#[from] prost::DecodeError),
}

fn read(path: &Path) -> Result<raftpb::Snapshot, Fault> {
    let file = etcd_api::snappb::Snapshot::decode(Bytes::from(fs::read(path)?))?;
    let data = file.data.unwrap_or_default();
    let told = file.crc.unwrap_or_default();
    if data.is_empty() || told == 0 {
        return Err(Fault::Empty);
    }
    if crc32c::crc32c(&data) != told {
        return Err(Fault::Checksum);
    }
    Ok(raftpb::Snapshot::decode(data)?)
}

#[cfg(test)]
mod tests {
    use etcd_api::raftpb::{Snapshot, SnapshotMetadata};

    use super::*;

    fn snapshot(term: u64, index: u64) -> Snapshot {
        Snapshot {
            data: Some(Bytes::from_static(b"members")),
            metadata: Some(SnapshotMetadata {
                conf_state: None,
                index: Some(index),
                term: Some(term),
            }),
        }
    }

    #[test]
    fn the_newest_whole_snapshot_is_found_and_broken_ones_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(newest(folder.path(), |_| true).unwrap(), None);
        for index in [10, 20, 30] {
            save(folder.path(), &snapshot(1, index)).unwrap();
        }
        let path = folder.path().join("0000000000000001-000000000000001e.snap");
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        fs::write(
            folder.path().join("0000000000000001-0000000000000028.snap"),
            "",
        )
        .unwrap();
        assert_eq!(
            newest(folder.path(), |_| true).unwrap(),
            Some(snapshot(1, 20))
        );
        assert!(path.with_extension("snap.broken").exists() && !path.exists());
        let older = newest(folder.path(), |metadata| metadata.index() < 20).unwrap();
        assert_eq!(older, Some(snapshot(1, 10)));
    }
}
