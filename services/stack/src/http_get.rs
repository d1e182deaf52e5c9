//! One plain HTTP GET on this machine: asking a service for its health, and the supervisor for its status.
//!
//! Deadlines are the caller's.

use std::io;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// Nobody listens there, or nobody lets us in.
    #[error("connect to {address}")]
    Connect {
        /// The address.
        address: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The other side does not speak HTTP, or stopped in the middle.
    #[error("talk HTTP to {address}")]
    Http {
        /// The address.
        address: String,
        /// What happened.
        #[source]
        source: hyper::Error,
    },
    /// The body is longer than the caller takes, or broke off.
    #[error("read the answer of {address}")]
    Body {
        /// The address.
        address: String,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Fetches `path` from `address` (`host:port`), taking a body of at most `body_bytes_max` bytes.
///
/// # Errors
/// [`GetError`] when there is no whole answer; a status other than 200 is an answer.
pub async fn get(
    address: &str,
    path: &str,
    body_bytes_max: usize,
) -> Result<(StatusCode, Bytes), GetError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|source| GetError::Connect {
            address: address.to_owned(),
            source,
        })?;
    let talk = |source| GetError::Http {
        address: address.to_owned(),
        source,
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(talk)?;
    let request = Request::get(path)
        .header(header::HOST, address)
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .expect("addresses that connect and the paths of this crate make a valid request");
    let exchange = async {
        let (head, body) = sender
            .send_request(request)
            .await
            .map_err(talk)?
            .into_parts();
        let body = Limited::new(body, body_bytes_max).collect().await;
        let body = body.map_err(|source| GetError::Body {
            address: address.to_owned(),
            source,
        })?;
        Ok((head.status, body.to_bytes()))
    };
    // The connection is driven here and not in a task, so that a caller who gives up takes it down too.
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        // It ended first: whatever it has for the exchange, an answer or its error, is there by now.
        _ = connection => exchange.await,
    }
}
