//! `user add|delete|get|list|passwd|grant-role|revoke-role`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/user_command.go.

use etcd_api::{
    authpb::UserAddOptions,
    etcdserverpb::{
        AuthRoleGetRequest, AuthUserAddRequest, AuthUserChangePasswordRequest,
        AuthUserDeleteRequest, AuthUserGetRequest, AuthUserGrantRoleRequest, AuthUserListRequest,
        AuthUserRevokeRoleRequest,
    },
};

use crate::{
    command::UNLIMITED,
    context::{Ctl, print_line},
    failure::Failure,
    print::Reply,
    terminal,
};

pub(super) async fn run(name: &str, ctl: Ctl) -> Result<(), Failure> {
    match name {
        "add" => add(ctl).await,
        "delete" => delete(ctl).await,
        "get" => get(ctl).await,
        "list" => list(ctl).await,
        "passwd" => change_password(ctl).await,
        "grant-role" => grant_role(ctl).await,
        _ => revoke_role(ctl).await,
    }
}

async fn add(mut ctl: Ctl) -> Result<(), Failure> {
    let argument = one(&ctl, "user add command requires user name as its argument")?;
    let no_password = ctl.switch("no-password");
    let flag = ctl.text("new-user-password");
    let (name, password) = if no_password {
        (argument, String::new())
    } else if !flag.is_empty() {
        (argument, flag.to_owned())
    } else if let Some((name, password)) = argument.split_once(':') {
        if name.is_empty() {
            return Err(Failure::arguments("empty user name is not allowed"));
        }
        (name.to_owned(), password.to_owned())
    } else {
        let password = new_password(&ctl, &argument)?;
        (argument, password)
    };
    let client = ctl.client().await?;
    let request = AuthUserAddRequest {
        name: name.clone(),
        password,
        options: Some(UserAddOptions { no_password }),
        ..AuthUserAddRequest::default()
    };
    let answer = client.user_add(UNLIMITED, request).await?;
    ctl.show(&Reply::UserAdd(&name, &answer))
}

async fn delete(mut ctl: Ctl) -> Result<(), Failure> {
    let name = one(
        &ctl,
        "user delete command requires user name as its argument",
    )?;
    let client = ctl.client().await?;
    let request = AuthUserDeleteRequest { name: name.clone() };
    let answer = client.user_delete(UNLIMITED, request).await?;
    ctl.show(&Reply::UserDelete(&name, &answer))
}

async fn get(mut ctl: Ctl) -> Result<(), Failure> {
    let name = one(&ctl, "user get command requires user name as its argument")?;
    let client = ctl.client().await?;
    let request = AuthUserGetRequest { name: name.clone() };
    let answer = client.user_get(UNLIMITED, request).await?;
    if !ctl.switch("detail") {
        return ctl.show(&Reply::UserGet(&name, &answer));
    }
    print_line(&format!("User: {name}"))?;
    for role in answer.roles {
        print_line("")?;
        let request = AuthRoleGetRequest { role: role.clone() };
        let answer = client.role_get(UNLIMITED, request).await?;
        ctl.show(&Reply::RoleGet(&role, &answer))?;
    }
    Ok(())
}

async fn list(mut ctl: Ctl) -> Result<(), Failure> {
    if !ctl.line.arguments.is_empty() {
        return Err(Failure::arguments(
            "user list command requires no arguments",
        ));
    }
    let client = ctl.client().await?;
    let answer = client.user_list(UNLIMITED, AuthUserListRequest {}).await?;
    ctl.show(&Reply::UserList(&answer))
}

async fn change_password(mut ctl: Ctl) -> Result<(), Failure> {
    let name = one(
        &ctl,
        "user passwd command requires user name as its argument",
    )?;
    let password = new_password(&ctl, &name)?;
    let client = ctl.client().await?;
    let request = AuthUserChangePasswordRequest {
        name,
        password,
        ..AuthUserChangePasswordRequest::default()
    };
    let answer = client.user_change_password(UNLIMITED, request).await?;
    ctl.show(&Reply::UserChangePassword(&answer))
}

async fn grant_role(mut ctl: Ctl) -> Result<(), Failure> {
    let (user, role) = two(
        &ctl,
        "user grant command requires user name and role name as its argument",
    )?;
    let client = ctl.client().await?;
    let request = AuthUserGrantRoleRequest {
        user: user.clone(),
        role: role.clone(),
    };
    let answer = client.user_grant_role(UNLIMITED, request).await?;
    ctl.show(&Reply::UserGrantRole {
        user: &user,
        role: &role,
        answer: &answer,
    })
}

async fn revoke_role(mut ctl: Ctl) -> Result<(), Failure> {
    let (user, role) = two(
        &ctl,
        "user revoke-role requires user name and role name as its argument",
    )?;
    let client = ctl.client().await?;
    let request = AuthUserRevokeRoleRequest {
        name: user.clone(),
        role: role.clone(),
    };
    let answer = client.user_revoke_role(UNLIMITED, request).await?;
    ctl.show(&Reply::UserRevokeRole {
        user: &user,
        role: &role,
        answer: &answer,
    })
}

/// Asks twice on the terminal, or takes a word from stdin with `--interactive=false`.
fn new_password(ctl: &Ctl, user: &str) -> Result<String, Failure> {
    if !ctl.switch("interactive") {
        return Ok(terminal::scan_word());
    }
    let ask = |prompt: String| {
        terminal::ask_password(&prompt)
            .map_err(|error| Failure::arguments(format!("failed to ask password: {error}")))
    };
    let first = ask(format!("Password of {user}: "))?;
    if first.is_empty() {
        return Err(Failure::arguments("empty password"));
    }
    let again = ask(format!("Type password of {user} again for confirmation: "))?;
    if first != again {
        return Err(Failure::arguments("given passwords are different"));
    }
    Ok(first)
}

fn one(ctl: &Ctl, refusal: &str) -> Result<String, Failure> {
    match ctl.arguments().as_slice() {
        [argument] => Ok(argument.clone()),
        _ => Err(Failure::arguments(refusal)),
    }
}

fn two(ctl: &Ctl, refusal: &str) -> Result<(String, String), Failure> {
    match ctl.arguments().as_slice() {
        [first, second] => Ok((first.clone(), second.clone())),
        _ => Err(Failure::arguments(refusal)),
    }
}
