//! Who the process is to the kernel: ids, capabilities, user namespace, and the findings that follow.
//!
//! Reads only; giving privileges up is another matter.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::Path,
};

use caps::{CapSet, Capability};
use nix::{
    sys::prctl,
    unistd::{Gid, Uid, getgroups, getresgid, getresuid, setfsgid, setfsuid},
};
use serde::Serialize;

use crate::{
    finding::{Finding, Severity},
    sys,
};

/// One kind of id in its four roles.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Ids {
    /// Whose process it is.
    pub real: u32,
    /// What permission checks use.
    pub effective: u32,
    /// What it may return to.
    pub saved: u32,
    /// What file access uses.
    pub filesystem: u32,
}

impl Ids {
    pub(crate) fn are_all(self, id: u32) -> bool {
        [self.real, self.effective, self.saved, self.filesystem] == [id; 4]
    }

    /// Returns whether the ids differ, which only set-id execution brings about before the first line of `main`.
    fn are_mixed(self) -> bool {
        self.real != self.effective || self.real != self.saved
    }
}

/// The identity of the process.
#[derive(Clone, Debug, Serialize)]
pub struct Identity {
    /// User ids.
    pub uid: Ids,
    /// Group ids.
    pub gid: Ids,
    /// Supplementary groups. An explicit `uid:gid` in Docker drops those of `/etc/group`.
    pub groups: Vec<u32>,
    /// The name in `/etc/passwd`; many platforms give ids without one, which is never an error.
    pub user: Option<String>,
    /// Whether uid 0 here is uid 0 of the host.
    pub initial_user_namespace: bool,
    /// Whether the kernel marked the execution as secure: set-id, file capabilities or a security module's transition.
    pub secure_execution: bool,
}

impl Identity {
    /// Reads the identity of this process.
    pub fn of_process() -> Self {
        let uid = user_ids();
        Self {
            uid,
            gid: group_ids(),
            groups: getgroups()
                .unwrap_or_default()
                .into_iter()
                .map(Gid::as_raw)
                .collect(),
            user: user_name(Path::new("/etc/passwd"), uid.effective),
            initial_user_namespace: in_initial_user_namespace(),
            secure_execution: sys::is_secure_execution(),
        }
    }

    /// Returns whether the process is root of the host, not only of a user namespace.
    pub fn is_real_root(&self) -> bool {
        self.uid.effective == 0 && self.initial_user_namespace
    }

    /// Returns what is worth knowing about this identity, GRD-I01 to GRD-I05.
    pub fn findings(&self) -> Vec<Finding> {
        let info = |id, message: String| Finding::new(id, Severity::Info, message);
        let uid = self.uid.effective;
        let mut findings = Vec::new();
        if self.is_real_root() {
            findings.push(info("GRD-I01", "the process runs as root of the host".to_owned()).with_fix(vec![
                "run it as a user: `--user 65532:65532`, `runAsUser: 65532` or `User=` in the unit".to_owned(),
            ]));
        } else if uid == 0 {
            findings.push(info(
                "GRD-I02",
                "uid 0 here is root of a user namespace only".to_owned(),
            ));
        }
        if self.user.is_none() {
            findings.push(info(
                "GRD-I03",
                format!("uid {uid} has no entry in /etc/passwd"),
            ));
        }
        if self.gid.effective == 0 {
            findings.push(info("GRD-I04", "the process runs with gid 0".to_owned()));
        }
        findings.extend(self.set_id());
        findings
    }

    /// Returns the finding GRD-I05 when the program was started through a set-id bit.
    ///
    /// The ids decide, not `AT_SECURE`: that mark is also left by file capabilities and by SELinux transitions of
    /// container runtimes, both of which are working deployments.
    pub fn set_id(&self) -> Option<Finding> {
        let message = format!(
            "the program was started setuid or setgid (uid {}, effective {}, gid {}, effective {})",
            self.uid.real, self.uid.effective, self.gid.real, self.gid.effective
        );
        let fix = "remove the bits with `chmod ug-s` on the program; to bind a low port use one of the ways of GRD-P01";
        (self.uid.are_mixed() || self.gid.are_mixed()).then(|| {
            Finding::new("GRD-I05", Severity::Error, message).with_fix(vec![fix.to_owned()])
        })
    }
}

/// The five capability sets by name, and the flag that keeps exec from adding to them.
#[derive(Clone, Debug, Serialize)]
pub struct Capabilities {
    effective: Vec<String>,
    permitted: Vec<String>,
    inheritable: Vec<String>,
    bounding: Vec<String>,
    ambient: Vec<String>,
}

impl Capabilities {
    /// Reads the sets of the calling thread; a set the kernel does not tell is empty.
    pub fn of_process() -> Self {
        Self {
            effective: names(CapSet::Effective),
            permitted: names(CapSet::Permitted),
            inheritable: names(CapSet::Inheritable),
            bounding: names(CapSet::Bounding),
            ambient: names(CapSet::Ambient),
        }
    }
}

fn names(set: CapSet) -> Vec<String> {
    let held: HashSet<Capability> = caps::read(None, set).unwrap_or_default();
    let mut names: Vec<String> = held.iter().map(ToString::to_string).collect();
    names.sort();
    names
}

pub(crate) fn may_bind_low_ports() -> bool {
    holds(CapSet::Effective)
}

pub(crate) fn could_gain_low_ports() -> bool {
    holds(CapSet::Bounding)
}

fn holds(set: CapSet) -> bool {
    caps::has_cap(None, set, Capability::CAP_NET_BIND_SERVICE).unwrap_or(false)
}

pub(crate) fn no_new_privileges() -> bool {
    prctl::get_no_new_privs().unwrap_or(false)
}

pub(crate) fn user_ids() -> Ids {
    let ids = getresuid().expect("getresuid fails only for bad pointers");
    Ids {
        real: ids.real.as_raw(),
        effective: ids.effective.as_raw(),
        saved: ids.saved.as_raw(),
        // An id that cannot exist changes nothing and returns the present one.
        filesystem: setfsuid(Uid::from_raw(u32::MAX)).as_raw(),
    }
}

pub(crate) fn group_ids() -> Ids {
    let ids = getresgid().expect("getresgid fails only for bad pointers");
    Ids {
        real: ids.real.as_raw(),
        effective: ids.effective.as_raw(),
        saved: ids.saved.as_raw(),
        filesystem: setfsgid(Gid::from_raw(u32::MAX)).as_raw(),
    }
}

pub(crate) fn in_initial_user_namespace() -> bool {
    // Without /proc or without the file there are no user namespaces to be in.
    fs::read_to_string("/proc/self/uid_map").map_or(true, |map| maps_everything(&map))
}

fn maps_everything(uid_map: &str) -> bool {
    uid_map
        .split_ascii_whitespace()
        .eq(["0", "0", "4294967295"])
}

/// Reads the file itself instead of asking the C library, whose plugins may go to the network.
fn user_name(passwd: &Path, uid: u32) -> Option<String> {
    let file = File::open(passwd).ok()?.take(PASSWD_BYTES_MAX);
    BufReader::new(file)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
        })
}

const PASSWD_BYTES_MAX: u64 = 1 << 20;

#[cfg(test)]
mod tests;
