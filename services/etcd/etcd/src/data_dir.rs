//! What a data folder holds before it is opened.
//!
//! Source: etcd v3.7 server/etcdmain/etcd.go `identifyDataDirOrDie`; server/storage/wal/util.go `Exist`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tracing::warn;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataDirError {
    /// It cannot be listed.
    #[error("failed to list data directory")] // upstream's text
    List {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It holds a proxy of version 2, too.
    #[error("invalid datadir; both member and proxy directories exist")] // upstream's text
    Both,
    /// It holds a proxy of version 2. Upstream panics.
    #[error("v2 http proxy has already been deprecated in 3.6")] // upstream's text
    Proxy,
}

/// Returns whether the folder holds a member; one that is not there holds nothing. What does not belong there is told.
///
/// # Errors
/// [`DataDirError`].
pub(crate) fn has_member(folder: &Path) -> Result<bool, DataDirError> {
    let names = names(folder)?;
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    for name in names
        .iter()
        .filter(|name| !matches!(&***name, "member" | "proxy"))
    {
        warn!(
            filename = name,
            "data-dir" = %folder.display(),
            "found invalid file under data directory" // upstream's text
        );
    }
    match (has("member"), has("proxy")) {
        (true, true) => Err(DataDirError::Both),
        (false, true) => Err(DataDirError::Proxy),
        (is_member, false) => Ok(is_member),
    }
}

/// Returns whether there is a write-ahead log: the members of its cluster are then known.
///
/// # Errors
/// [`DataDirError::List`].
pub(crate) fn has_log(folder: &Path, wal_folder: &Path) -> Result<bool, DataDirError> {
    let wal_folder = match wal_folder.as_os_str().is_empty() {
        true => folder.join("member").join("wal"),
        false => wal_folder.to_owned(),
    };
    Ok(names(&wal_folder)?
        .iter()
        .any(|name| name.ends_with(".wal")))
}

fn names(folder: &Path) -> Result<Vec<String>, DataDirError> {
    let list = |source| DataDirError::List {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(list(error)),
    };
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names = entries
        .map(|entry| entry.map(name))
        .collect::<Result<Vec<_>, _>>()
        .map_err(list)?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        folder
    }

    #[test]
    fn a_member_is_known_by_its_folder() {
        assert!(!has_member(Path::new("nowhere")).unwrap());
        assert!(!has_member(folder(&["fixtures"]).path()).unwrap());
        assert!(has_member(folder(&["member", "fixtures"]).path()).unwrap());
        let refused = has_member(folder(&["member", "proxy"]).path()).unwrap_err();
        assert!(matches!(refused, DataDirError::Both));
        let refused = has_member(folder(&["proxy"]).path()).unwrap_err();
        assert!(matches!(refused, DataDirError::Proxy));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(
            has_member(file.path()),
            Err(DataDirError::List { .. })
        ));
    }

    #[test]
    fn a_log_is_known_by_its_segments() {
        let nowhere = Path::new("");
        assert!(!has_log(folder(&["member/wal"]).path(), nowhere).unwrap());
        assert!(has_log(folder(&["member/wal/0-0.wal"]).path(), nowhere).unwrap());
        let elsewhere = folder(&["0-0.wal"]);
        assert!(has_log(folder(&[]).path(), elsewhere.path()).unwrap());
    }
}
