//! A member at work: its certificates, its sockets, its engine and its front, from the first to the last.
//!
//! Source: etcd v3.7 server/embed/etcd.go `StartEtcd`; serve.go.

use std::sync::Arc;

use etcd_server::{
    Board, EngineError, Front, Traffic,
    boot::{self, BootError, Booted},
    metrics::{Detail, Metrics},
};
use kit_cli::value::DurationError;
use kit_http::{ServeError, Shutdown, listen::ListenError};
use tokio::task::{JoinError, JoinSet};
use tracing::info;

use crate::{Config, auth_token::TokenError};

mod certificates;
mod memory;
mod settings;
mod sockets;
mod story;

pub use self::{
    certificates::CertificateError,
    sockets::{AddressError, listen_addresses},
};
use self::{
    certificates::Certificates,
    settings::texts,
    sockets::Socket,
    story::{Farewell, tell_serving, tell_start},
};

/// Why a member does not work.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// Addresses that do not go together, or that there is nothing for.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No certificates.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// What is kept of the past is no time.
    #[error("error parsing CompactionRetention: {0}")] // upstream's text
    Retention(DurationError),
    /// No tokens.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What is on disk cannot be used.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// The front cannot serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The engine cannot go on.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Memory cannot be kept from being swapped out.
    #[error("mlock error: {}", .0.desc().to_lowercase())] // upstream's text
    Memory(nix::Error),
    /// A part of the member ended by a bug.
    #[error("a part of the member ended")]
    Bug(#[from] JoinError),
    /// The runtime could not start.
    #[error("start")]
    Runtime(#[from] std::io::Error),
}

/// Works until `stop`, and returns the signal that asked for it, if one did. Everything that can fail is opened before the
/// first request is answered.
///
/// # Errors
/// [`MemberError`].
pub async fn run(
    config: Config,
    argv: Vec<String>,
    stop: Shutdown,
) -> Result<Option<i32>, MemberError> {
    let certificates = Certificates::open(&config)?;
    let sockets = sockets::open(&config, &certificates)?;
    let boot_config = settings::boot(&config)?;
    let front_config = settings::front(&config, argv, boot_config.engine.request_timeout());
    let farewell = Farewell::of(&config);
    let board = Arc::new(Board::default());
    let metrics = Metrics::new(match config.http.extensive_metrics {
        true => Detail::Extensive,
        false => Detail::Basic,
    });
    for (name, stage, is_open) in config.gates.all() {
        let level = if is_open { 1.0 } else { 0.0 };
        metrics
            .server
            .feature_enabled
            .with([name, stage])
            .set(level);
    }
    if config.backend.mlock {
        memory::lock().map_err(MemberError::Memory)?;
    }
    tell_start(&config);
    let Booted {
        engine,
        published,
        member_id,
        ..
    } = boot::start(boot_config, Arc::clone(&board), Arc::clone(&metrics))?;
    let (front, work) = Front::new(front_config, board, metrics);
    let (engine_stop, served_stop, peers_stop) =
        (Shutdown::new(), Shutdown::new(), Shutdown::new());
    let mut engine = tokio::spawn(engine.run(work, engine_stop.clone()));
    let mut served = JoinSet::new();
    let mut peers = JoinSet::new();
    let (of_peers, of_clients): (Vec<_>, Vec<_>) = sockets
        .into_iter()
        .partition(|socket| socket.traffic == Traffic::Peers);
    for socket in of_peers {
        info!(address = socket.address, "serving peer traffic"); // upstream's text
        peers.spawn(serve(front.clone(), socket, peers_stop.clone()));
    }
    certificates.tell_of_clients(&config);
    tell_serving(&config, member_id);
    tokio::select! {
        // An engine that ends first says why below.
        _ = published => {}
        () = stop.triggered() => {}
        ended = &mut engine => return Ok(ended?.map(|()| None)?),
    }
    if !stop.is_triggered() {
        info!("ready to serve client requests"); // upstream's text
        for socket in of_clients {
            tell(&socket);
            served.spawn(serve(front.clone(), socket, served_stop.clone()));
        }
        info!("notifying init daemon"); // upstream's text
        kit_guard::ready();
        info!("successfully notified init daemon"); // upstream's text
    }
    let outcome = tokio::select! {
        () = stop.triggered() => Ok(()),
        ended = &mut engine => ended?.map_err(MemberError::from),
        outcome = all(&mut served), if !served.is_empty() => outcome,
    };
    farewell.begin(stop.signal());
    // Clients first: what they still wait for the engine answers. Then the engine, and peers last, as upstream has it.
    served_stop.trigger();
    let served = all(&mut served).await;
    engine_stop.trigger();
    let engine = match engine.is_finished() {
        true => Ok(()),
        false => engine.await?.map_err(MemberError::from),
    };
    farewell.stop_peers();
    peers_stop.trigger();
    let peers = all(&mut peers).await;
    farewell.end();
    outcome
        .and(served)
        .and(engine)
        .and(peers)
        .map(|()| stop.signal())
}

async fn serve(front: Front, socket: Socket, stop: Shutdown) -> Result<(), ServeError> {
    let Socket {
        listener,
        tls,
        traffic,
        address,
        path,
        ..
    } = socket;
    let served = front.serve(vec![listener], tls, traffic, stop).await;
    drop(path);
    if traffic == Traffic::Peers {
        info!(address, "stopped serving peer traffic"); // upstream's text
    }
    served
}

/// Waits until nothing is served any more; the first error counts.
async fn all(served: &mut JoinSet<Result<(), ServeError>>) -> Result<(), MemberError> {
    let mut outcome = Ok(());
    while let Some(ended) = served.join_next().await {
        let ended = ended.map_err(MemberError::from);
        outcome = outcome.and_then(|()| Ok(ended??));
    }
    outcome
}

fn tell(socket: &Socket) {
    let traffic = match socket.traffic {
        Traffic::All => "grpc+http",
        Traffic::Grpc => "grpc",
        Traffic::Http => "http",
        Traffic::Metrics => {
            info!(address = socket.url, "serving metrics"); // upstream's text
            return;
        }
        Traffic::Peers => return,
    };
    let address = &socket.address;
    if socket.tls.is_some() {
        info!(traffic, address, "serving client traffic securely"); // upstream's text
    } else {
        info!(
            traffic,
            address, "serving client traffic insecurely; this is strongly discouraged!"
        ); // upstream's text
    }
}
