//! `move-leader`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/move_leader_command.go.

use etcd_api::etcdserverpb::{MoveLeaderRequest, StatusRequest};
use etcd_client::Config;

use crate::{
    command::number,
    context::{Ctl, connect},
    failure::Failure,
    print::Reply,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let arguments = ctl.arguments();
    let [target] = arguments.as_slice() else {
        return Err(Failure::arguments("move-leader command needs 1 argument"));
    };
    let target_id = number::unsigned(target, 16).map_err(Failure::arguments)?;
    let config = ctl.config().await?;
    let call = ctl.fresh_call();
    let endpoints = config.endpoints.clone();
    for endpoint in &endpoints {
        let client = connect(Config {
            endpoints: vec![endpoint.clone()],
            ..config.clone()
        })
        .await?;
        let status = client.status(call, StatusRequest {}).await?;
        let member = status.header.map_or(0, |header| header.member_id);
        if member != status.leader {
            continue;
        }
        let answer = client
            .move_leader(call, MoveLeaderRequest { target_id })
            .await?;
        return ctl.show(&Reply::MoveLeader {
            leader: status.leader,
            target: target_id,
            answer: &answer,
        });
    }
    Err(Failure::arguments(format!(
        "no leader endpoint given at [{}]",
        endpoints.join(" ")
    )))
}
