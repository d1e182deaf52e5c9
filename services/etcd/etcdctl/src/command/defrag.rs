//! `defrag`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/defrag_command.go.

use std::time::Instant;

use etcd_api::etcdserverpb::DefragmentRequest;
use kit_cli::value::format_duration;

use crate::{
    command::endpoint::Members,
    context::{Ctl, connect, print_line, tell_line},
    failure::Failure,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let members = Members::of(&mut ctl).await?;
    let mut has_failed = false;
    for (endpoint, config) in members.each() {
        let client = connect(config).await?;
        let call = ctl.fresh_call();
        let start = Instant::now();
        let answer = client.defragment(call, DefragmentRequest {}).await;
        let took = format_duration(start.elapsed());
        match answer {
            Ok(_) => print_line(&format!(
                "Finished defragmenting etcd member[{endpoint}]. took {took}"
            ))?,
            Err(error) => {
                has_failed = true;
                tell_line(&format!(
                    "Failed to defragment etcd member[{endpoint}]. took {took}. ({error})"
                ));
            }
        }
    }
    if has_failed {
        return Err(Failure::told(Failure::ERROR));
    }
    Ok(())
}
