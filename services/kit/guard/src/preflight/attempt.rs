//! The real attempts: open, create, write, sync. None leaves a trace; on a filesystem without unnamed files only a
//! kill between two neighbouring calls could.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    process,
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
    sys::stat::{Mode, fchmod},
};

use super::Need;

/// How an attempt ended well.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// The path can be used.
    Done {
        /// The mode of an existing file.
        mode: Option<u32>,
        /// Why a mode could not be set on a new file.
        chmod: Option<Errno>,
    },
    /// Named pipes and devices: opening one is itself an effect (a writer behind a pipe would see its end).
    NotTried,
}

impl Outcome {
    const DONE: Self = Self::Done {
        mode: None,
        chmod: None,
    };
}

/// What failed, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Failure {
    pub(super) errno: Errno,
    /// The path that refused: the path itself, its directory, or the ancestor that cannot be entered.
    pub(super) at: PathBuf,
    pub(super) act: Act,
}

/// What was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Act {
    Read,
    Write,
    /// Making a directory in it.
    Create,
    Enter,
    Lock,
}

pub(super) fn attempt(path: &Path, need: Need) -> Result<Outcome, Failure> {
    let outcome = match need {
        Need::ReadFile | Need::PrivateFile => read_file(path),
        Need::ReadDirectory => fs::read_dir(path).map(|_| Outcome::DONE),
        Need::WriteFile => write_file(path),
        Need::ReplaceFile => replace_file(path),
        Need::WriteDirectory => write_directory(path),
        Need::CreateDirectory => write_directory(&nearest_existing(path)),
        Need::LockDirectory => lock_directory(&nearest_existing(path)),
    };
    outcome.map_err(|error| blame(path, need, errno(&error)))
}

/// Finds the path that an error on `path` is about.
pub(super) fn blame(path: &Path, need: Need, errno: Errno) -> Failure {
    let existing = nearest_existing(path);
    let is_refused = matches!(errno, Errno::EACCES | Errno::EPERM);
    if is_refused && existing != path && may_not_enter(&existing) {
        return Failure {
            errno,
            at: existing,
            act: Act::Enter,
        };
    }
    let (at, act) = match need {
        Need::ReadFile | Need::PrivateFile | Need::ReadDirectory => (path.to_owned(), Act::Read),
        Need::WriteFile if path.exists() => (path.to_owned(), Act::Write),
        Need::WriteDirectory => (path.to_owned(), Act::Write),
        Need::LockDirectory if has_no_locks(errno) => (existing, Act::Lock),
        Need::CreateDirectory | Need::LockDirectory if existing == path => (existing, Act::Write),
        Need::CreateDirectory | Need::LockDirectory => (existing, Act::Create),
        Need::ReplaceFile if errno == Errno::EISDIR => (path.to_owned(), Act::Write),
        Need::WriteFile | Need::ReplaceFile => (parent(path).to_owned(), Act::Write),
    };
    Failure { errno, at, act }
}

/// What filesystems without locks answer.
fn has_no_locks(errno: Errno) -> bool {
    matches!(errno, Errno::ENOLCK | Errno::ENOSYS | Errno::EOPNOTSUPP)
}

/// Returns the deepest ancestor (or the path itself) that shows itself; `/` or `.` at the least.
pub(super) fn nearest_existing(path: &Path) -> PathBuf {
    path.ancestors()
        .find(|ancestor| fs::metadata(named(ancestor)).is_ok())
        .map_or_else(|| ".".into(), |ancestor| named(ancestor).to_owned())
}

fn named(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

fn parent(path: &Path) -> &Path {
    named(path.parent().unwrap_or(path))
}

fn may_not_enter(directory: &Path) -> bool {
    fs::metadata(directory.join("."))
        .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

fn read_file(path: &Path) -> io::Result<Outcome> {
    let facts = fs::metadata(path)?;
    if is_untouchable(&facts)? {
        return Ok(Outcome::NotTried);
    }
    File::open(path).map(|_| Outcome::Done {
        mode: Some(facts.permissions().mode()),
        chmod: None,
    })
}

fn write_file(path: &Path) -> io::Result<Outcome> {
    match fs::metadata(path) {
        Ok(facts) if is_untouchable(&facts)? => Ok(Outcome::NotTried),
        Ok(_) => OpenOptions::new()
            .append(true)
            .open(path)
            .map(|_| Outcome::DONE),
        Err(error) if error.kind() == io::ErrorKind::NotFound => write_directory(parent(path)),
        Err(error) => Err(error),
    }
}

/// Returns whether opening it would have an effect; the error that opening a directory or socket as a file would give.
fn is_untouchable(facts: &Metadata) -> io::Result<bool> {
    let kind = facts.file_type();
    if kind.is_dir() {
        return Err(Errno::EISDIR.into());
    }
    if kind.is_socket() {
        return Err(Errno::ENXIO.into());
    }
    Ok(kind.is_fifo() || kind.is_char_device() || kind.is_block_device())
}

fn replace_file(path: &Path) -> io::Result<Outcome> {
    if fs::metadata(path).is_ok_and(|facts| facts.is_dir()) {
        return Err(Errno::EISDIR.into());
    }
    write_directory(parent(path))
}

/// Creates a file nobody can see, fills a block of it and syncs it.
fn write_directory(directory: &Path) -> io::Result<Outcome> {
    let mut file = invisible_file(directory)?;
    file.write_all(&BLOCK)?;
    file.sync_all()?;
    let chmod = fchmod(file.as_fd(), Mode::S_IRUSR).err();
    Ok(Outcome::Done { mode: None, chmod })
}

/// The same, and locks such a file, as stores lock theirs.
fn lock_directory(directory: &Path) -> io::Result<Outcome> {
    let outcome = write_directory(directory)?;
    let file = invisible_file(directory)?;
    let locked = Flock::lock(file, FlockArg::LockExclusiveNonblock);
    locked.map(|_| outcome).map_err(|(_, errno)| errno.into())
}

fn invisible_file(directory: &Path) -> io::Result<File> {
    unnamed_file(directory).or_else(|error| match errno(&error) {
        // The filesystem, or the kernel below 3.11, has no unnamed files.
        Errno::EOPNOTSUPP | Errno::EISDIR | Errno::EINVAL | Errno::ENOSYS if directory.is_dir() => {
            briefly_named_file(directory)
        }
        _ => Err(error),
    })
}

fn unnamed_file(directory: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .custom_flags(libc::O_TMPFILE)
        .mode(0o600)
        .open(directory)
}

/// Creates a file and removes its name before anything else is done with it.
pub(super) fn briefly_named_file(directory: &Path) -> io::Result<File> {
    let path = directory.join(format!(".guard-preflight-{}", process::id()));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// One page: less would fit into the inode of a full filesystem.
const BLOCK: [u8; 4096] = [0; 4096];
