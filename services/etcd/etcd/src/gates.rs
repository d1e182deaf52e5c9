//! Feature gates.
//!
//! Source: etcd v3.7 server/features/etcd_features.go; pkg/featuregate/feature_gate.go.

use std::fmt::{self, Write as _};

use kit_cli::value::{self, quote};

macro_rules! gates {
    ($($(#[$doc:meta])* $name:ident = $text:literal $stage:ident $default:literal,)*) => {
        /// What is switched on and off by name.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Gate {
            $($(#[$doc])* $name,)*
        }

        impl Gate {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns how finished upstream says it is.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(Self::$name => Stage::$stage,)* }
            }

            const fn default(self) -> bool {
                match self { $(Self::$name => $default,)* }
            }
        }
    };
}

gates! {
    /// The gRPC health service says no while the store is defragmented.
    StopGrpcServiceOnDefrag = "StopGRPCServiceOnDefrag" Alpha false,
    /// Hashes are compared with the other members before serving.
    InitialCorruptCheck = "InitialCorruptCheck" Alpha false,
    /// The leader compares hashes of compactions.
    CompactHashCheck = "CompactHashCheck" Alpha false,
    /// Nothing here; it is upstream's way to read.
    TxnModeWriteWithSharedBuffer = "TxnModeWriteWithSharedBuffer" Beta true,
    /// What is left of long leases goes into the log.
    LeaseCheckpoint = "LeaseCheckpoint" Alpha false,
    /// And is stored below version 3.6 too.
    LeaseCheckpointPersist = "LeaseCheckpointPersist" Alpha false,
    /// Peers are called from the first advertised address.
    SetMemberLocalAddr = "SetMemberLocalAddr" Alpha false,
    /// Leases are renewed without waiting for what is being applied.
    FastLeaseKeepAlive = "FastLeaseKeepAlive" Beta true,
    /// Revocations of leases are let in when others are not.
    PriorityRequest = "PriorityRequest" Alpha false,
}

/// How finished a feature is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Off unless asked for.
    Alpha,
    /// On unless switched off.
    Beta,
}

impl Stage {
    /// Returns its name, as in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alpha => "ALPHA",
            Self::Beta => "BETA",
        }
    }
}

/// Which gates are open.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Gates {
    /// What was said of each gate.
    said: [Option<bool>; Gate::ALL.len()],
}

/// Why a list of gates cannot be read. The texts are upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GatesError {
    /// No value.
    #[error("missing bool value for {0}")]
    NoValue(String),
    /// No truth value.
    #[error("invalid value of {name}={value}, err: strconv.ParseBool: parsing {}: invalid syntax", quote(.value))]
    Value {
        /// The name.
        name: String,
        /// The value.
        value: String,
    },
    /// No gate.
    #[error("unrecognized feature gate: {0}")]
    Unknown(String),
}

/// Reads `A=true,B=false`. `AllAlpha` and `AllBeta` speak of those of which nothing else is said.
///
/// # Errors
/// [`GatesError`].
pub fn parse(written: &str) -> Result<Gates, GatesError> {
    let mut gates = Gates::default();
    let (mut all_alpha, mut all_beta) = (None, None);
    let mut unknown = None;
    for part in written.split(',').filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(GatesError::NoValue(part.trim().to_owned()));
        };
        let (name, value) = (name.trim(), value.trim());
        let open = value::parse_bool(value).map_err(|_| GatesError::Value {
            name: name.to_owned(),
            value: value.to_owned(),
        })?;
        let gate = Gate::ALL.iter().position(|gate| gate.name() == name);
        match (name, gate) {
            ("AllAlpha", _) => all_alpha = Some(open),
            ("AllBeta", _) => all_beta = Some(open),
            (_, Some(at)) => gates.said[at] = Some(open),
            _ => unknown = unknown.or_else(|| Some(name.to_owned())),
        }
    }
    if let Some(name) = unknown {
        return Err(GatesError::Unknown(name));
    }
    for (gate, said) in Gate::ALL.iter().zip(&mut gates.said) {
        let all = match gate.stage() {
            Stage::Alpha => all_alpha,
            Stage::Beta => all_beta,
        };
        *said = said.or(all);
    }
    Ok(gates)
}

/// What was said of gates, by name, as upstream logs it.
impl fmt::Display for Gates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = Gate::ALL.iter().zip(&self.said);
        let mut said: Vec<_> = said
            .filter_map(|(gate, said)| Some((gate.name(), (*said)?)))
            .collect();
        said.sort_unstable();
        let said: Vec<_> = said
            .into_iter()
            .map(|(name, open)| format!("{name}={open}"))
            .collect();
        f.write_str(&said.join(","))
    }
}

impl Gates {
    /// Returns every gate with its stage and whether it is open, as metrics have them, and those that speak of all of a stage.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> + '_ {
        let all = Gate::ALL
            .iter()
            .map(|gate| (gate.name(), gate.stage().name(), self.is_open(*gate)));
        let of_stage = |stage: Stage| {
            let mut gates = Gate::ALL.iter().filter(move |gate| gate.stage() == stage);
            gates.all(|gate| self.is_open(*gate) && !gate.default())
        };
        let stages = [
            ("AllAlpha", Stage::Alpha.name(), of_stage(Stage::Alpha)),
            ("AllBeta", Stage::Beta.name(), of_stage(Stage::Beta)),
        ];
        all.chain(stages)
    }

    /// Returns whether a gate is open.
    #[must_use]
    pub fn is_open(&self, gate: Gate) -> bool {
        let at = Gate::ALL.iter().position(|other| *other == gate);
        at.and_then(|at| self.said[at])
            .unwrap_or_else(|| gate.default())
    }
}

/// Returns a line for each gate, as help lists them.
#[must_use]
pub fn listed() -> String {
    let gates = Gate::ALL
        .iter()
        .map(|gate| (gate.name(), gate.stage(), gate.default()));
    let all = [
        ("AllAlpha", Stage::Alpha, false),
        ("AllBeta", Stage::Beta, false),
    ];
    let mut lines: Vec<_> = gates.chain(all).collect();
    lines.sort_unstable_by_key(|(name, ..)| *name);
    lines
        .into_iter()
        .fold(String::new(), |mut text, (name, stage, default)| {
            let _ = writeln!(
                text,
                "    {name}=true|false ({} - default={default})",
                stage.name()
            );
            text
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn open(written: &str) -> Vec<&'static str> {
        let gates = parse(written).unwrap();
        let open = Gate::ALL.iter().filter(|gate| gates.is_open(**gate));
        open.map(|gate| gate.name()).collect()
    }

    #[track_caller]
    fn refused(written: &str, text: &str) {
        assert_eq!(parse(written).unwrap_err().to_string(), text);
    }

    #[test]
    fn gates_are_as_upstream_has_them_unless_something_is_said() {
        let default = ["TxnModeWriteWithSharedBuffer", "FastLeaseKeepAlive"];
        assert_eq!(open(""), default);
        assert_eq!(open(","), default);
        assert_eq!(open("AllBeta=false"), [""; 0]);
        assert_eq!(open(" FastLeaseKeepAlive = 0 ,AllBeta=true"), default[..1]);
        assert_eq!(open("AllAlpha=t").len(), Gate::ALL.len());
        assert_eq!(
            open("AllAlpha=true,PriorityRequest=false").len(),
            Gate::ALL.len() - 1
        );
    }

    #[test]
    fn what_is_no_gate_is_refused_in_upstreams_words() {
        refused("X=true", "unrecognized feature gate: X");
        refused("X", "missing bool value for X");
        refused(
            "X=yes",
            "invalid value of X=yes, err: strconv.ParseBool: parsing \"yes\": invalid syntax",
        );
        refused("allalpha=true", "unrecognized feature gate: allalpha");
    }

    #[test]
    fn help_lists_them_as_upstream_does() {
        let help = include_str!("help.txt");
        assert!(help.contains(&listed()), "{}", listed());
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_refused(written in "([A-Za-z]{0,4}|AllAlpha|PriorityRequest)(=(true|0|x|))?(,.{0,5})?") {
            let _ = parse(&written);
        }

        #[test]
        fn what_is_said_of_a_gate_counts(said in prop::collection::btree_map(0..Gate::ALL.len(), any::<bool>(), 0..9)) {
            let written: Vec<_> = said.iter().map(|(at, open)| format!("{}={open}", Gate::ALL[*at].name())).collect();
            let gates = parse(&written.join(",")).unwrap();
            for (at, gate) in Gate::ALL.iter().enumerate() {
                prop_assert_eq!(gates.is_open(*gate), said.get(&at).copied().unwrap_or_else(|| gate.default()));
            }
        }
    }
}
