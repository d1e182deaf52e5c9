//! The `GUARD_*` variables as one value, parsed once in [`enter`](crate::enter).
//!
//! A variable that is unset or empty has its default. A value this version cannot honour is refused, never ignored.

use std::path::PathBuf;

/// What to do about ports that a harder platform would refuse (`GUARD_PORTS`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum PortMode {
    /// Explain a failure, stay silent otherwise.
    #[default]
    Explain,
    /// Also log once what works only here.
    Warn,
    /// Refuse what works only here.
    Deny,
    /// Neither judge nor explain.
    Off,
}

/// What to do about running as real root (`GUARD_ROOT`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum RootMode {
    #[default]
    Off,
    Warn,
    Deny,
}

/// Whether privileges are given up (`GUARD_DROP`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum DropMode {
    /// What cannot break a working deployment; everything once `GUARD_USER` names whom to become.
    #[default]
    Auto,
    /// Nothing.
    Off,
    /// Everything, and a start that could not is refused.
    Strict,
}

/// Whom to become (`GUARD_USER`); never root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Which sandboxes to enter (`GUARD_SANDBOX`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sandbox {
    pub(crate) landlock: bool,
    pub(crate) seccomp: bool,
}

/// Where the JSON report goes (`GUARD_REPORT`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ReportTarget {
    Stderr,
    File(PathBuf),
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Settings {
    pub(crate) ports: PortMode,
    pub(crate) root: RootMode,
    pub(crate) report: Option<ReportTarget>,
    pub(crate) listen_any_pid: bool,
    pub(crate) listen_map: bool,
    pub(crate) drop: DropMode,
    pub(crate) user: Option<User>,
    pub(crate) sandbox: Sandbox,
}

/// A `GUARD_*` variable has a value that cannot be honoured.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SettingError {
    /// The value is none of the known ones.
    #[error("{name}: unknown value {value:?}, want {wanted}")]
    Unknown {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// The values it may hold.
        wanted: &'static str,
    },
    /// `GUARD_USER` asks for an identity that `GUARD_DROP=off` keeps the program from taking.
    #[error("GUARD_USER={0} cannot be honoured with GUARD_DROP=off: unset one of them")]
    Contradiction(String),
    /// The setting asks for something this program does not do, and doing less than asked would be a false promise.
    #[error("{name} is not available in this program, which starts others: unset {name}")]
    Unavailable {
        /// The variable.
        name: &'static str,
    },
}

impl Settings {
    pub(crate) fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let choice =
            |name, wanted, table: &[(&str, bool)]| choose(name, value(name), wanted, table);
        let drop = choose(
            "GUARD_DROP",
            value("GUARD_DROP"),
            "auto, off or strict",
            &DROP,
        )?;
        let sandbox = match value("GUARD_SANDBOX") {
            None if drop == DropMode::Strict => Sandbox::ALL,
            given => choose(
                "GUARD_SANDBOX",
                given,
                "off, landlock, seccomp or all",
                &SANDBOX,
            )?,
        };
        let user = value("GUARD_USER").map(|text| user(&text).map(|user| (text, user)));
        let user = match user.transpose()? {
            Some((text, _)) if drop == DropMode::Off => {
                return Err(SettingError::Contradiction(text));
            }
            user => user.map(|(_, user)| user),
        };
        Ok(Self {
            ports: choose(
                "GUARD_PORTS",
                value("GUARD_PORTS"),
                "explain, warn, deny or off",
                &PORTS,
            )?,
            root: choose(
                "GUARD_ROOT",
                value("GUARD_ROOT"),
                "off, warn or deny",
                &ROOT,
            )?,
            report: value("GUARD_REPORT").map(|text| match text.as_str() {
                "stderr" => ReportTarget::Stderr,
                path => ReportTarget::File(path.into()),
            }),
            listen_any_pid: choice("GUARD_LISTEN_ANYPID", "0 or 1", &SWITCH)?,
            listen_map: choice("GUARD_LISTEN_MAP", "0 or 1", &SWITCH)?,
            drop,
            user,
            sandbox,
        })
    }

    /// Returns the first setting that only a program which confines itself can honour.
    pub(crate) fn confinement(&self) -> Option<&'static str> {
        let strict = (self.drop == DropMode::Strict).then_some("GUARD_DROP");
        let user = self.user.is_some().then_some("GUARD_USER");
        let sandbox = (self.sandbox != Sandbox::OFF).then_some("GUARD_SANDBOX");
        strict.or(user).or(sandbox)
    }
}

impl Sandbox {
    const OFF: Self = Self {
        landlock: false,
        seccomp: false,
    };
    const ALL: Self = Self {
        landlock: true,
        seccomp: true,
    };
}

/// Reads `uid[:gid]`; without a gid it is the number of the uid.
fn user(text: &str) -> Result<User, SettingError> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    // The highest number is what the kernel reads as "leave it as it is".
    let number = |text: &str| text.parse().ok().filter(|id| (1..u32::MAX).contains(id));
    let parsed = number(uid)
        .zip(number(gid))
        .map(|(uid, gid)| User { uid, gid });
    parsed.ok_or_else(|| SettingError::Unknown {
        name: "GUARD_USER",
        value: text.to_owned(),
        wanted: "uid or uid:gid in numbers from 1, such as 65532:65532",
    })
}

const DROP: [(&str, DropMode); 3] = [
    ("auto", DropMode::Auto),
    ("off", DropMode::Off),
    ("strict", DropMode::Strict),
];
const SANDBOX: [(&str, Sandbox); 4] = [
    ("off", Sandbox::OFF),
    (
        "landlock",
        Sandbox {
            landlock: true,
            seccomp: false,
        },
    ),
    (
        "seccomp",
        Sandbox {
            landlock: false,
            seccomp: true,
        },
    ),
    ("all", Sandbox::ALL),
];
const PORTS: [(&str, PortMode); 4] = [
    ("explain", PortMode::Explain),
    ("warn", PortMode::Warn),
    ("deny", PortMode::Deny),
    ("off", PortMode::Off),
];
const ROOT: [(&str, RootMode); 3] = [
    ("off", RootMode::Off),
    ("warn", RootMode::Warn),
    ("deny", RootMode::Deny),
];
const SWITCH: [(&str, bool); 2] = [("0", false), ("1", true)];

fn choose<T: Copy + Default>(
    name: &'static str,
    value: Option<String>,
    wanted: &'static str,
    table: &[(&str, T)],
) -> Result<T, SettingError> {
    let Some(value) = value else {
        return Ok(T::default());
    };
    let found = table
        .iter()
        .find(|(text, _)| *text == value)
        .map(|(_, mode)| *mode);
    found.ok_or(SettingError::Unknown {
        name,
        value,
        wanted,
    })
}

#[cfg(test)]
mod tests;
