//! Makes the kernel look as if it lacked something, or a volume as if it were of another kind.

use std::{env::consts::ARCH, error::Error};

use landlock::{AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr};
use serde_json::json;

/// Forbids every TCP bind, as a container runtime's Landlock rules without a port do.
pub(crate) fn ports() -> Result<(), Box<dyn Error>> {
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    ruleset
        .handle_access(AccessNet::BindTcp)?
        .create()?
        .restrict_self()?;
    Ok(())
}

/// Lets `call` fail with `errno`; with `argument` only when its first argument is that.
pub(crate) fn call(call: &str, argument: Option<u64>, errno: u32) -> Result<(), Box<dyn Error>> {
    let condition =
        argument.map(|value| json!([{ "index": 0, "type": "dword", "op": "eq", "val": value }]));
    let rule = match condition {
        Some(args) => json!({ "syscall": call, "args": args }),
        None => json!({ "syscall": call }),
    };
    let filter = json!({ "only": {
        "mismatch_action": "allow", "match_action": { "errno": errno }, "filter": [rule],
    } });
    let programs = seccompiler::compile_from_json(filter.to_string().as_bytes(), ARCH.try_into()?)?;
    seccompiler::apply_filter(&programs["only"])?;
    Ok(())
}
