//! The log file of one service: appended to, and rotated by size so that no service can fill the disk with words.
//!
//! `pushgateway.log` is the newest; `pushgateway.log.1`, `.2` are older. Reading them is [`log_tail`](crate::log_tail)'s.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// How much a service may keep on disk: at most `bytes` × (`older` + 1), and one line more.
#[derive(Clone, Copy, Debug)]
pub struct LogLimit {
    /// Size at which a file is set aside, in bytes.
    pub bytes: u64,
    /// How many files set aside are kept.
    pub older: u32,
}

impl LogLimit {
    /// 10 MiB a file, two older ones: a day of trouble, and nothing a laptop notices.
    pub const DEFAULT: Self = Self {
        bytes: 10 << 20,
        older: 2,
    };

    /// A line longer than this may be cut between two files.
    const LINE_BYTES_MAX: u64 = 64 << 10;
}

/// An open log file.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    limit: LogLimit,
}

impl LogFile {
    /// Opens the file for appending, creating it when it is missing.
    ///
    /// # Errors
    /// What the operating system says; the path is the caller's to add.
    pub fn open(path: &Path, limit: LogLimit) -> io::Result<Self> {
        let file = open(path)?;
        let size = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            size,
            limit,
        })
    }

    /// Appends what a service wrote, setting files aside between two lines.
    ///
    /// # Errors
    /// What the operating system says. Part of the chunk may be lost; later chunks are tried again.
    pub fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        let Some(cut) = cut_before_rotation(self.size, chunk, self.limit.bytes) else {
            return self.append(chunk);
        };
        let (before, after) = chunk.split_at(cut);
        self.append(before)?;
        self.file = rotate(&self.path, self.limit.older)?;
        self.size = 0;
        self.append(after)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(())
    }
}

/// Returns the path of the `age`-th older file; age 0 is the newest.
#[must_use]
pub fn aged(path: &Path, age: u32) -> PathBuf {
    if age == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{age}"));
    name.into()
}

/// Sets the file aside, drops the oldest and returns a new, empty one.
///
/// # Errors
/// What the operating system says.
pub fn rotate(path: &Path, older: u32) -> io::Result<File> {
    for age in (0..older).rev() {
        match fs::rename(aged(path, age), aged(path, age + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    if older == 0 {
        fs::remove_file(path)?;
    }
    open(path)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Where in the chunk the file ends and the next one starts; `None` when all of it still fits.
///
/// The cut is after the last line end, so that a file holds whole lines, unless a line is beyond reason.
fn cut_before_rotation(size: u64, chunk: &[u8], limit: u64) -> Option<usize> {
    let full = size + chunk.len() as u64;
    if full < limit {
        return None;
    }
    let line_end = chunk
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map(|at| at + 1);
    let is_beyond_reason = full >= limit + LogLimit::LINE_BYTES_MAX;
    line_end.or_else(|| is_beyond_reason.then_some(chunk.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_after_the_last_line_end_of_the_chunk_that_fills_it() {
        assert_eq!(cut_before_rotation(0, b"one\n", 10), None);
        assert_eq!(cut_before_rotation(6, b"one\n", 10), Some(4));
        assert_eq!(cut_before_rotation(6, b"one\ntwo\nthr", 10), Some(8));
    }

    #[test]
    fn a_line_without_end_is_cut_once_it_is_beyond_reason() {
        assert_eq!(cut_before_rotation(20, b"no end", 10), None);
        let long = vec![b'x'; 64 << 10];
        assert_eq!(cut_before_rotation(10, &long, 10), Some(long.len()));
    }

    #[test]
    fn older_files_move_up_and_the_oldest_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let mut log = LogFile::open(&path, LogLimit { bytes: 8, older: 2 }).unwrap();
        for line in ["first 1\n", "second2\n", "third 3\n", "rest\n"] {
            log.write(line.as_bytes()).unwrap();
        }
        let read = |age| fs::read_to_string(aged(&path, age)).unwrap();
        assert_eq!(
            (read(0), read(1), read(2)),
            ("rest\n".into(), "third 3\n".into(), "second2\n".into())
        );
        assert!(!aged(&path, 3).exists());
    }

    #[test]
    fn no_older_files_means_starting_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let mut log = LogFile::open(&path, LogLimit { bytes: 4, older: 0 }).unwrap();
        log.write(b"one\ntw").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "tw");
        assert!(!aged(&path, 1).exists());
    }

    #[test]
    fn a_file_opened_again_counts_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let limit = LogLimit { bytes: 8, older: 1 };
        LogFile::open(&path, limit)
            .unwrap()
            .write(b"before\n")
            .unwrap();
        let mut again = LogFile::open(&path, limit).unwrap();
        again.write(b"now\n").unwrap();
        again.write(b"new\n").unwrap();
        assert_eq!(fs::read_to_string(aged(&path, 1)).unwrap(), "before\nnow\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
    }
}
