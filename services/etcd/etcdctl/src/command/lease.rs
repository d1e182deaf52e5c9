//! `lease grant|revoke|timetolive|list|keep-alive`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/lease_command.go.

use etcd_api::etcdserverpb::{
    LeaseGrantRequest, LeaseLeasesRequest, LeaseRevokeRequest, LeaseTimeToLiveRequest,
};

use crate::{
    command::{UNLIMITED, number},
    context::{Ctl, print_line},
    failure::Failure,
    print::Reply,
};

pub(super) async fn run(name: &str, ctl: Ctl) -> Result<(), Failure> {
    match name {
        "grant" => grant(ctl).await,
        "revoke" => revoke(ctl).await,
        "timetolive" => time_to_live(ctl).await,
        "list" => list(ctl).await,
        _ => keep_alive(ctl).await,
    }
}

async fn grant(mut ctl: Ctl) -> Result<(), Failure> {
    let ttl = only_argument(&ctl, "lease grant command needs TTL argument")?;
    let ttl = number::signed(&ttl, 10)
        .map_err(|error| Failure::arguments(format!("bad TTL ({error})")))?;
    let client = ctl.client().await?;
    let request = LeaseGrantRequest {
        ttl,
        ..LeaseGrantRequest::default()
    };
    let answer = client
        .lease_grant(ctl.call(), request)
        .await
        .map_err(|error| Failure::from(error).within("failed to grant lease ({})"))?;
    ctl.show(&Reply::Grant(&answer))
}

async fn revoke(mut ctl: Ctl) -> Result<(), Failure> {
    let id = lease_argument(&ctl, "lease revoke command needs 1 argument")?;
    let client = ctl.client().await?;
    let answer = client
        .lease_revoke(ctl.call(), LeaseRevokeRequest { id })
        .await
        .map_err(|error| Failure::from(error).within("failed to revoke lease ({})"))?;
    ctl.show(&Reply::Revoke(id, &answer))
}

async fn time_to_live(mut ctl: Ctl) -> Result<(), Failure> {
    // Upstream connects before it reads the ID.
    only_argument(&ctl, "lease timetolive command needs lease ID as argument")?;
    let client = ctl.client().await?;
    let id = lease_argument(&ctl, "")?;
    let keys = ctl.switch("keys");
    let answer = client
        .lease_time_to_live(UNLIMITED, LeaseTimeToLiveRequest { id, keys })
        .await
        .map_err(bad_connection)?;
    ctl.show(&Reply::TimeToLive {
        answer: &answer,
        keys,
    })
}

async fn list(mut ctl: Ctl) -> Result<(), Failure> {
    let client = ctl.client().await?;
    let answer = client
        .lease_leases(UNLIMITED, LeaseLeasesRequest {})
        .await
        .map_err(bad_connection)?;
    ctl.show(&Reply::Leases(&answer))
}

async fn keep_alive(mut ctl: Ctl) -> Result<(), Failure> {
    let id = lease_argument(&ctl, "lease keep-alive command needs lease ID as argument")?;
    let client = ctl.client().await?;
    if ctl.switch("once") {
        let answer = client.keep_alive_once(id).await.map_err(bad_connection)?;
        return ctl.show(&Reply::KeepAlive(&answer));
    }
    let mut answers = client.keep_alive(id);
    while let Some(answer) = answers.next().await {
        ctl.show(&Reply::KeepAlive(&answer))?;
    }
    if ctl.printer().is_simple() {
        print_line(&format!("lease {id:016x} expired or revoked."))?;
    }
    Ok(())
}

fn bad_connection(error: etcd_client::Error) -> Failure {
    Failure::from(error).with_code(Failure::BAD_CONNECTION)
}

fn only_argument(ctl: &Ctl, refusal: &str) -> Result<String, Failure> {
    match ctl.arguments().as_slice() {
        [argument] => Ok(argument.clone()),
        _ => Err(Failure::arguments(refusal)),
    }
}

fn lease_argument(ctl: &Ctl, refusal: &str) -> Result<i64, Failure> {
    let argument = only_argument(ctl, refusal)?;
    number::signed(&argument, 16).map_err(|error| {
        Failure::arguments(format!("bad lease ID arg ({error}), expecting ID in Hex"))
    })
}
