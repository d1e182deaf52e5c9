//! `member add|remove|update|list|promote`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/member_command.go.

use etcd_api::etcdserverpb::{
    MemberAddRequest, MemberAddResponse, MemberListRequest, MemberPromoteRequest,
    MemberRemoveRequest, MemberUpdateRequest,
};
use kit_cli::value::{Url, quote};

use crate::{
    command::{get::is_serializable, number},
    context::{Ctl, print},
    failure::Failure,
    print::Reply,
};

pub(super) async fn run(name: &str, ctl: Ctl) -> Result<(), Failure> {
    match name {
        "add" => add(ctl).await,
        "remove" => remove(ctl).await,
        "update" => update(ctl).await,
        "list" => list(ctl).await,
        _ => promote(ctl).await,
    }
}

async fn add(mut ctl: Ctl) -> Result<(), Failure> {
    let arguments = ctl.arguments();
    let name = match arguments.as_slice() {
        [] => return Err(Failure::arguments("member name not provided")),
        [name] => name,
        many => return Err(too_many(many)),
    };
    let peer_ur_ls = peer_urls(&ctl)?;
    let client = ctl.client().await?;
    check_urls(&peer_ur_ls)?;
    let request = MemberAddRequest {
        peer_ur_ls,
        is_learner: ctl.switch("learner"),
    };
    let answer = client.member_add(ctl.call(), request).await?;
    ctl.show(&Reply::MemberAdd(&answer))?;
    if ctl.printer().is_simple() {
        print(start_variables(name, ctl.text("peer-urls"), &answer).as_bytes())?;
    }
    Ok(())
}

fn too_many(arguments: &[String]) -> Failure {
    let hints: String = arguments
        .iter()
        .filter(|argument| argument.to_lowercase().starts_with("http"))
        .map(|url| format!(", did you mean --peer-urls={url}"))
        .collect();
    Failure::arguments(format!("too many arguments{hints}"))
}

/// Returns the variables the new member is to be started with.
fn start_variables(name: &str, peer_urls: &str, answer: &MemberAddResponse) -> String {
    let new = answer.member.as_ref().map_or(0, |member| member.id);
    let mut cluster = Vec::new();
    for member in &answer.members {
        let name = if member.id == new { name } else { &member.name };
        cluster.extend(member.peer_ur_ls.iter().map(|url| format!("{name}={url}")));
    }
    format!(
        "\nETCD_NAME={}\nETCD_INITIAL_CLUSTER={}\nETCD_INITIAL_ADVERTISE_PEER_URLS={}\n\
         ETCD_INITIAL_CLUSTER_STATE=\"existing\"\n",
        quote(name),
        quote(cluster.join(",")),
        quote(peer_urls)
    )
}

async fn remove(mut ctl: Ctl) -> Result<(), Failure> {
    let id = member_argument(&ctl)?;
    let client = ctl.client().await?;
    let answer = client
        .member_remove(ctl.call(), MemberRemoveRequest { id })
        .await?;
    ctl.show(&Reply::MemberRemove(id, &answer))
}

async fn update(mut ctl: Ctl) -> Result<(), Failure> {
    let id = member_argument(&ctl)?;
    let peer_ur_ls = peer_urls(&ctl)?;
    let client = ctl.client().await?;
    check_urls(&peer_ur_ls)?;
    let answer = client
        .member_update(ctl.call(), MemberUpdateRequest { id, peer_ur_ls })
        .await?;
    ctl.show(&Reply::MemberUpdate(id, &answer))
}

async fn list(mut ctl: Ctl) -> Result<(), Failure> {
    // Upstream shows the value of another command's flag, which is always this.
    let serializable = is_serializable(ctl.text("consistency"), "l")?;
    let client = ctl.client().await?;
    let request = MemberListRequest {
        linearizable: !serializable,
    };
    let answer = client.member_list(ctl.call(), request).await?;
    ctl.show(&Reply::MemberList(&answer))
}

async fn promote(mut ctl: Ctl) -> Result<(), Failure> {
    let id = member_argument(&ctl)?;
    let client = ctl.client().await?;
    let answer = client
        .member_promote(ctl.call(), MemberPromoteRequest { id })
        .await?;
    ctl.show(&Reply::MemberPromote(id, &answer))
}

fn member_argument(ctl: &Ctl) -> Result<u64, Failure> {
    let arguments = ctl.arguments();
    let [id] = arguments.as_slice() else {
        return Err(Failure::arguments("member ID is not provided"));
    };
    number::unsigned(id, 16).map_err(|error| {
        Failure::arguments(format!("bad member ID arg ({error}), expecting ID in Hex"))
    })
}

fn peer_urls(ctl: &Ctl) -> Result<Vec<String>, Failure> {
    match ctl.text("peer-urls") {
        "" => Err(Failure::arguments("member peer urls not provided")),
        urls => Ok(urls.split(',').map(str::to_owned).collect()),
    }
}

/// Refuses URLs that no member could have, before any is asked.
///
/// Source: etcd v3.7 client/pkg/types/urls.go, `NewURLs`.
fn check_urls(urls: &[String]) -> Result<(), Failure> {
    for written in urls {
        let url = Url::parse(written.trim()).map_err(|error| Failure::error(error.to_string()))?;
        let host = String::from_utf8_lossy(url.host());
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.ends_with(']'));
        let problem = match url.scheme() {
            "unix" | "unixs" => continue,
            "http" | "https" if !has_port => "URL address does not have the form \"host:port\"",
            "http" | "https" if !url.path().is_empty() => "URL must not contain a path",
            "http" | "https" => continue,
            _ => "URL scheme must be http, https, unix, or unixs",
        };
        return Err(Failure::error(format!("{problem}: {written}")));
    }
    Ok(())
}
