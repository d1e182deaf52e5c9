//! One HTTP request to a member, for what it serves besides gRPC.
//!
//! Over TLS it goes by HTTP/2, which the members' certificates and ours are set up for; in plain text a member takes HTTP/2
//! for gRPC alone, so it goes by HTTP/1.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::{body::Body, codegen::Service};

use crate::{
    Config,
    connection::Dialler,
    endpoint::{Address, Endpoint},
};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The member was not reached.
    #[error("{0}")]
    Connect(String),
    /// It did not answer, or with more than is taken.
    #[error("{0}")]
    Answer(String),
    /// It refused.
    #[error("status {0}")]
    Status(StatusCode),
}

/// Fetches what an endpoint serves under `path`, 64 MiB at most.
///
/// # Errors
/// [`FetchError`].
pub async fn fetch(config: &Config, endpoint: &str, path: &str) -> Result<Bytes, FetchError> {
    let endpoint = Endpoint::parse(endpoint);
    if config.tls.is_some() {
        return over_tls(config, &endpoint, path).await;
    }
    let Address::Tcp(address) = &endpoint.address else {
        return Err(FetchError::Connect(format!(
            "{endpoint} is no address of HTTP"
        )));
    };
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| FetchError::Connect(error.to_string()))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| FetchError::Connect(error.to_string()))?;
    let request = Request::get(path)
        .header(http::header::HOST, endpoint.authority())
        .body(Empty::<Bytes>::new())
        .map_err(|error| FetchError::Connect(error.to_string()))?;
    let answer = async {
        let answer = sender.send_request(request).await;
        read(answer.map_err(|error| FetchError::Answer(error.to_string()))?).await
    };
    tokio::select! {
        answer = answer => answer,
        // A connection that ends without an error may have brought the answer; then that branch is ready too.
        Err(error) = connection => Err(FetchError::Answer(error.to_string())),
    }
}

async fn over_tls(config: &Config, endpoint: &Endpoint, path: &str) -> Result<Bytes, FetchError> {
    let dialler = Dialler {
        tls: config.tls.clone(),
        keepalive_time: config.keepalive_time,
        keepalive_timeout: config.keepalive_timeout,
    };
    let (mut connection, driver) = dialler
        .dial(endpoint)
        .await
        .map_err(|error| FetchError::Connect(error.to_string()))?;
    let driver = tokio::spawn(driver);
    let request = Request::get(path)
        .body(Body::empty())
        .map_err(|error| FetchError::Connect(error.to_string()))?;
    let answer = connection.call(request).await;
    let answer = answer.map_err(|error| FetchError::Answer(error.message().to_owned()))?;
    let bytes = read(answer).await;
    driver.abort();
    bytes
}

async fn read<B>(answer: Response<B>) -> Result<Bytes, FetchError>
where
    B: HttpBody,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if !answer.status().is_success() {
        return Err(FetchError::Status(answer.status()));
    }
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX);
    body.collect()
        .await
        .map(|body| body.to_bytes())
        .map_err(|error| FetchError::Answer(error.to_string()))
}

const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
