//! Landlock: which files can be opened for what, which TCP ports bound and connected to.
//!
//! Rules bind to what a path leads to at start. A file that is replaced by renaming another over it, as Kubernetes does
//! with its `..data` link and Let's Encrypt with its archive, is a new one; so the rule is made for the directory the
//! file lies in, as written and as it resolves. The cost: what lies beside a configuration file can be read too.
//!
//! Source: landlock(7).

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ::landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, NetPort, PathBeneath, PathFd, RestrictionStatus,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::{Level, refused};
use crate::{
    bind,
    finding::{Finding, Severity},
    ledger,
    preflight::Need,
    refusal::Refusal,
    rights::{Connect, Listen, PathRight, Rights},
    sys,
};

/// What the rules are written for; a kernel that knows less enforces less, one that knows more enforces this.
const ABI_WRITTEN_FOR: ABI = ABI::V6;

/// The first version with ports, below which strict mode is none.
const ABI_STRICT: i64 = 4;

pub(super) fn enter(rights: &Rights, strict: bool) -> Result<(), Refusal> {
    let abi = sys::landlock_abi();
    if strict && abi.unwrap_or(0) < ABI_STRICT {
        let message = format!(
            "GUARD_DROP=strict needs Landlock version {ABI_STRICT}, {}",
            offered(abi)
        );
        let fix = "run on Linux 6.7 or later with Landlock enabled and the runtime's seccomp profile allowing it, \
                   or set GUARD_SANDBOX=seccomp";
        return Err(refused("GRD-L01", message, fix));
    }
    let files = file_rules(rights)?;
    let failed = |error: RulesetError| {
        refused(
            "GRD-L01",
            format!("the Landlock rules cannot be enforced: {error}"),
            "set GUARD_SANDBOX=seccomp",
        )
    };
    let status = restrict(rights, &files).map_err(failed)?;
    let level = match status.ruleset {
        RulesetStatus::FullyEnforced => Level::Full,
        RulesetStatus::PartiallyEnforced => Level::Partial,
        RulesetStatus::NotEnforced => Level::None,
    };
    ledger::with(|ledger| ledger.landlock = level);
    if level != Level::Full {
        let message = format!("the Landlock sandbox is not complete: {}", offered(abi));
        ledger::note_and_log(Finding::new("GRD-L01", Severity::Warn, message));
        ledger::log_pending();
    }
    Ok(())
}

fn offered(abi: Option<i64>) -> String {
    match abi {
        Some(abi) => format!("this kernel offers version {abi}"),
        None => "this kernel has none, or the runtime's seccomp profile forbids it".to_owned(),
    }
}

/// What may be done beneath each path.
type FileRules = BTreeMap<PathBuf, BitFlags<AccessFs>>;

fn file_rules(rights: &Rights) -> Result<FileRules, Refusal> {
    let mut rules = FileRules::new();
    let mut allow = |path: PathBuf, access| *rules.entry(path).or_default() |= access;
    for path in READ_BY_ALL {
        allow(path.into(), read());
    }
    for path in DEVICES {
        allow(path.into(), AccessFs::ReadFile | AccessFs::WriteFile);
    }
    for right in &rights.paths {
        for (path, access) in rules_of(right)? {
            allow(path, access);
        }
    }
    Ok(rules)
}

/// Returns the rules one path needs.
fn rules_of(right: &PathRight) -> Result<Vec<(PathBuf, BitFlags<AccessFs>)>, Refusal> {
    let path = &right.path;
    Ok(match right.need {
        Need::ReadFile | Need::PrivateFile => {
            // Nobody opens the root directory to read one file in it.
            let place = |folder: PathBuf| {
                if folder == Path::new("/") {
                    path.clone()
                } else {
                    folder
                }
            };
            folders(path)
                .map(|folder| (place(folder), read()))
                .collect()
        }
        Need::ReadDirectory => vec![(path.clone(), read())],
        Need::WriteFile | Need::ReplaceFile => {
            let folders: Vec<PathBuf> = folders(path).collect();
            if folders.iter().any(|folder| folder == Path::new("/")) {
                return Err(in_root(right));
            }
            folders
                .into_iter()
                .map(|folder| (folder, write_files()))
                .collect()
        }
        Need::WriteDirectory | Need::CreateDirectory | Need::LockDirectory => {
            let existing = path
                .ancestors()
                .find(|it| it.exists())
                .unwrap_or_else(|| Path::new("."));
            if existing == Path::new("/") {
                return Err(in_root(right));
            }
            vec![(
                existing.to_owned(),
                write_files() | AccessFs::MakeDir | AccessFs::RemoveDir,
            )]
        }
    })
}

fn in_root(right: &PathRight) -> Refusal {
    let path = right.path.display();
    let message =
        format!("{path} lies in the root directory: a sandbox that lets it be written is none");
    refused(
        "GRD-L02",
        message,
        &format!("name a path in a directory of its own for {}", right.origin),
    )
}

/// Returns the directories a file lies in: as written, and as it resolves when it is a link.
fn folders(path: &Path) -> impl Iterator<Item = PathBuf> {
    let resolved = path.canonicalize().ok();
    [Some(path.to_owned()), resolved]
        .into_iter()
        .flatten()
        .filter_map(|file| {
            let folder = file.parent()?;
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            // A directory that is not there gives nothing to read; the service says so in its own words.
            folder.canonicalize().ok()
        })
}

fn read() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

/// Writing, creating and replacing files.
fn write_files() -> BitFlags<AccessFs> {
    read()
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::RemoveFile
        | AccessFs::Refer
}

fn restrict(rights: &Rights, files: &FileRules) -> Result<RestrictionStatus, RulesetError> {
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI_WRITTEN_FOR))?
        .handle_access(AccessNet::BindTcp)?;
    if rights.connect != Connect::Anybody {
        ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?;
    }
    let mut created = ruleset.scope(scopes())?.create()?;
    for (path, access) in files {
        created = allow_beneath(created, path, *access)?;
    }
    for port in ports(rights) {
        created = created.add_rule(NetPort::new(port, AccessNet::BindTcp))?;
    }
    if let Connect::Ports(ports) = &rights.connect {
        for port in ports {
            created = created.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
        }
    }
    created.restrict_self()
}

/// Allows what fits the kind of the path; what does not exist needs no rule.
fn allow_beneath(
    ruleset: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(path) else {
        return Ok(ruleset);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(ABI_WRITTEN_FOR)
    };
    ruleset.add_rule(PathBeneath::new(opened, access))
}

/// Returns the ports the service was told to listen on, 0 among them only when it was told so.
fn ports(rights: &Rights) -> impl Iterator<Item = u16> {
    rights.listen.iter().filter_map(|listen| match listen {
        Listen::Tcp(address) | Listen::SharedTcp(address) => bind::port_of(address),
        Listen::Unix(_) | Listen::Vsock(_) => None,
    })
}

/// No signals to others, and no abstract sockets of theirs, except where systemd listens on one.
fn scopes() -> BitFlags<Scope> {
    let notifies_abstract = ledger::with(|ledger| {
        ledger
            .notify_socket
            .as_ref()
            .is_some_and(|path| path.starts_with('@'))
    });
    if notifies_abstract {
        Scope::Signal.into()
    } else {
        Scope::Signal | Scope::AbstractUnixSocket
    }
}

/// Read by the language's runtime, the resolver and the metrics of any service, often late.
const READ_BY_ALL: [&str; 14] = [
    "/etc/group",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
    "/proc/self",
    "/proc/stat",
    "/proc/sys/net",
    "/sys/fs/cgroup",
    "/usr/lib/ssl",
    "/usr/share/zoneinfo",
];

/// Opened by anybody, and harmless.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"];

#[cfg(test)]
mod tests;
