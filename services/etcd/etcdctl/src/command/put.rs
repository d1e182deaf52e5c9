//! `put`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/put_command.go.

use etcd_api::etcdserverpb::PutRequest;
use kit_cli::Matches;

use crate::{
    command::number,
    context::{Ctl, read_stdin},
    failure::Failure,
    print::Reply,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let request = request(&ctl.line.matches, &ctl.line.arguments)?;
    let call = ctl.call();
    let answer = ctl.client().await?.put(call, request).await?;
    ctl.show(&Reply::Put(&answer))
}

/// Returns what flags and arguments of `put` ask for; a value that is not among them is read from stdin.
pub(super) fn request(flags: &Matches, arguments: &[Vec<u8>]) -> Result<PutRequest, Failure> {
    let needs =
        || Failure::arguments("put command needs 1 argument and input from stdin or 2 arguments");
    let [key, values @ ..] = arguments else {
        return Err(needs());
    };
    let ignore_value = flags.switch("ignore-value");
    if ignore_value && !values.is_empty() {
        return Err(Failure::arguments(
            "put command needs only 1 argument when 'ignore-value' is set",
        ));
    }
    let value = match values.first() {
        Some(value) => value.clone(),
        None if ignore_value => Vec::new(),
        None => {
            let bytes = read_stdin().map_err(|_| needs())?;
            if bytes.is_empty() {
                return Err(needs());
            }
            bytes
        }
    };
    let lease = number::signed(flags.text("lease"), 16).map_err(|error| {
        Failure::arguments(format!("bad lease ID ({error}), expecting ID in Hex"))
    })?;
    Ok(PutRequest {
        key: key.clone().into(),
        value: value.into(),
        lease,
        prev_kv: flags.switch("prev-kv"),
        ignore_value,
        ignore_lease: flags.switch("ignore-lease"),
    })
}
