//! Which mount a path lies on, from `/proc/self/mountinfo`.
//!
//! Source: proc_pid_mountinfo(5).

use std::{
    fs,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

use serde::Serialize;

/// The mount under a path.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Mount {
    pub(crate) point: PathBuf,
    pub(crate) filesystem: String,
    pub(crate) read_only: bool,
    pub(crate) no_exec: bool,
}

/// Returns the mount an existing path lies on; none without `/proc`.
pub(crate) fn of(path: &Path) -> Option<Mount> {
    let path = path.canonicalize().ok()?;
    find(&fs::read_to_string("/proc/self/mountinfo").ok()?, &path)
}

/// The deepest mount point above the path; of several on one point the last, which covers the others.
fn find(mountinfo: &str, path: &Path) -> Option<Mount> {
    mountinfo
        .lines()
        .filter_map(parse)
        .filter(|mount| path.starts_with(&mount.point))
        .max_by_key(|mount| mount.point.components().count())
}

fn parse(line: &str) -> Option<Mount> {
    let (mount, filesystem) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(4);
    let (point, options) = (mount.next()?, mount.next()?);
    let mut filesystem = filesystem.split(' ');
    let kind = filesystem.next()?;
    let filesystem_options = filesystem.nth(1).unwrap_or_default();
    let has = |options: &str, wanted: &str| options.split(',').any(|option| option == wanted);
    Some(Mount {
        point: unescape(point),
        filesystem: kind.to_owned(),
        read_only: has(options, "ro") || has(filesystem_options, "ro"),
        no_exec: has(options, "noexec"),
    })
}

/// Undoes the kernel's `\040` for blanks, tabs, newlines and backslashes.
fn unescape(text: &str) -> PathBuf {
    let mut parts = text.split('\\');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part
            .get(..3)
            .and_then(|octal| u8::from_str_radix(octal, 8).ok())
        {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[3..]);
            }
            None => {
                bytes.push(b'\\');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONTAINER: &str = "\
2213 1990 0:250 / / rw,relatime master:641 - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/u
2214 2213 0:252 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
2300 2213 259:1 /vols/x /data rw,relatime - ext4 /dev/nvme0n1p1 ro,discard
2301 2213 0:99 / /with\\040blank ro,noexec - tmpfs tmpfs rw
2302 2300 0:98 / /data rw - tmpfs tmpfs rw,size=64k
";

    #[track_caller]
    fn check(path: &str, point: &str, filesystem: &str, read_only: bool) {
        let mount = find(CONTAINER, Path::new(path)).unwrap();
        assert_eq!(
            (mount.point.to_str(), mount.filesystem.as_str()),
            (Some(point), filesystem),
            "{path}"
        );
        assert_eq!(mount.read_only, read_only, "{path}");
    }

    #[test]
    fn the_deepest_mount_above_a_path_is_its_mount() {
        check("/etc/passwd", "/", "overlay", false);
        check("/database", "/", "overlay", false);
        check("/proc/self", "/proc", "proc", false);
    }

    #[test]
    fn a_mount_over_a_mount_covers_it() {
        check("/data/x", "/data", "tmpfs", false);
    }

    #[test]
    fn blanks_in_mount_points_are_unescaped() {
        check("/with blank/x", "/with blank", "tmpfs", true);
        assert_eq!(unescape("a\\134b\\"), Path::new("a\\b\\"));
    }

    #[test]
    fn a_filesystem_may_be_read_only_under_a_writable_mount() {
        let line = CONTAINER.lines().nth(2).unwrap();
        assert!(parse(line).unwrap().read_only);
    }

    #[test]
    fn torn_lines_are_skipped() {
        let line = CONTAINER.lines().next().unwrap();
        for end in 0..line.find(" - ").unwrap() {
            assert_eq!(parse(&line[..end]), None);
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line: String, path: String) {
            let _ = find(&line, Path::new(&path));
            let _ = unescape(&line);
        }
    }
}
