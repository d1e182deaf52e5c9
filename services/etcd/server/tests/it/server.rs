//! A front for each test.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use etcd_server::{
    Board, Front, FrontConfig, Keepalive, Traffic,
    metrics::{Detail, Metrics},
};
use kit_http::{ServeError, Shutdown, TlsFiles, listen::Listener};
use tokio::task::JoinHandle;

use crate::engine::{self, Seen};

/// A running front.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) board: Arc<Board>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) stop: Shutdown,
    pub(crate) served: JoinHandle<Result<(), ServeError>>,
}

pub(crate) fn config() -> FrontConfig {
    FrontConfig {
        request_bytes_max: 1_572_864,
        streams_max: u32::MAX,
        keepalive: Keepalive {
            client_pause_min: Duration::from_secs(5),
            interval: Duration::from_secs(7200),
            timeout: Duration::from_secs(20),
        },
        cors: BTreeSet::from(["*".to_owned()]),
        host_whitelist: BTreeSet::from(["*".to_owned()]),
        has_gateway: true,
        has_client_cert_auth: false,
        request_timeout: Duration::from_secs(7),
        warn_unary: Duration::from_millis(300),
        shows_heads: false,
        command_line: vec!["etcd".to_owned()],
    }
}

pub(crate) fn plain() -> Running {
    serve(config(), None, Traffic::All)
}

pub(crate) fn serve(config: FrontConfig, tls: Option<TlsFiles>, traffic: Traffic) -> Running {
    #[expect(clippy::disallowed_methods, reason = "a test binds a port of its own")]
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let board = Arc::new(Board::default());
    board.set_leader(8);
    let (front, work) = Front::new(config, board.clone(), Metrics::new(Detail::Basic));
    let seen = Arc::new(Seen::default());
    tokio::spawn(engine::run(work, seen.clone()));
    let stop = Shutdown::new();
    let token = stop.clone();
    let served = tokio::spawn(async move {
        front
            .serve(vec![Listener::from(listener)], tls, traffic, token)
            .await
    });
    Running {
        address,
        board,
        seen,
        stop,
        served,
    }
}
