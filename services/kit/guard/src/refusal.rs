//! Why the guard does not let a program start, and the exit status that goes with it.

use crate::{
    EXIT_CONFIGURATION, EXIT_INTERNAL, EXIT_PERMISSION, finding::Finding, finding::one_line,
    settings::SettingError,
};

/// Why the program must not start.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A `GUARD_*` variable cannot be honoured.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The identity is refused: always GRD-I05, and GRD-I01 with `GUARD_ROOT=deny`.
    #[error("{0}")]
    Identity(Finding),
    /// Threads exist already, so the environment cannot be changed any more: a bug of the program.
    #[error("the guard must be entered before any thread is started ({threads} threads run)")]
    Threads {
        /// How many there are.
        threads: usize,
    },
    /// Privileges could not be given up as asked, GRD-D01 or GRD-D02: each thread has its own.
    #[error("{0}")]
    Drop(Finding),
    /// The sandbox asked for cannot be made here, or would be none.
    #[error("{0}")]
    Sandbox(Finding),
    /// `GUARD_DROP=strict`, and a path cannot be used for what it is needed for, or could be used for more.
    #[error("{}", one_line(.0).unwrap_or_default())]
    Preflight(Vec<Finding>),
}

impl Refusal {
    /// Returns the exit status that goes with the refusal.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Setting(_) | Self::Identity(_) | Self::Sandbox(_) => EXIT_CONFIGURATION,
            Self::Threads { .. } | Self::Drop(_) => EXIT_INTERNAL,
            Self::Preflight(_) => EXIT_PERMISSION,
        }
    }
}
