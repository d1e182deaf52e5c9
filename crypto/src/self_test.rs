//! The checks that a broken or wrong module does not pass.

use crate::{
    policy::{self, PolicyCode, PolicyError},
    settings::Mode,
};

/// Runs the checks of a starting program.
pub(crate) fn at_start(mode: Mode) -> Result<(), PolicyError> {
    let why = "the self-test is not built yet";
    Err(policy::refuse(
        mode,
        PolicyCode::SelfTest,
        "this build",
        why,
        "a later build",
    ))
}
