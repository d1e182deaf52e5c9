//! Seccomp: which system calls can be made at all. Denied ones fail with `EPERM`, so that programs go on where they can.
//!
//! `baseline` denies what no service needs and an intruder wants. `strict` allows only what a service was seen to use.
//! `clone3` fails with `ENOSYS` under both: its flags lie in memory no filter can read, and without it the C libraries
//! use `clone`, whose flags a filter sees.
//!
//! Source: moby profiles/seccomp/default_linux.go; seccomp(2).

use std::env::consts::ARCH;

use seccompiler::{BpfProgram, TargetArch, sock_filter};
use serde_json::{Value, json};

mod calls;

use self::calls::{DENIED, EXECUTING, NEW_SPACES, exists};
use super::refused;
use crate::{ledger, refusal::Refusal, rights::Rights};

pub(super) fn enter(rights: &Rights, strict: bool) -> Result<(), Refusal> {
    let allowed = Some(rights.system_calls).filter(|calls| strict && !calls.is_empty());
    let failed = |reason: String| {
        refused(
            "GRD-L03",
            format!("the seccomp filter cannot be set: {reason}"),
            "set GUARD_SANDBOX=landlock",
        )
    };
    for program in programs(rights, allowed, ARCH).map_err(failed)? {
        seccompiler::apply_filter_all_threads(&program)
            .map_err(|error| failed(error.to_string()))?;
    }
    let profile = if allowed.is_some() {
        "strict"
    } else {
        "baseline"
    };
    ledger::with(|ledger| ledger.seccomp_profile = Some(profile));
    Ok(())
}

/// Returns the filters in the order to set them. Of several verdicts the strictest counts, so each only narrows.
fn programs(rights: &Rights, allowed: Option<&str>, arch: &str) -> Result<Vec<BpfProgram>, String> {
    let arch: TargetArch = arch
        .try_into()
        .map_err(|_| format!("no profile for {arch}"))?;
    let (allow, refuse) = (json!("allow"), errno(libc::EPERM));
    let mut filters = vec![
        filter(&allow, &errno(libc::ENOSYS), &[call("clone3")]),
        filter(&allow, &refuse, &denied(rights, arch)),
    ];
    if let Some(allowed) = allowed {
        let calls: Vec<Value> = names(allowed, arch).map(call).collect();
        filters.push(filter(&refuse, &allow, &calls));
    }
    filters.iter().map(|filter| compile(filter, arch)).collect()
}

fn filter(otherwise: &Value, matching: &Value, calls: &[Value]) -> Value {
    json!({ "only": { "mismatch_action": otherwise, "match_action": matching, "filter": calls } })
}

fn errno(number: i32) -> Value {
    json!({ "errno": number })
}

fn call(name: &str) -> Value {
    json!({ "syscall": name })
}

/// A call with one argument that has all bits of `value` set.
fn with_flag(name: &str, argument: u8, value: u64) -> Value {
    let condition =
        json!({ "index": argument, "type": "qword", "op": { "masked_eq": value }, "val": value });
    json!({ "syscall": name, "args": [condition] })
}

/// What the baseline denies.
fn denied(rights: &Rights, arch: TargetArch) -> Vec<Value> {
    let executing: &[&str] = if rights.executes { &[] } else { &EXECUTING };
    let plain = DENIED
        .iter()
        .chain(executing)
        .filter(|name| exists(name, arch))
        .map(|name| call(name));
    let spaces = NEW_SPACES.iter().map(|flag| with_flag("unshare", 0, *flag));
    // The lowest byte of clone's flags is a signal, where CLONE_NEWTIME has no meaning.
    let born = NEW_SPACES
        .iter()
        .filter(|flag| **flag > 0xff)
        .map(|flag| with_flag("clone", 0, *flag));
    let ask = json!({ "index": 0, "type": "dword", "op": "ne", "val": u32::MAX });
    let personality = json!({ "syscall": "personality", "args": [ask] });
    plain
        .chain(spaces)
        .chain(born)
        .chain([personality])
        .collect()
}

/// The names in a list of a service, without comments and what this architecture never had.
fn names(list: &str, arch: TargetArch) -> impl Iterator<Item = &str> {
    let lines = list.lines().map(str::trim);
    lines.filter(move |name| !name.is_empty() && !name.starts_with('#') && exists(name, arch))
}

fn compile(filter: &Value, arch: TargetArch) -> Result<BpfProgram, String> {
    let text = filter.to_string();
    let mut compiled =
        seccompiler::compile_from_json(text.as_bytes(), arch).map_err(|error| error.to_string())?;
    let program = compiled
        .remove("only")
        .expect("the name it was given above");
    Ok(if arch == TargetArch::x86_64 {
        without_x32(program)
    } else {
        program
    })
}

/// Puts a check in front that refuses the x32 calls, which are the known ones under other numbers.
fn without_x32(program: BpfProgram) -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const NUMBER: u32 = 0;
    const X32_BIT: u32 = 0x4000_0000;
    let statement = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let refusal = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();
    let mut checked = vec![
        statement(LOAD_WORD, 0, 0, NUMBER),
        statement(JUMP_IF_AT_LEAST, 0, 1, X32_BIT),
        statement(RETURN, 0, 0, refusal),
    ];
    checked.extend(program);
    checked
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARCHES: [&str; 3] = ["x86_64", "aarch64", "riscv64"];

    #[test]
    fn the_baseline_compiles_for_every_architecture() {
        for arch in ARCHES {
            let programs = programs(&Rights::default(), None, arch).unwrap();
            assert_eq!(programs.len(), 2, "{arch}");
        }
    }

    #[test]
    fn a_list_of_a_service_compiles_without_its_comments_and_foreign_calls() {
        let list = "# seen\nread\nepoll_wait\n\n  write\n";
        for arch in ARCHES {
            assert_eq!(
                programs(&Rights::default(), Some(list), arch)
                    .unwrap()
                    .len(),
                3,
                "{arch}"
            );
        }
        let names: Vec<_> = names(list, TargetArch::aarch64).collect();
        assert_eq!(names, ["read", "write"]);
    }

    #[test]
    fn a_call_that_nobody_has_and_an_unknown_architecture_are_refused() {
        let wrong = programs(&Rights::default(), Some("reed"), "x86_64").unwrap_err();
        assert!(wrong.contains("reed"), "{wrong}");
        let other = programs(&Rights::default(), None, "vax").unwrap_err();
        assert_eq!(other, "no profile for vax");
    }

    #[test]
    fn a_service_that_starts_programs_may_execute() {
        let with = |executes| {
            let rights = Rights {
                executes,
                ..Rights::default()
            };
            denied(&rights, TargetArch::x86_64).contains(&call("execve"))
        };
        assert!(with(false));
        assert!(!with(true));
    }
}
