//! `check perf|datascale`: load on a cluster, and whether it bears it.
//!
//! `check/load.rs` makes the load, `check/report.rs` sums it up.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/check.go.

use std::time::Duration;

use etcd_api::etcdserverpb::{
    CompactionRequest, DefragmentRequest, DeleteRangeRequest, RangeRequest,
};
use etcd_client::{Call, Client, Config, interval};
use kit_cli::value::quote;

use crate::{
    command::UNLIMITED,
    context::{Ctl, connect, print_line},
    failure::Failure,
};

mod datascale;
mod load;
mod perf;
mod report;

pub(super) async fn run(name: &str, ctl: Ctl) -> Result<(), Failure> {
    match name {
        "perf" => perf::run(ctl).await,
        _ => datascale::run(ctl).await,
    }
}

/// The sizes of a check, by the names `--load` takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Size {
    Small,
    Medium,
    Large,
    ExtraLarge,
}

impl Size {
    fn of(ctl: &Ctl) -> Result<Self, Failure> {
        match ctl.text("load") {
            "s" | "small" => Ok(Self::Small),
            "m" | "medium" => Ok(Self::Medium),
            "l" | "large" => Ok(Self::Large),
            "xl" | "xLarge" => Ok(Self::ExtraLarge),
            other => Err(Failure::new(
                Failure::BAD_FEATURE,
                format!("unknown load option {other}"),
            )),
        }
    }

    const fn clients(self) -> usize {
        match self {
            Self::Small => 50,
            Self::Medium => 200,
            Self::Large => 500,
            Self::ExtraLarge => 1000,
        }
    }
}

async fn connect_many(config: &Config, count: usize) -> Result<Vec<Client>, Failure> {
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        clients.push(connect(config.clone()).await?);
    }
    Ok(clients)
}

/// Refuses to write where there are keys already; `remedy` frames the command that deletes them.
async fn refuse_keys(client: &Client, prefix: &str, mark: &str) -> Result<(), Failure> {
    let request = RangeRequest {
        key: prefix.as_bytes().to_vec().into(),
        range_end: interval::prefix_end(prefix.as_bytes()).into(),
        limit: 1,
        ..RangeRequest::default()
    };
    let answer = client.range(UNLIMITED, request).await?;
    if answer.kvs.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Failure::INVALID_INPUT,
        format!(
            "prefix {} has keys. Delete with {mark}etcdctl del --prefix {prefix}{mark} first",
            quote(prefix)
        ),
    ))
}

/// Deletes the keys of a check and returns the revision of that.
async fn delete_keys(client: &Client, call: Call, prefix: &str) -> Result<i64, etcd_client::Error> {
    let request = DeleteRangeRequest {
        key: prefix.as_bytes().to_vec().into(),
        range_end: interval::prefix_end(prefix.as_bytes()).into(),
        ..DeleteRangeRequest::default()
    };
    let answer = client.delete_range(call, request).await?;
    Ok(answer.header.map_or(0, |header| header.revision))
}

async fn compact(client: &Client, revision: i64) -> Result<(), Failure> {
    print_line(&format!("Compacting with revision {revision}"))?;
    let request = CompactionRequest {
        revision,
        physical: true,
    };
    client.compact(Call::within(UPKEEP_TIME), request).await?;
    print_line(&format!("Compacted with revision {revision}"))
}

async fn defragment(client: &Client) -> Result<(), Failure> {
    for endpoint in client.endpoints() {
        let shown = quote(endpoint);
        print_line(&format!("Defragmenting {shown}"))?;
        let one = client.at(endpoint).await?;
        one.defragment(Call::within(UPKEEP_TIME), DefragmentRequest {})
            .await?;
        print_line(&format!("Defragmented {shown}"))?;
    }
    Ok(())
}

/// How long tidying up may take.
const UPKEEP_TIME: Duration = Duration::from_secs(30);
