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
use tracing::{info, warn};

use crate::{Config, auth_token::TokenError};

mod certificates;
mod settings;
mod sockets;

use self::sockets::Socket;
pub use self::{certificates::CertificateError, sockets::AddressError};

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
    /// A part of the member ended by a bug.
    #[error("a part of the member ended")]
    Bug(#[from] JoinError),
    /// The runtime could not start.
    #[error("start")]
    Runtime(#[from] std::io::Error),
}

/// Works until `stop`. Everything that can fail is opened before the first request is answered.
///
/// # Errors
/// [`MemberError`].
pub async fn run(config: Config, argv: Vec<String>, stop: Shutdown) -> Result<(), MemberError> {
    let tls = certificates::client(&config)?;
    let sockets = sockets::open(&config, tls.as_ref())?;
    let boot_config = settings::boot(&config)?;
    let front_config = settings::front(&config, argv, boot_config.engine.request_timeout());
    let board = Arc::new(Board::default());
    let metrics = Metrics::new(match config.http.extensive_metrics {
        true => Detail::Extensive,
        false => Detail::Basic,
    });
    let Booted {
        engine, published, ..
    } = boot::start(boot_config, Arc::clone(&board), Arc::clone(&metrics))?;
    let (front, work) = Front::new(front_config, board, metrics);
    let mut engine = tokio::spawn(engine.run(work, stop.clone()));
    tokio::select! {
        // An engine that ends first says why below.
        _ = published => {}
        ended = &mut engine => return Ok(ended??),
    }
    info!("ready to serve client requests"); // upstream's text
    let mut served = JoinSet::new();
    for socket in sockets {
        tell(&socket);
        let front = front.clone();
        let token = stop.clone();
        served.spawn(async move {
            front
                .serve(vec![socket.listener], socket.tls, socket.traffic, token)
                .await
        });
    }
    let outcome = tokio::select! {
        ended = &mut engine => ended?.map_err(MemberError::from),
        outcome = all(&mut served) => outcome,
    };
    // Whatever ended first ends the rest.
    stop.trigger();
    let rest = all(&mut served).await;
    if !engine.is_finished() {
        engine.await??;
    }
    outcome.and(rest)
}

/// Waits until nothing is served any more; the first error counts.
async fn all(served: &mut JoinSet<Result<(), ServeError>>) -> Result<(), MemberError> {
    while let Some(ended) = served.join_next().await {
        ended??;
    }
    Ok(())
}

fn tell(socket: &Socket) {
    let traffic = match socket.traffic {
        Traffic::All => "grpc+http",
        Traffic::Grpc => "grpc",
        Traffic::Http => "http",
        Traffic::Metrics => {
            info!(address = socket.address, "serving metrics"); // upstream's text
            return;
        }
    };
    if socket.tls.is_some() {
        info!(
            traffic,
            address = socket.address,
            "serving client traffic securely"
        ); // upstream's text
    } else {
        warn!(
            traffic,
            address = socket.address,
            "serving client traffic insecurely; this is strongly discouraged!" // upstream's text
        );
    }
}
