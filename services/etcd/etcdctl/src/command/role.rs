//! `role add|delete|get|list|grant-permission|revoke-permission`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/role_command.go.

use etcd_api::{
    authpb::{Permission, permission::Type},
    etcdserverpb::{
        AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGetRequest,
        AuthRoleGrantPermissionRequest, AuthRoleListRequest, AuthRoleRevokePermissionRequest,
    },
};
use etcd_client::interval;

use crate::{command::UNLIMITED, context::Ctl, failure::Failure, print::Reply};

pub(super) async fn run(name: &str, ctl: Ctl) -> Result<(), Failure> {
    match name {
        "add" => add(ctl).await,
        "delete" => delete(ctl).await,
        "get" => get(ctl).await,
        "list" => list(ctl).await,
        "grant-permission" => grant_permission(ctl).await,
        _ => revoke_permission(ctl).await,
    }
}

async fn add(mut ctl: Ctl) -> Result<(), Failure> {
    let name = role_argument(&ctl, "add")?;
    let client = ctl.client().await?;
    let request = AuthRoleAddRequest { name: name.clone() };
    let answer = client.role_add(UNLIMITED, request).await?;
    ctl.show(&Reply::RoleAdd(&name, &answer))
}

async fn delete(mut ctl: Ctl) -> Result<(), Failure> {
    let role = role_argument(&ctl, "delete")?;
    let client = ctl.client().await?;
    let request = AuthRoleDeleteRequest { role: role.clone() };
    let answer = client.role_delete(UNLIMITED, request).await?;
    ctl.show(&Reply::RoleDelete(&role, &answer))
}

async fn get(mut ctl: Ctl) -> Result<(), Failure> {
    let role = role_argument(&ctl, "get")?;
    let client = ctl.client().await?;
    let request = AuthRoleGetRequest { role: role.clone() };
    let answer = client.role_get(UNLIMITED, request).await?;
    ctl.show(&Reply::RoleGet(&role, &answer))
}

async fn list(mut ctl: Ctl) -> Result<(), Failure> {
    if !ctl.line.arguments.is_empty() {
        return Err(Failure::arguments(
            "role list command requires no arguments",
        ));
    }
    let client = ctl.client().await?;
    let answer = client.role_list(UNLIMITED, AuthRoleListRequest {}).await?;
    ctl.show(&Reply::RoleList(&answer))
}

async fn grant_permission(mut ctl: Ctl) -> Result<(), Failure> {
    let words = ctl.line.arguments.clone();
    let [role, kind, interval @ ..] = words.as_slice() else {
        return Err(few_for_grant());
    };
    if interval.is_empty() {
        return Err(few_for_grant());
    }
    let perm_type = permission_type(&String::from_utf8_lossy(kind))?;
    let (key, range_end) = permission_interval(&ctl, interval)?;
    let client = ctl.client().await?;
    let role = String::from_utf8_lossy(role).into_owned();
    let request = AuthRoleGrantPermissionRequest {
        name: role.clone(),
        perm: Some(Permission {
            perm_type: perm_type.into(),
            key: key.into(),
            range_end: range_end.into(),
        }),
    };
    let answer = client.role_grant_permission(UNLIMITED, request).await?;
    ctl.show(&Reply::RoleGrantPermission(&role, &answer))
}

fn few_for_grant() -> Failure {
    Failure::arguments(
        "role grant command requires role name, permission type, and key [endkey] as its argument",
    )
}

/// Source: etcd v3.7 client/v3/auth.go, `StrToPermissionType`.
fn permission_type(text: &str) -> Result<Type, Failure> {
    match text.to_uppercase().as_str() {
        "READ" => Ok(Type::Read),
        "WRITE" => Ok(Type::Write),
        "READWRITE" => Ok(Type::Readwrite),
        _ => Err(Failure::arguments(format!(
            "invalid permission type: {text}"
        ))),
    }
}

async fn revoke_permission(mut ctl: Ctl) -> Result<(), Failure> {
    let words = ctl.line.arguments.clone();
    let [role, interval @ ..] = words.as_slice() else {
        return Err(few_for_revoke());
    };
    let [shown, ..] = interval else {
        return Err(few_for_revoke());
    };
    let (key, range_end) = permission_interval(&ctl, interval)?;
    let client = ctl.client().await?;
    let role = String::from_utf8_lossy(role).into_owned();
    let request = AuthRoleRevokePermissionRequest {
        role: role.clone(),
        key: key.into(),
        range_end: range_end.clone().into(),
    };
    let answer = client.role_revoke_permission(UNLIMITED, request).await?;
    ctl.show(&Reply::RoleRevokePermission {
        role: &role,
        key: shown,
        end: &range_end,
        answer: &answer,
    })
}

fn few_for_revoke() -> Failure {
    Failure::arguments(
        "role revoke-permission command requires role name and key [endkey] as its argument",
    )
}

/// Returns key and range end of a permission. An empty key with a flag is everything.
fn permission_interval(ctl: &Ctl, words: &[Vec<u8>]) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let (prefix, from_key) = (ctl.switch("prefix"), ctl.switch("from-key"));
    let unexpected =
        |flag: &str| Failure::arguments(format!("unexpected endkey argument with {flag} flag"));
    let (key, end) = match words {
        [key, end, ..] => (key, Some(end)),
        [key] => (key, None),
        [] => return Err(few_for_revoke()),
    };
    if prefix && from_key && (key.is_empty() || end.is_none()) {
        return Err(Failure::arguments(
            "--from-key and --prefix flags are mutually exclusive",
        ));
    }
    if key.is_empty() {
        let end = if prefix || from_key {
            interval::FROM_KEY.to_vec()
        } else {
            Vec::new()
        };
        return Ok((interval::FROM_KEY.to_vec(), end));
    }
    let end = match end {
        Some(_) if prefix => return Err(unexpected("--prefix")),
        Some(_) if from_key => return Err(unexpected("--from-key")),
        Some(end) => end.clone(),
        None if prefix => interval::prefix_end(key),
        None if from_key => interval::FROM_KEY.to_vec(),
        None => Vec::new(),
    };
    Ok((key.clone(), end))
}

fn role_argument(ctl: &Ctl, command: &str) -> Result<String, Failure> {
    match ctl.arguments().as_slice() {
        [role] => Ok(role.clone()),
        _ => Err(Failure::arguments(format!(
            "role {command} command requires role name as its argument"
        ))),
    }
}
