//! `alarm list|disarm`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/alarm_command.go.

use etcd_api::etcdserverpb::{AlarmMember, AlarmRequest};

use crate::{context::Ctl, failure::Failure, print::Reply};

pub(super) async fn run(name: &str, mut ctl: Ctl) -> Result<(), Failure> {
    if !ctl.line.arguments.is_empty() {
        return Err(Failure::arguments(format!(
            "alarm {name} command accepts no arguments"
        )));
    }
    let client = ctl.client().await?;
    let answer = match name {
        "disarm" => client.disarm(ctl.call(), AlarmMember::default()).await?,
        _ => client.alarm(ctl.call(), AlarmRequest::default()).await?,
    };
    ctl.show(&Reply::Alarm(&answer))
}
