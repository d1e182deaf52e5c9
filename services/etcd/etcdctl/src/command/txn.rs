//! `txn`: a transaction from stdin. `txn/script.rs` reads it.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/txn_command.go.

use std::io::{self, BufRead};

use etcd_api::etcdserverpb::{RequestOp, TxnRequest};

use crate::{
    command::UNLIMITED,
    context::{Ctl, print_line},
    failure::Failure,
    print::Reply,
};

pub mod script;

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    if !ctl.line.arguments.is_empty() {
        return Err(Failure::arguments("txn command does not accept argument"));
    }
    let client = ctl.client().await?;
    let interactive = ctl.switch("interactive");
    let prompt = |text: &str| {
        if interactive {
            print_line(text)
        } else {
            Ok(())
        }
    };
    prompt("compares:")?;
    let mut compare = Vec::new();
    while let Some(line) = next_line()? {
        let parsed = script::compare(&line);
        compare.push(parsed.map_err(|error| invalid(error.to_string()))?);
    }
    prompt("success requests (get, put, del):")?;
    let success = operations().await?;
    prompt("failure requests (get, put, del):")?;
    let failure = operations().await?;
    let request = TxnRequest {
        compare,
        success,
        failure,
    };
    let answer = client.txn(UNLIMITED, request).await?;
    ctl.show(&Reply::Txn(&answer))
}

async fn operations() -> Result<Vec<RequestOp>, Failure> {
    let mut operations = Vec::new();
    while let Some(line) = next_line()? {
        operations.push(script::operation(&line).await?);
    }
    Ok(operations)
}

/// Reads a line without the blanks around it; none for an empty one, which ends a part.
fn next_line() -> Result<Option<String>, Failure> {
    let mut line = Vec::new();
    let read = io::stdin().lock().read_until(b'\n', &mut line);
    if let Err(error) = read {
        return Err(invalid(error.to_string()));
    }
    if line.last() != Some(&b'\n') {
        return Err(invalid("EOF"));
    }
    let text = String::from_utf8_lossy(&line);
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new(Failure::INVALID_INPUT, text)
}
