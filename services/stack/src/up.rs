//! `stack up`: check everything that can be checked before, start the services, show them, stop them.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use kit_http::{Server, Shutdown};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};
use tracing::{info, warn};

use crate::{
    catalog::CATALOG,
    claim::{Claim, claim},
    config::{Attachment, UpConfig},
    data_dir::{DataDir, OWN_LOG},
    detach,
    fleet::{Fleet, NotReady},
    greeting::{greeting, stop_line},
    leftovers,
    plan::{Plan, reachable},
    ports,
    process::{ProcessId, boot_id},
    record::Record,
    recorder::Recorder,
    routes::Routes,
    status::Source,
    supervise::Timing,
    terminal::print,
};

/// Runs the supervisor until it is asked to end.
pub(crate) fn up(config: &UpConfig) -> anyhow::Result<ExitCode> {
    let timing = Timing::DEFAULT;
    let data_dir = &config.data_dir;
    data_dir
        .create()
        .with_context(|| format!("create {}", data_dir.path().display()))?;
    let lock = match claim(data_dir)? {
        Claim::Ours(lock) => lock,
        Claim::Theirs(record) => anyhow::bail!(already_running(data_dir, record.as_ref())),
    };
    for name in leftovers::stop(data_dir, &lock, timing.stop_patience)? {
        warn!(
            name,
            "stopped a service left by a supervisor that was killed"
        );
    }
    let plans = plans(config)?;
    let listener = ports::claim(&config.listen, &plans)?;
    kit_http::run(async |stop| supervise_all(config, plans, listener, timing, stop).await)?;
    drop(lock);
    Ok(ExitCode::SUCCESS)
}

fn already_running(data_dir: &DataDir, record: Option<&Record>) -> String {
    let place = data_dir.path().display();
    match record {
        Some(record) => format!(
            "already running on {place}: pid {}, status page http://{}; stop it with stack down --data-dir {place}",
            record.supervisor.pid, record.page
        ),
        None => format!("already running on {place}"),
    }
}

/// Fills in the catalog, and makes sure that every program is there.
fn plans(config: &UpConfig) -> anyhow::Result<Vec<Plan>> {
    let bin_dir = match &config.bin_dir {
        Some(dir) => dir.clone(),
        None => own_folder()?,
    };
    let address = |name: &str| {
        config
            .addresses
            .iter()
            .rfind(|(of, _)| *of == name)
            .map(|(_, at)| at.as_str())
    };
    let plans: Vec<Plan> = CATALOG
        .iter()
        .filter(|service| config.only.is_empty() || config.only.contains(&service.name))
        .map(|service| {
            Plan::new(
                service,
                address(service.name),
                &config.data_dir,
                &bin_dir,
                &config.environment,
            )
        })
        .collect();
    let missing: Vec<String> = plans
        .iter()
        .filter(|plan| !plan.program.is_file())
        .map(|plan| plan.program.display().to_string())
        .collect();
    anyhow::ensure!(
        missing.is_empty(),
        "missing programs: {} (see --bin-dir)",
        missing.join(", ")
    );
    Ok(plans)
}

fn own_folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("find this program")?;
    Ok(program
        .parent()
        .unwrap_or_else(|| Path::new("/"))
        .to_owned())
}

async fn supervise_all(
    config: &UpConfig,
    plans: Vec<Plan>,
    listener: TcpListener,
    timing: Timing,
    stop: Shutdown,
) -> anyhow::Result<()> {
    let page = reachable(
        &listener
            .local_addr()
            .context("read the page's address")?
            .to_string(),
    );
    let recorder = Arc::new(begin_record(&config.data_dir, &page)?);
    let since = Instant::now();
    let greeting = greet(config, &page, &plans)?;
    let fleet = Fleet::start(plans, timing, &recorder).await;
    let source = Source {
        data_dir: config.data_dir.path().to_owned(),
        url: format!("http://{page}"),
        process: ProcessId::own()?,
        since,
        views: fleet.views(),
    };
    // The page has a stop of its own: it shows the stopping too.
    let page_stop = Shutdown::new();
    let server =
        tokio::spawn(Server::new(vec![listener.into()]).serve(Routes(source), page_stop.clone()));
    info!(page, data_dir = %config.data_dir.path().display(), "supervisor started");
    let result = tokio::select! {
        result = watch_over(config, &fleet, greeting, &stop) => result,
        () = stop.triggered() => Ok(()),
        () = terminal_gone() => Ok(()),
        never = own_log(config) => match never {},
    };
    info!("stopping the services");
    fleet.stop().await;
    page_stop.trigger();
    server
        .await
        .context("serve the status page")?
        .context("serve the status page")?;
    recorder.finish()?;
    result
}

fn begin_record(data_dir: &DataDir, page: &str) -> anyhow::Result<Recorder> {
    let record = Record {
        boot_id: boot_id().context("read the id of this boot")?,
        supervisor: ProcessId::own()?,
        page: page.to_owned(),
        services: Vec::new(),
    };
    Ok(Recorder::begin(data_dir.record(), record)?)
}

fn greet(config: &UpConfig, page: &str, plans: &[Plan]) -> anyhow::Result<String> {
    let program = std::env::current_exe().context("find this program")?;
    let here = std::env::current_dir().unwrap_or_default();
    let stop = match config.attachment {
        Attachment::Foreground => "Ctrl-C".to_owned(),
        Attachment::Detach | Attachment::Detached => {
            stop_line(&program, config.data_dir.path(), &here)
        }
    };
    Ok(greeting(&format!("http://{page}"), plans.iter(), &stop))
}

/// Waits until all is ready and tells so. Returns only when the start failed and somebody waited for it.
async fn watch_over(
    config: &UpConfig,
    fleet: &Fleet,
    greeting: String,
    stop: &Shutdown,
) -> anyhow::Result<()> {
    let ready: Result<(), NotReady> = fleet.ready().await;
    match (config.attachment, ready) {
        (Attachment::Detached, Ok(())) => detach::tell_ready(greeting)?,
        (Attachment::Detached, Err(problem)) => return Err(problem.into()),
        (_, Ok(())) => print(&greeting)?,
        (_, Err(problem)) => {
            // Somebody looks at this terminal and at the page; the services are tried further.
            print(&format!("Not ready yet: {problem}\n"))?;
        }
    }
    kit_guard::ready();
    stop.triggered().await;
    Ok(())
}

/// Returns when the terminal is closed; its SIGHUP would end us without a clean stop.
async fn terminal_gone() {
    match signal(SignalKind::hangup()) {
        Ok(mut hangups) => drop(hangups.recv().await),
        Err(error) => {
            warn!(%error, "SIGHUP cannot be watched for");
            std::future::pending().await
        }
    }
}

async fn own_log(config: &UpConfig) -> std::convert::Infallible {
    match config.attachment {
        Attachment::Detached => detach::bound_own_log(&config.data_dir.log(OWN_LOG)).await,
        Attachment::Foreground | Attachment::Detach => std::future::pending().await,
    }
}
