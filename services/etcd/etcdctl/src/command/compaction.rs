//! `compaction`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/compaction_command.go.

use etcd_api::etcdserverpb::CompactionRequest;

use crate::{
    command::number,
    context::{Ctl, print_line},
    failure::Failure,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let arguments = ctl.arguments();
    let [revision] = arguments.as_slice() else {
        return Err(Failure::arguments("compaction command needs 1 argument"));
    };
    let revision = number::signed(revision, 10).map_err(Failure::error)?;
    let request = CompactionRequest {
        revision,
        physical: ctl.switch("physical"),
    };
    let client = ctl.client().await?;
    client.compact(ctl.call(), request).await?;
    print_line(&format!("compacted revision {revision}"))
}
