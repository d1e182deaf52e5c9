//! Removes old segments and snapshot files.
//!
//! Source: etcd v3.7 client/pkg/fileutil/purge.go.

use std::{fs, path::Path};

use tracing::{info, warn};

use crate::{
    error::{At as _, WalError},
    segment::{Segment, sync_folder},
};

/// Removes the oldest files of a folder whose names end so (`.wal`, `.snap`, `.snap.db`) until this many are left. Stops at a
/// segment that is still needed: whoever has the log open holds it. Returns how many were removed.
///
/// # Errors
/// When the folder cannot be read, or a file not be removed.
pub fn purge(folder: &Path, suffix: &str, keep: usize) -> Result<usize, WalError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).at("read", folder)? {
        let name = entry.at("read", folder)?.file_name();
        if name.to_str().is_some_and(|name| name.ends_with(suffix)) {
            names.push(name);
        }
    }
    // By sequence, or by term and index: names are as long as each other.
    names.sort_unstable();
    let old = names.len().saturating_sub(keep);
    let mut removed = 0;
    for name in &names[..old] {
        let path = folder.join(name);
        // Held until it is gone.
        let _lock = match Segment::open(path.clone()) {
            Ok(lock) => lock,
            Err(error) => {
                warn!(path = %path.display(), error = %error, "failed to lock file"); // upstream's texts
                break;
            }
        };
        fs::remove_file(&path).at("remove", &path)?;
        info!(path = %path.display(), "purged");
        removed += 1;
    }
    if removed > 0 {
        sync_folder(folder)?;
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_removed_until_enough_are_left() {
        let dir = tempfile::tempdir().unwrap();
        for index in 1..=5 {
            fs::write(dir.path().join(format!("1-{index}.snap")), "").unwrap();
        }
        fs::write(dir.path().join("db"), "").unwrap();
        assert_eq!(purge(dir.path(), ".snap", 2).unwrap(), 3);
        assert_eq!(purge(dir.path(), ".snap", 2).unwrap(), 0);
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["1-4.snap", "1-5.snap", "db"]);
    }

    #[test]
    fn a_segment_that_is_still_needed_ends_it() {
        let dir = tempfile::tempdir().unwrap();
        for index in 1..=4 {
            fs::write(dir.path().join(format!("{index}.wal")), "").unwrap();
        }
        let held = Segment::open(dir.path().join("2.wal")).unwrap();
        assert_eq!(purge(dir.path(), ".wal", 1).unwrap(), 1);
        drop(held);
        assert_eq!(purge(dir.path(), ".wal", 1).unwrap(), 2);
    }
}
