//! `auth enable|disable|status`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/auth_command.go.

use etcd_api::etcdserverpb::{
    AuthDisableRequest, AuthEnableRequest, AuthRoleAddRequest, AuthStatusRequest,
    AuthUserGrantRoleRequest,
};

use crate::{
    context::{Ctl, print_line},
    failure::Failure,
    print::Reply,
};

pub(super) async fn run(name: &str, mut ctl: Ctl) -> Result<(), Failure> {
    if !ctl.line.arguments.is_empty() {
        return Err(Failure::arguments(format!(
            "auth {name} command does not accept any arguments"
        )));
    }
    let client = ctl.client().await?;
    let call = ctl.call();
    match name {
        "enable" => enable(&client, call).await,
        "disable" => {
            client.auth_disable(call, AuthDisableRequest {}).await?;
            print_line("Authentication Disabled")
        }
        _ => {
            let answer = client.auth_status(call, AuthStatusRequest {}).await?;
            ctl.show(&Reply::AuthStatus(&answer))
        }
    }
}

/// Turns authentication on; a user root without the role root gets it first.
async fn enable(client: &etcd_client::Client, call: etcd_client::Call) -> Result<(), Failure> {
    loop {
        match client.auth_enable(call, AuthEnableRequest {}).await {
            Ok(_) => return print_line("Authentication Enabled"),
            Err(error) if error.is(etcd_api::Error::RootRoleNotExist) => {}
            Err(error) => return Err(error.into()),
        }
        let root = || "root".to_owned();
        client
            .role_add(call, AuthRoleAddRequest { name: root() })
            .await?;
        let grant = AuthUserGrantRoleRequest {
            user: root(),
            role: root(),
        };
        client.user_grant_role(call, grant).await?;
    }
}
