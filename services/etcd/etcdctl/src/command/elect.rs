//! `elect`: takes part in an election, or watches who is elected.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/elect_command.go.

use etcd_client::{
    Client,
    concurrency::{Election, Observer, Session},
};

use crate::{
    command::{lock::show_key, process::Stop},
    context::Ctl,
    failure::Failure,
    print::Reply,
};

pub(super) async fn run(mut ctl: Ctl) -> Result<(), Failure> {
    let listens = ctl.switch("listen");
    let words = ctl.line.arguments.clone();
    let text = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
    if words.is_empty() || words.len() > 2 {
        return Err(Failure::arguments(
            "elect takes one election name argument and an optional proposal argument",
        ));
    }
    let client = ctl.client().await?;
    match words.as_slice() {
        [name, proposal] if !listens => campaign(&ctl, &client, &text(name), proposal).await,
        [_, _] => Err(Failure::arguments("proposal given but -l is set")),
        [name] if listens => observe(&ctl, &client, &text(name)).await,
        _ => Err(Failure::arguments("no proposal argument but -l not set")),
    }
}

async fn observe(ctl: &Ctl, client: &Client, name: &str) -> Result<(), Failure> {
    let mut observer = Observer::new(client, name);
    let mut stop = stop()?;
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            leader = observer.next() => match leader {
                Ok(answer) => ctl.show(&Reply::Get(&answer))?,
                Err(_) => return Err(Failure::error("elect: observer lost")),
            },
        }
    }
}

async fn campaign(ctl: &Ctl, client: &Client, name: &str, proposal: &[u8]) -> Result<(), Failure> {
    let mut session = Session::open(client, Session::TTL_SECONDS).await?;
    let mut election = Election::new(&session, name);
    let mut stop = stop()?;
    let elected = tokio::select! {
        elected = election.campaign(proposal) => Some(elected),
        () = stop.asked() => None,
    };
    match elected {
        Some(elected) => elected?,
        None => {
            election.resign().await?;
            return Err(Failure::error("context canceled"));
        }
    }
    show_key(ctl, client, election.key()).await?;
    tokio::select! {
        () = stop.asked() => Ok(election.resign().await?),
        () = session.expired() => Err(Failure::error("elect: session expired")),
    }
}

fn stop() -> Result<Stop, Failure> {
    Stop::new().map_err(|error| Failure::error(error.to_string()))
}
