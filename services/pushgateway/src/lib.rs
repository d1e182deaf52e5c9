//! Prometheus Pushgateway, drop-in.
//!
//! A request goes from `service` through `routes`, `group_key` and `body_format` to the `store`; a scrape reads the store's
//! latest version through `store::exposition`. `persist` writes snapshots, `page` and `api_v1` show what is stored.
//!
//! Source: prometheus/pushgateway v1.11.3.

mod answer;
mod api_v1;
mod body_format;
pub mod config;
mod expiry;
pub mod flags;
#[cfg(any(test, feature = "test-util"))]
pub mod fuzz;
mod group_key;
mod json;
mod local_time;
mod matcher;
mod native;
mod page;
mod persist;
mod reserved;
mod rights;
mod routes;
mod self_metrics;
mod service;
mod store;

use std::sync::Arc;

use kit_http::{Cause, Server, Shutdown, listen};
use kit_telemetry::{BuildInfo, chain};
use tracing::{debug, error, info, warn};

pub use crate::{config::Config, rights::rights};
use crate::{
    persist::SnapshotFile,
    self_metrics::SelfMetrics,
    service::Gateway,
    store::{Limits, Store, state::State},
};

/// Why the program could not serve. It has been logged; the exit status is all that is left to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address could not be bound, or none was given.
    #[error(transparent)]
    Listen(#[from] listen::ListenError),
    /// The server could not start.
    #[error(transparent)]
    Serve(#[from] kit_http::ServeError),
    /// The runtime could not start.
    #[error("start")]
    Runtime(#[from] std::io::Error),
}

/// Serves until `stop`, then drains, writes a last snapshot and returns.
///
/// # Errors
/// [`Error`] when serving never began; it is logged as upstream logs it.
pub async fn run(config: Config, stop: Shutdown) -> Result<(), Error> {
    let build = BuildInfo::replacing(flags::UPSTREAM_VERSION);
    log_start(&config, &build);
    let snapshot = config.persistence.file.clone().map(SnapshotFile::new);
    let state = snapshot
        .as_ref()
        .map_or_else(State::default, SnapshotFile::load);
    let limits = Limits {
        groups_max: config.max_groups,
        series_max: config.max_series,
    };
    let store = Arc::new(Store::new(state, config.consistency_check, limits));
    let metrics = Arc::new(SelfMetrics::new(&build, config.group_ttl.is_some()));

    let saving = snapshot.clone().map(|file| {
        tokio::spawn(persist::keep_saving(
            Arc::clone(&store),
            file,
            config.persistence.interval,
            stop.clone(),
        ))
    });
    if let Some(ttl) = config.group_ttl {
        tokio::spawn(expiry::keep_expiring(
            Arc::clone(&store),
            Arc::clone(&metrics),
            ttl,
            stop.clone(),
        ));
    }
    let farewell = tokio::spawn(log_stop(stop.clone()));
    let served = serve(config, Arc::clone(&store), metrics, build, stop.clone()).await;
    match &served {
        Ok(()) => {
            // The line that says why stands before the one that says it is done.
            let _ = farewell.await;
            info!("HTTP server stopped"); // upstream's text
        }
        Err(error) => {
            farewell.abort();
            error!(err = %chain(error), "HTTP server stopped"); // upstream's text
            if let Error::Listen(error) = error
                && let Some(explanation) = error.explanation()
            {
                error!("{explanation}");
            }
            // Nobody asked for the end, so nobody is told of it.
            farewell.abort();
            stop.trigger();
        }
    }
    // Requests that outlived the drain may still be there.
    store.close().await;
    if let Some(saving) = saving {
        saving.await.expect("saving snapshots does not panic");
    }
    if let Some(file) = snapshot
        && let Err(error) = file.save(&store.state())
    {
        error!(err = %error, "problem shutting down metric storage"); // upstream's text
        file.explain(&error);
    }
    served
}

async fn serve(
    config: Config,
    store: Arc<Store>,
    metrics: Arc<SelfMetrics>,
    build: BuildInfo,
    stop: Shutdown,
) -> Result<(), Error> {
    let listeners = listen::open(
        &config.listen_addresses,
        config.systemd_socket,
        "--web.listen-address",
    )?;
    let server = Server::new(listeners).web_config(config.web_config.clone().unwrap_or_default());
    let gateway = Gateway::new(config, store, metrics, build, stop.clone());
    server.serve(gateway, stop).await?;
    Ok(())
}

/// Logs what is started, in upstream's words.
fn log_start(config: &Config, build: &BuildInfo) {
    info!(version = build.info(), "starting pushgateway");
    info!(build_context = build.context(), "Build context");
    debug!(url = config.external_url, "external URL");
    debug!(path = config.external_prefix, "path prefix used externally");
    debug!(
        path = config.route_prefix,
        "path prefix for internal routing"
    );
}

/// Logs why the program stops, in upstream's words.
async fn log_stop(stop: Shutdown) {
    stop.triggered().await;
    match stop.cause() {
        Some(Cause::Request) => {
            warn!("received termination request via web service, exiting gracefully...")
        }
        Some(Cause::Signal) | None => info!("received SIGINT/SIGTERM; exiting gracefully..."),
    }
}
