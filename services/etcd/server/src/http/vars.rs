//! `/debug/vars`: what Go programs show about themselves.
//!
//! Source: Go expvar; etcd v3.7 etcdserver/raft.go, pkg/runtime; etcdhttp/debug.go.

use std::fs;

use kit_http::Response;
use serde_json::{Value, json};

use super::typed;
use crate::front::Front;

/// Answers with the variables.
pub(crate) fn page(front: &Front) -> Response {
    let resident = proc_number("/proc/self/status", "VmRSS:").unwrap_or_default() * 1024;
    let variables = [
        ("cmdline", json!(front.config().command_line)),
        ("file_descriptor_limit", json!(descriptor_limit())),
        // Go's field names; this program has no collector, so most of them mean nothing here.
        (
            "memstats",
            json!({"Alloc": resident, "Sys": resident, "HeapAlloc": resident}),
        ),
        (
            "raft.status",
            front.board().raft_status().unwrap_or(Value::Null),
        ),
    ];
    let lines: Vec<_> = variables
        .iter()
        .map(|(name, value)| format!("{name:?}: {value}"))
        .collect();
    let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
    typed("application/json; charset=utf-8", text)
}

fn descriptor_limit() -> u64 {
    proc_number("/proc/self/limits", "Max open files").unwrap_or_default()
}

fn proc_number(path: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
