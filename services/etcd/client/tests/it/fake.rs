//! A server of one gRPC service on a port of its own, which can be ended like a process.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use etcd_client::{Config, Credentials};
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tonic::{body::Body, codegen::Service};

/// A running server; it ends with this value, and its connections with it.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Fake {
    pub(crate) async fn serve<S>(service: S) -> Self
    where
        S: Service<http::Request<Incoming>, Response = http::Response<Body>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
    {
        Self::serve_on("127.0.0.1:0".parse().unwrap(), service).await
    }

    #[expect(clippy::disallowed_methods, reason = "a test's server on port 0")]
    pub(crate) async fn serve_on<S>(address: SocketAddr, service: S) -> Self
    where
        S: Service<http::Request<Incoming>, Response = http::Response<Body>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(service.clone());
                connections.spawn(async move {
                    let builder = http2::Builder::new(TokioExecutor::new());
                    drop(
                        builder
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        Self { address, task }
    }
}

impl Fake {
    /// Ends the server and its connections, and waits until its port is free again.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        assert!(
            (&mut self.task)
                .await
                .is_err_and(|ended| ended.is_cancelled())
        );
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn config(endpoints: &[String]) -> Config {
    Config {
        endpoints: endpoints.to_vec(),
        tls: None,
        credentials: Credentials::None,
        dial_timeout: Duration::from_secs(5),
        keepalive_time: Duration::ZERO,
        keepalive_timeout: Duration::ZERO,
        request_bytes_max: Config::REQUEST_BYTES_MAX,
        response_bytes_max: Config::RESPONSE_BYTES_MAX,
        logger: "test",
    }
}

/// A status for what a test does not ask.
pub(crate) fn unasked<T>() -> Result<T, tonic::Status> {
    Err(tonic::Status::unimplemented("the test does not ask this"))
}
