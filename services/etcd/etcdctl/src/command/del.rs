//! `del`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/del_command.go.

use std::time::Duration;

use etcd_api::etcdserverpb::DeleteRangeRequest;
use kit_cli::{Matches, value::quote};

use crate::{
    command::get::{interval_of, refuse_both},
    context::{Ctl, tell_line},
    failure::Failure,
    print::Reply,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let request = request(&ctl.line.matches, &ctl.line.arguments).await?;
    let call = ctl.fresh_call();
    let answer = ctl.client().await?.delete_range(call, request).await?;
    ctl.show(&Reply::Del(&answer))
}

/// Returns what flags and arguments of `del` ask for. A range that no flag announces is deleted after two seconds, in which
/// the user may change his mind.
pub(super) async fn request(
    flags: &Matches,
    arguments: &[Vec<u8>],
) -> Result<DeleteRangeRequest, Failure> {
    let (key, end) = match arguments {
        [key] => (key, None),
        [key, end] => (key, Some(end)),
        _ => {
            return Err(Failure::arguments(
                "del command needs one argument as key and an optional argument as range_end",
            ));
        }
    };
    let (prefix, from_key) = (flags.switch("prefix"), flags.switch("from-key"));
    refuse_both(prefix && from_key, "--prefix", "--from-key")?;
    if let Some(end) = end {
        if prefix || from_key {
            return Err(Failure::arguments(
                "too many arguments, only accept one argument when `--prefix` or `--from-key` is set",
            ));
        }
        if !flags.switch("range") {
            tell_line(&format!(
                "Warning: Keys between {} and {} will be deleted. Please interrupt the command within next 2 seconds to \
                 cancel. You can provide `--range` flag to avoid the delay.",
                quote(key),
                quote(end)
            ));
            tokio::time::sleep(CHANGE_OF_MIND).await;
        }
    }
    let (key, range_end) = interval_of(key, end, prefix, from_key);
    Ok(DeleteRangeRequest {
        key: key.into(),
        range_end: range_end.into(),
        prev_kv: flags.switch("prev-kv"),
    })
}

const CHANGE_OF_MIND: Duration = Duration::from_secs(2);
