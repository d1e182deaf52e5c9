//! Giving privileges up for good, and proof that they are gone.
//!
//! Capabilities belong to threads, so all of it happens while there is one ([`one_thread`]). The order is the one in
//! which each step still may do what it does; the securebits alone stand one step earlier than logic would have them,
//! because changing them takes a capability that the next step gives up.
//!
//! Source: capabilities(7), credentials(7).

use std::{collections::HashSet, fs};

use caps::{CapSet, Capability, CapsHashSet, errors::CapsError, securebits};
use nix::{
    errno::Errno,
    sys::prctl,
    unistd::{Gid, Uid, setgroups, setresgid, setresuid},
};

use crate::{
    finding::{Finding, Severity},
    identity, ledger,
    refusal::Refusal,
    settings::User,
    sys,
};

/// What is left in the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Whom to become, when started as root.
    pub(crate) user: Option<User>,
    /// Keep `CAP_NET_BIND_SERVICE`, effective and permitted.
    pub(crate) keep_low_ports: bool,
    /// Lock the ways back that only root has.
    pub(crate) lock: bool,
}

/// Refuses with GRD-D01 when there is more than one thread: what one gives up the others keep.
pub(crate) fn one_thread() -> Result<(), Refusal> {
    match threads() {
        ..=1 => Ok(()),
        threads => {
            let message = format!(
                "privileges must be given up before any thread is started ({threads} threads run)"
            );
            Err(refused("GRD-D01", message))
        }
    }
}

/// Returns how many threads there are; without `/proc` nobody can tell, and being called first is all there is.
pub(crate) fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
}

/// Becomes the user, and loses every capability but those wanted.
pub(crate) fn give_up(wanted: &Wanted) -> Result<(), Refusal> {
    if let Some(user) = wanted.user {
        become_user(user)?;
    }
    step(
        "clear the ambient set",
        ignoring_old_kernels(caps::clear(None, CapSet::Ambient)),
    )?;
    if holds(CapSet::Permitted, Capability::CAP_SETPCAP) {
        step(
            "raise CAP_SETPCAP",
            caps::raise(None, CapSet::Effective, Capability::CAP_SETPCAP),
        )?;
        step("drop the bounding set", drop_bounding_set())?;
        if wanted.lock {
            step("set the securebits", sys::lock_securebits())?;
        }
    }
    let kept = kept(wanted);
    step(
        "set the effective set",
        caps::set(None, CapSet::Effective, &kept),
    )?;
    step(
        "clear the inheritable set",
        caps::clear(None, CapSet::Inheritable),
    )?;
    step(
        "set the permitted set",
        caps::set(None, CapSet::Permitted, &kept),
    )?;
    step("set no_new_privs", prctl::set_no_new_privs())
}

/// Asserts that what was to be lost is lost, GRD-D02 otherwise.
pub(crate) fn verify(wanted: &Wanted) -> Result<(), Refusal> {
    let kept = kept(wanted);
    for (set, name, expected) in [
        (CapSet::Effective, "effective", &kept),
        (CapSet::Permitted, "permitted", &kept),
        (CapSet::Inheritable, "inheritable", &HashSet::new()),
        (CapSet::Ambient, "ambient", &HashSet::new()),
    ] {
        let held = step("read the capabilities", read(set))?;
        if held != *expected {
            return Err(kept_anyway(&format!("the {name} set holds {held:?}")));
        }
    }
    if !identity::no_new_privileges() {
        return Err(kept_anyway("no_new_privs is not set"));
    }
    let Some(user) = wanted.user else {
        return Ok(());
    };
    let (uid, gid) = (identity::user_ids(), identity::group_ids());
    if !uid.are_all(user.uid) || !gid.are_all(user.gid) {
        return Err(kept_anyway(&format!("the ids are {uid:?} and {gid:?}")));
    }
    let leave = Uid::from_raw(u32::MAX);
    if setresuid(leave, Uid::from_raw(0), leave).is_ok() {
        return Err(kept_anyway("the process can become uid 0 again"));
    }
    Ok(())
}

/// Takes the ids of the user. Root's permitted capabilities survive it, for the steps that need them.
fn become_user(user: User) -> Result<(), Refusal> {
    let (now, group) = (identity::user_ids(), identity::group_ids());
    if now.are_all(user.uid) && group.are_all(user.gid) {
        return Ok(());
    }
    step(
        "keep capabilities across the change of user",
        securebits::set_keepcaps(true),
    )?;
    match setgroups(&[]) {
        // A user namespace may forbid it (`/proc/self/setgroups`); the groups then give no more than they gave outside.
        Err(Errno::EPERM) if !identity::in_initial_user_namespace() => ledger::note(&Finding::new(
            "GRD-D03",
            Severity::Warn,
            "the supplementary groups are kept: this user namespace denies setgroups",
        )),
        outcome => step("drop the supplementary groups", outcome)?,
    }
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    step(&format!("become gid {gid}"), setresgid(gid, gid, gid))?;
    step(&format!("become uid {uid}"), setresuid(uid, uid, uid))?;
    step(
        "let go of capabilities with root",
        securebits::set_keepcaps(false),
    )
}

/// Drops until the kernel knows no further capability, whichever the last one was when this was compiled.
fn drop_bounding_set() -> nix::Result<()> {
    for number in 0.. {
        match sys::drop_from_bounding_set(number) {
            Ok(()) => {}
            Err(Errno::EINVAL) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn kept(wanted: &Wanted) -> CapsHashSet {
    let low_ports = Capability::CAP_NET_BIND_SERVICE;
    let keeps = wanted.keep_low_ports && holds(CapSet::Permitted, low_ports);
    keeps.then_some(low_ports).into_iter().collect()
}

fn holds(set: CapSet, capability: Capability) -> bool {
    caps::has_cap(None, set, capability).unwrap_or(false)
}

/// Kernels before 4.3 have no ambient set; what does not exist is empty.
fn ignoring_old_kernels(outcome: Result<(), CapsError>) -> Result<(), CapsError> {
    match caps::runtime::ambient_set_supported() {
        Ok(()) => outcome,
        Err(_) => Ok(()),
    }
}

fn read(set: CapSet) -> Result<CapsHashSet, CapsError> {
    match set {
        CapSet::Ambient if caps::runtime::ambient_set_supported().is_err() => Ok(HashSet::new()),
        set => caps::read(None, set),
    }
}

fn step<T, E: std::fmt::Display>(what: &str, outcome: Result<T, E>) -> Result<T, Refusal> {
    outcome.map_err(|error| kept_anyway(&format!("cannot {what}: {error}")))
}

fn kept_anyway(reason: &str) -> Refusal {
    refused(
        "GRD-D02",
        format!("privileges were not given up as asked: {reason}"),
    )
}

fn refused(id: &'static str, message: String) -> Refusal {
    let finding = Finding::new(id, Severity::Error, message);
    ledger::note(&finding);
    Refusal::Drop(finding)
}
