//! Files that make room for a new one when they are full: the old ones are renamed, compressed, and in the end removed.
//!
//! Source: natefinch/lumberjack v2.2 lumberjack.go.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use flate2::{Compression, write::GzEncoder};
use jiff::{Timestamp, tz::TimeZone};

use super::Rotation;

/// A file, opened by its first line.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    rotation: Rotation,
    open: Option<(File, u64)>,
}

impl Rotating {
    pub(super) fn new(path: PathBuf, rotation: Rotation) -> Self {
        Self {
            path,
            rotation,
            open: None,
        }
    }

    pub(super) fn write(&mut self, now: Timestamp, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        let size_max = match self.rotation.size_mib_max {
            0 => SIZE_MIB_DEFAULT,
            mib => mib,
        } << 20;
        if self.open.is_none() {
            self.open_existing(now, length, size_max)?;
        }
        if self
            .open
            .as_ref()
            .is_some_and(|(_, size)| size + length > size_max)
        {
            self.begin_anew(now)?;
        }
        let (file, size) = self.open.as_mut().expect("opened above");
        file.write_all(line)?;
        *size += length;
        Ok(())
    }

    fn open_existing(&mut self, now: Timestamp, length: u64, size_max: u64) -> io::Result<()> {
        self.clean(now);
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.len() + length < size_max => {
                let file = OpenOptions::new().append(true).open(&self.path)?;
                self.open = Some((file, metadata.len()));
                Ok(())
            }
            _ => self.begin_anew(now),
        }
    }

    /// Renames the file, if there is one, and makes a new one with the same rights.
    fn begin_anew(&mut self, now: Timestamp) -> io::Result<()> {
        self.open = None;
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut mode = 0o600;
        if let Ok(metadata) = fs::metadata(&self.path) {
            mode = metadata.permissions().mode() & 0o777;
            fs::rename(&self.path, self.backup(now))?;
        }
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&self.path)?;
        self.open = Some((file, 0));
        self.clean(now);
        Ok(())
    }

    /// `name-2006-01-02T15-04-05.000.ext`
    fn backup(&self, now: Timestamp) -> PathBuf {
        let zone = if self.rotation.local_time {
            TimeZone::system()
        } else {
            TimeZone::UTC
        };
        let time = now
            .to_zoned(zone)
            .strftime("%Y-%m-%dT%H-%M-%S%.3f")
            .to_string();
        let (stem, extension) = self.name();
        self.path
            .with_file_name(format!("{stem}-{time}{extension}"))
    }

    fn name(&self) -> (String, String) {
        let name = self
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match name.rfind('.') {
            Some(dot) => (name[..dot].to_owned(), name[dot..].to_owned()),
            None => (name, String::new()),
        }
    }

    /// Removes old files that are too many or too old, and compresses the others. What fails is tried again at the next
    /// turn; the log itself must go on.
    fn clean(&self, now: Timestamp) {
        let mut backups = self.backups();
        backups.sort_unstable_by(|a, b| b.cmp(a)); // their names have the time: the newest first
        let mut kept = 0;
        for path in backups {
            let is_surplus = self.rotation.backups_max > 0 && kept >= self.rotation.backups_max;
            if is_surplus || self.is_too_old(&path, now) {
                drop(fs::remove_file(&path));
                continue;
            }
            kept += 1;
            if self.rotation.compress && !has_suffix(&path, ".gz") {
                drop(compress(&path));
            }
        }
    }

    fn backups(&self) -> Vec<PathBuf> {
        let (stem, extension) = self.name();
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let entries = fs::read_dir(folder.unwrap_or_else(|| Path::new(".")))
            .into_iter()
            .flatten()
            .flatten();
        let is_backup = |name: &str| {
            let name = name.strip_suffix(".gz").unwrap_or(name);
            let time = name.strip_prefix(&format!("{stem}-"));
            let time = time.and_then(|rest| rest.strip_suffix(&extension));
            time.is_some_and(|time| time.len() == TIME_CHARACTERS && time.as_bytes()[10] == b'T')
        };
        let backups = entries.filter(|entry| is_backup(&entry.file_name().to_string_lossy()));
        backups.map(|entry| entry.path()).collect()
    }

    fn is_too_old(&self, path: &Path, now: Timestamp) -> bool {
        let age_max = Duration::from_secs(self.rotation.age_days_max.saturating_mul(86_400));
        let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
        let age = changed
            .ok()
            .and_then(|changed| SystemTime::from(now).duration_since(changed).ok());
        self.rotation.age_days_max > 0 && age.is_some_and(|age| age > age_max)
    }
}

fn compress(path: &Path) -> io::Result<()> {
    let mut target = path.as_os_str().to_owned();
    target.push(".gz");
    let mode = fs::metadata(path)?.permissions().mode();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&target)?;
    let mut encoder = GzEncoder::new(file, Compression::default());
    io::copy(&mut File::open(path)?, &mut encoder)?;
    encoder.finish()?;
    fs::remove_file(path)
}

fn has_suffix(path: &Path, suffix: &str) -> bool {
    path.to_string_lossy().ends_with(suffix)
}

const SIZE_MIB_DEFAULT: u64 = 100;
const TIME_CHARACTERS: usize = "2006-01-02T15-04-05.000".len();

#[cfg(test)]
mod tests {
    use super::*;

    const ROTATION: Rotation = Rotation {
        size_mib_max: 1,
        age_days_max: 0,
        backups_max: 0,
        local_time: false,
        compress: false,
    };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_full_file_makes_room_and_is_named_by_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotating::new(folder.path().join("etcd.log"), ROTATION);
        let half = vec![b'x'; 1 << 19];
        log.write(second(0), &half).unwrap();
        log.write(second(1), &half).unwrap();
        assert_eq!(names(folder.path()), ["etcd.log"]);
        log.write(second(2), b"new\n").unwrap();
        assert_eq!(
            names(folder.path()),
            ["etcd-1970-01-01T00-00-02.000.log", "etcd.log"]
        );
        assert_eq!(fs::read(folder.path().join("etcd.log")).unwrap(), b"new\n");
    }

    #[test]
    fn a_file_that_is_there_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etcd.log");
        fs::write(&path, "old\n").unwrap();
        let mut log = Rotating::new(path.clone(), ROTATION);
        log.write(second(0), b"new\n").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"old\nnew\n");
    }

    #[test]
    fn only_so_many_old_files_are_kept_and_they_are_compressed() {
        let folder = tempfile::tempdir().unwrap();
        let rotation = Rotation {
            backups_max: 2,
            compress: true,
            ..ROTATION
        };
        let mut log = Rotating::new(folder.path().join("etcd.log"), rotation);
        let full = vec![b'x'; 1 << 20];
        for at in 0..5 {
            log.write(second(at), &full).unwrap();
        }
        assert_eq!(
            names(folder.path()),
            [
                "etcd-1970-01-01T00-00-03.000.log.gz",
                "etcd-1970-01-01T00-00-04.000.log.gz",
                "etcd.log"
            ]
        );
    }

    #[test]
    fn files_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "etcd-backup.log",
            "other.log",
            "etcd-1970-01-01T00-00-03.000.txt",
        ] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let rotation = Rotation {
            age_days_max: 1,
            ..ROTATION
        };
        let mut log = Rotating::new(folder.path().join("etcd.log"), rotation);
        let far = Timestamp::now() + jiff::SignedDuration::from_hours(1000);
        log.write(far, b"x").unwrap();
        assert_eq!(names(folder.path()).len(), 4);
    }
}
