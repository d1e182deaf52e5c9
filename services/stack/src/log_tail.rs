//! Reading log files from their end: the last lines, across rotated files, and what is appended later.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::log_file::aged;

/// Older files looked at. Rotation keeps fewer; the bound is for a folder someone filled by hand.
const AGES: u32 = 10;

/// How often a followed file is looked at.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

/// Returns the last `count` lines, oldest first, reading at most `bytes_max` bytes of the newest files.
///
/// A log that does not exist yet has no lines. Bytes that are not UTF-8 are replaced.
///
/// # Errors
/// What the operating system says about a file that exists.
pub fn last_lines(path: &Path, count: usize, bytes_max: u64) -> io::Result<Vec<String>> {
    let mut tail: Vec<u8> = Vec::new();
    let mut left = bytes_max;
    for age in 0..AGES {
        let Some((mut part, is_whole)) = read_end(&aged(path, age), left)? else {
            break;
        };
        left -= part.len() as u64;
        part.append(&mut tail);
        tail = part;
        if !is_whole {
            // The first line has lost its beginning.
            let line_end = tail
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(tail.len(), |at| at + 1);
            tail.drain(..line_end);
            break;
        }
        if tail.iter().filter(|&&byte| byte == b'\n').count() > count {
            break;
        }
    }
    let mut lines: VecDeque<&[u8]> = VecDeque::new();
    for line in tail.split_inclusive(|&byte| byte == b'\n') {
        if lines.len() == count {
            lines.pop_front();
        }
        lines.push_back(line);
    }
    let text = |line: &[u8]| {
        String::from_utf8_lossy(line)
            .trim_end_matches(['\r', '\n'])
            .to_owned()
    };
    Ok(if count == 0 {
        Vec::new()
    } else {
        lines.into_iter().map(text).collect()
    })
}

/// Returns a log line as it may be shown in a terminal or on a page: without characters that steer either.
#[must_use]
pub fn showable(line: &str) -> String {
    let shown = |character: char| match character {
        '\t' => ' ',
        control if control.is_control() => char::REPLACEMENT_CHARACTER,
        // Marks that turn the direction of what follows would let a line pretend to be another.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    line.chars().map(shown).collect()
}

/// Returns up to `bytes_max` bytes from the end of a file and whether that is all of it; `None` when it is missing.
fn read_end(path: &Path, bytes_max: u64) -> io::Result<Option<(Vec<u8>, bool)>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let size = file.metadata()?.len();
    let start = size.saturating_sub(bytes_max);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(size - start).read_to_end(&mut bytes)?;
    Ok(Some((bytes, start == 0)))
}

/// Follows a log file from its present end, across rotation.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<File>,
}

impl Follower {
    /// Starts at the end of the file; a file that appears later is read from its beginning.
    ///
    /// # Errors
    /// What the operating system says about a file that exists.
    pub fn at_end(path: &Path) -> io::Result<Self> {
        let mut file = open_if_there(path)?;
        if let Some(file) = &mut file {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Copies what was appended since the last call.
    ///
    /// # Errors
    /// What reading the log or writing `out` says.
    pub fn copy_new(&mut self, out: &mut dyn Write) -> io::Result<()> {
        loop {
            // Asked before reading: what the old file still gets before it is set aside is read first.
            let was_rotated = self.is_set_aside()?;
            if let Some(file) = &mut self.file {
                io::copy(file, out)?;
            }
            if !was_rotated {
                return out.flush();
            }
            self.file = open_if_there(&self.path)?;
        }
    }

    /// Copies for ever, until `out` is closed.
    ///
    /// # Errors
    /// As [`Self::copy_new`].
    pub fn follow(mut self, out: &mut dyn Write) -> io::Result<()> {
        loop {
            self.copy_new(out)?;
            std::thread::sleep(FOLLOW_EVERY);
        }
    }

    /// Whether another file now has the name.
    fn is_set_aside(&self) -> io::Result<bool> {
        let named = match std::fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        };
        let open = self.file.as_ref().map(File::metadata).transpose()?;
        Ok(open.is_none_or(|open| (open.dev(), open.ino()) != (named.dev(), named.ino())))
    }
}

fn open_if_there(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_file::{LogFile, LogLimit};

    fn log(limit: u64) -> (tempfile::TempDir, PathBuf, LogFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let file = LogFile::open(
            &path,
            LogLimit {
                bytes: limit,
                older: 2,
            },
        )
        .unwrap();
        (dir, path, file)
    }

    #[test]
    fn a_missing_log_has_no_lines() {
        assert!(
            last_lines(Path::new("/nonexistent/a.log"), 5, 1000)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn the_last_lines_come_oldest_first_and_an_unfinished_one_counts() {
        let (_dir, path, mut file) = log(1000);
        file.write(b"one\ntwo\r\nthree").unwrap();
        assert_eq!(last_lines(&path, 2, 1000).unwrap(), ["two", "three"]);
        assert_eq!(last_lines(&path, 9, 1000).unwrap(), ["one", "two", "three"]);
        assert!(last_lines(&path, 0, 1000).unwrap().is_empty());
    }

    #[test]
    fn older_files_are_read_when_the_newest_has_too_few_lines() {
        let (_dir, path, mut file) = log(8);
        for line in ["line 1\n", "line 2\n", "line 3\n", "line 4\n", "line 5\n"] {
            file.write(line.as_bytes()).unwrap();
        }
        assert_eq!(
            last_lines(&path, 4, 1000).unwrap(),
            ["line 2", "line 3", "line 4", "line 5"]
        );
    }

    #[test]
    fn the_byte_bound_drops_the_line_it_cuts() {
        let (_dir, path, mut file) = log(1000);
        file.write(b"a long first line\nsecond\nthird\n").unwrap();
        assert_eq!(last_lines(&path, 9, 20).unwrap(), ["second", "third"]);
        assert!(last_lines(&path, 9, 3).unwrap().is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let (_dir, path, mut file) = log(1000);
        file.write(b"a\xffb\n").unwrap();
        assert_eq!(last_lines(&path, 1, 1000).unwrap(), ["a\u{fffd}b"]);
    }

    #[test]
    fn what_steers_a_terminal_is_not_shown() {
        assert_eq!(
            showable("a\tb \u{1b}[31mred \u{202e}x é"),
            "a b \u{fffd}[31mred \u{fffd}x é"
        );
    }

    #[test]
    fn following_loses_nothing_when_the_file_is_rotated() {
        let (_dir, path, mut file) = log(8);
        file.write(b"before\n").unwrap();
        let mut follower = Follower::at_end(&path).unwrap();
        let mut seen = Vec::new();
        file.write(b"old\n").unwrap();
        file.write(b"new\n").unwrap();
        follower.copy_new(&mut seen).unwrap();
        file.write(b"last\n").unwrap();
        follower.copy_new(&mut seen).unwrap();
        assert_eq!(String::from_utf8(seen).unwrap(), "old\nnew\nlast\n");
    }

    #[test]
    fn a_log_that_appears_later_is_read_from_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let mut follower = Follower::at_end(&path).unwrap();
        let mut seen = Vec::new();
        follower.copy_new(&mut seen).unwrap();
        std::fs::write(&path, "hello\n").unwrap();
        follower.copy_new(&mut seen).unwrap();
        assert_eq!(seen, b"hello\n");
    }
}
