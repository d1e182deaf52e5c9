//! `downgrade validate|enable|cancel`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/downgrade_command.go.

use etcd_api::etcdserverpb::{DowngradeRequest, downgrade_request::DowngradeAction};

use crate::{context::Ctl, failure::Failure, print::Reply};

pub(super) async fn run(name: &str, mut ctl: Ctl) -> Result<(), Failure> {
    let (action, shown) = match name {
        "validate" => (DowngradeAction::Validate, "validate"),
        "enable" => (DowngradeAction::Enable, "enable"),
        _ => (DowngradeAction::Cancel, "cancel"),
    };
    let version = match action {
        DowngradeAction::Cancel => String::new(),
        _ => target_version(&ctl.arguments())?,
    };
    let client = ctl.client().await?;
    let request = DowngradeRequest {
        action: action.into(),
        version,
    };
    let answer = client.downgrade(ctl.call(), request).await?;
    ctl.show(&Reply::Downgrade(shown, &answer))
}

fn target_version(arguments: &[String]) -> Result<String, Failure> {
    match arguments {
        [] => Err(Failure::arguments("TARGET_VERSION not provided")),
        [version] if version.is_empty() => Err(Failure::arguments("target version not provided")),
        [version] => Ok(version.clone()),
        _ => Err(Failure::arguments("too many arguments")),
    }
}
