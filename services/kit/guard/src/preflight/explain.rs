//! From an error on a path to a finding with its ways out, GRD-F01 to GRD-F06.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use nix::errno::Errno;

use super::{
    Space,
    attempt::{Act, Failure, nearest_existing},
};
use crate::{
    finding::{Finding, Severity},
    identity, ledger, mounts,
    platform::Platform,
};

/// Explains a failure; empty when the error says all there is to know.
pub(super) fn failure(path: &Path, failure: &Failure) -> Vec<Finding> {
    let finding = match failure.errno {
        errno if failure.act == Act::Lock => no_locks(path, errno),
        Errno::EACCES | Errno::EPERM => refused(path, failure),
        Errno::EROFS => read_only(path, failure),
        Errno::ENOENT => missing(failure),
        Errno::ENOSPC | Errno::EDQUOT => full(path, failure.errno),
        Errno::ENOTDIR | Errno::EISDIR | Errno::ENXIO => wrong_kind(path, failure),
        _ => return Vec::new(),
    };
    vec![finding]
}

/// GRD-F06: a filesystem that keeps no owners and modes.
pub(super) fn no_ownership(path: &Path, errno: Errno) -> Finding {
    let message = format!(
        "the volume of {} does not support ownership and modes ({errno:?} on chmod)",
        path.display()
    );
    let fix = "use a volume of a POSIX filesystem, or set uid, gid and modes in the mount options (CIFS, some CSI drivers)";
    Finding::new("GRD-F06", Severity::Warn, message).with_fix(vec![fix.to_owned()])
}

/// GRD-F11: a filesystem on which two processes would both believe that they are alone.
fn no_locks(path: &Path, errno: Errno) -> Finding {
    let message = format!(
        "the volume of {} does not support file locks ({errno:?} on flock)",
        path.display()
    );
    let fix = "use a local filesystem, or NFS 4 with locks (without the mount option nolock)";
    error("GRD-F11", message).with_fix(vec![fix.to_owned()])
}

/// GRD-F04 for a filesystem that runs out.
pub(super) fn shortage(path: &Path, space: &Space, severity: Severity) -> Finding {
    let inodes = space
        .inodes
        .map_or_else(String::new, |inodes| format!(" and {inodes} inodes"));
    let message = format!(
        "the filesystem of {} has {} bytes{inodes} free",
        path.display(),
        space.bytes
    );
    Finding::new("GRD-F04", severity, message).with_fix(room(path))
}

fn error(id: &'static str, message: String) -> Finding {
    Finding::new(id, Severity::Error, message)
}

fn refused(path: &Path, failure: &Failure) -> Finding {
    let at = failure.at.display();
    let (user, group) = (
        identity::user_ids().effective,
        identity::group_ids().effective,
    );
    let able = match failure.act {
        Act::Read => "readable",
        Act::Write | Act::Create => "writable",
        Act::Enter | Act::Lock => "accessible",
    };
    let owner = fs::metadata(&failure.at).map_or_else(
        |_| String::new(),
        |facts| {
            format!(
                " (owner {}:{}, mode {:04o})",
                facts.uid(),
                facts.gid(),
                facts.mode() & 0o7777
            )
        },
    );
    let message = format!("{at} is not {able} by uid {user} gid {group}{owner}");
    error("GRD-F01", message).with_fix(ordered(ways_in(path, failure, user, group)))
}

fn ways_in(path: &Path, failure: &Failure, user: u32, group: u32) -> Vec<(Platform, String)> {
    let (path, at) = (path.display(), failure.at.display());
    let kubernetes = format!("Kubernetes: securityContext.fsGroup: {group}");
    let (bare, docker) = if failure.act == Act::Create {
        (
            format!("create {path} with owner {user}:{group}"),
            format!("Docker: mount a volume at {path}"),
        )
    } else if failure.at == Path::new("/") {
        // Giving somebody the root directory is no advice.
        let folder = format!("name a path in a directory that uid {user} owns instead of {path}");
        (
            folder,
            "Docker: mount a volume and name a path in it".to_owned(),
        )
    } else {
        (
            format!("chown {user}:{group} {at} (its path on the host)"),
            format!(
                "Docker: a named volume takes the owner of {at} in the image when it is first used"
            ),
        )
    };
    vec![
        (Platform::Bare, bare),
        (Platform::Docker, docker),
        (Platform::Kubernetes, kubernetes),
    ]
}

fn read_only(path: &Path, failure: &Failure) -> Finding {
    let folder = failure.at.display();
    let message = format!("{} is on a read-only filesystem", path.display());
    let point = mounts::of(&nearest_existing(&failure.at)).map(|mount| mount.point);
    let bare = match point {
        Some(point) if point != Path::new("/") => {
            format!("mount -o remount,rw {}", point.display())
        }
        _ => format!("mount a writable filesystem at {folder}"),
    };
    error("GRD-F02", message).with_fix(ordered(vec![
        (Platform::Bare, bare),
        (
            Platform::Docker,
            format!("Docker: a volume or --tmpfs at {folder}"),
        ),
        (
            Platform::Kubernetes,
            format!("Kubernetes: a volume or emptyDir at {folder} (readOnlyRootFilesystem)"),
        ),
        (
            Platform::Systemd,
            format!("systemd: ReadWritePaths={folder}"),
        ),
    ]))
}

fn missing(failure: &Failure) -> Finding {
    let at = failure.at.display();
    error("GRD-F03", format!("{at} does not exist"))
        .with_fix(vec![format!("create {at} or mount a volume there")])
}

fn full(path: &Path, errno: Errno) -> Finding {
    match Space::of(&nearest_existing(path)) {
        Some(space) if errno == Errno::ENOSPC => shortage(path, &space, Severity::Error),
        _ => error(
            "GRD-F04",
            format!("the disk quota of {} is used up", path.display()),
        )
        .with_fix(room(path)),
    }
}

fn room(path: &Path) -> Vec<String> {
    let point =
        mounts::of(&nearest_existing(path)).map_or_else(|| path.to_owned(), |mount| mount.point);
    vec![format!("free or add space at {}", point.display())]
}

fn wrong_kind(path: &Path, failure: &Failure) -> Finding {
    if failure.errno == Errno::ENXIO {
        let message = format!("{} is a socket where a file is expected", path.display());
        return error("GRD-F05", message).with_fix(vec!["name a file".to_owned()]);
    }
    if failure.errno == Errno::EISDIR {
        let message = format!("{} is a directory where a file is expected", path.display());
        let docker = "Docker: -v with a host file that does not exist creates a directory; create the file first, \
                      and remove the directory";
        return error("GRD-F05", message).with_fix(vec![docker.to_owned()]);
    }
    let file = path
        .ancestors()
        .find(|ancestor| ancestor.is_file())
        .unwrap_or(path)
        .display();
    error(
        "GRD-F05",
        format!("{file} is a file where a directory is expected"),
    )
    .with_fix(vec![format!("remove {file} or name another directory")])
}

/// Puts the ways of the detected platform first.
fn ordered(mut ways: Vec<(Platform, String)>) -> Vec<String> {
    let platform = match ledger::with(|ledger| ledger.platform) {
        Platform::Podman => Platform::Docker, // takes the same options
        platform => platform,
    };
    ways.sort_by_key(|(of, _)| *of != platform);
    ways.into_iter().map(|(_, way)| way).collect()
}
