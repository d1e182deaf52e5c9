//! `endpoint health|status|hashkv`.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/ep_command.go.

use std::time::Instant;

use etcd_api::etcdserverpb::{
    AlarmRequest, AlarmType, HashKvRequest, MemberListRequest, RangeRequest, StatusRequest,
};
use etcd_client::{Call, Client, Config};
use kit_cli::value::format_duration;
use tokio::task::JoinSet;

use crate::{
    context::{Ctl, connect, tell_line},
    failure::Failure,
    print::{Health, Reply},
};

pub(super) async fn run(name: &str, ctl: Ctl) -> Result<(), Failure> {
    match name {
        "health" => health(ctl).await,
        "status" => status(ctl).await,
        _ => hashkv(ctl).await,
    }
}

/// The endpoints a command is about: those of the flag, or every member's with `--cluster`.
pub(super) struct Members {
    config: Config,
    endpoints: Vec<String>,
}

impl Members {
    pub(super) async fn of(ctl: &mut Ctl) -> Result<Self, Failure> {
        let config = ctl.config().await?;
        if !ctl.switch("cluster") {
            let endpoints = ctl.line.matches.texts("endpoints").to_vec();
            return Ok(Self { config, endpoints });
        }
        let call = ctl.fresh_call();
        let client = Client::connect(config.clone())
            .await
            .map_err(Failure::from)?;
        let request = MemberListRequest { linearizable: true };
        let answer = client.member_list(call, request).await.map_err(|error| {
            Failure::from(error)
                .within("failed to fetch endpoints from etcd cluster member list: {}")
        })?;
        let endpoints = answer
            .members
            .into_iter()
            .flat_map(|member| member.client_ur_ls)
            .collect();
        Ok(Self { config, endpoints })
    }

    /// Returns each endpoint with the settings for it alone.
    pub(super) fn each(&self) -> impl Iterator<Item = (String, Config)> {
        self.endpoints.iter().map(|endpoint| {
            let config = Config {
                endpoints: vec![endpoint.clone()],
                ..self.config.clone()
            };
            (endpoint.clone(), config)
        })
    }
}

async fn health(mut ctl: Ctl) -> Result<(), Failure> {
    let members = Members::of(&mut ctl).await?;
    let mut asked = JoinSet::new();
    for (endpoint, config) in members.each() {
        let config = Config {
            logger: "client",
            ..config
        };
        let call = ctl.fresh_call();
        asked.spawn(health_of(endpoint, config, call));
    }
    // In the order of the answers, as upstream.
    let mut found = Vec::new();
    while let Some(health) = asked.join_next().await {
        found.push(health.map_err(|error| Failure::error(error.to_string()))?);
    }
    ctl.show(&Reply::EndpointHealth(&found))?;
    if found.iter().any(|health| !health.error.is_empty()) {
        return Err(Failure::error("unhealthy cluster"));
    }
    Ok(())
}

async fn health_of(endpoint: String, config: Config, call: Call) -> Health {
    let mut health = Health {
        endpoint,
        is_healthy: false,
        took: String::new(),
        error: String::new(),
    };
    let client = match Client::connect(config).await {
        Ok(client) => client,
        Err(error) => {
            health.error = error.to_string();
            return health;
        }
    };
    let start = Instant::now();
    let request = RangeRequest {
        key: b"health".as_slice().into(),
        ..RangeRequest::default()
    };
    let answer = client.range(call, request).await;
    health.took = format_duration(start.elapsed());
    match answer {
        // Who may not read learned it from a majority.
        Err(error) if !error.is(etcd_api::Error::PermissionDenied) => {
            health.error = error.to_string();
        }
        _ => health.error = alarms_of(&client, call).await,
    }
    health.is_healthy = health.error.is_empty();
    health
}

/// Returns what alarms say against a member's health.
async fn alarms_of(client: &Client, call: Call) -> String {
    let Ok(answer) = client.alarm(call, AlarmRequest::default()).await else {
        return "Unable to fetch the alarm list".to_owned();
    };
    if answer.alarms.is_empty() {
        return String::new();
    }
    let name = |alarm: &etcd_api::etcdserverpb::AlarmMember| match alarm.alarm() {
        AlarmType::Nospace => "NOSPACE ",
        AlarmType::Corrupt => "CORRUPT ",
        AlarmType::None => "UNKNOWN ",
    };
    let names: String = answer.alarms.iter().map(name).collect();
    format!("Active Alarm(s): {names}")
}

async fn status(mut ctl: Ctl) -> Result<(), Failure> {
    let members = Members::of(&mut ctl).await?;
    let mut found = Vec::new();
    let mut has_failed = false;
    for (endpoint, config) in members.each() {
        let client = connect(config).await?;
        match client.status(ctl.fresh_call(), StatusRequest {}).await {
            Ok(answer) => found.push((endpoint, answer)),
            Err(error) => {
                has_failed = true;
                tell_line(&format!(
                    "Failed to get the status of endpoint {endpoint} ({error})"
                ));
            }
        }
    }
    ctl.show(&Reply::EndpointStatus(&found))?;
    if has_failed {
        return Err(Failure::told(Failure::ERROR));
    }
    Ok(())
}

async fn hashkv(mut ctl: Ctl) -> Result<(), Failure> {
    let members = Members::of(&mut ctl).await?;
    let revision = ctl.integer("rev");
    let mut found = Vec::new();
    let mut last_error = None;
    for (endpoint, config) in members.each() {
        let client = connect(config).await?;
        let request = HashKvRequest { revision };
        match client.hash_kv(ctl.fresh_call(), request).await {
            Ok(answer) => found.push((endpoint, answer)),
            Err(error) => {
                tell_line(&format!(
                    "Failed to get the hash of endpoint {endpoint} ({error})"
                ));
                last_error = Some(error);
            }
        }
    }
    ctl.show(&Reply::EndpointHashKv(&found))?;
    last_error.map_or(Ok(()), |error| Err(error.into()))
}
