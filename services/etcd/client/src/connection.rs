//! One HTTP/2 connection to one server: dialled, secured, greeted, then used for calls.
//!
//! Source: grpc-go internal/transport/http2_client.go, whose texts the errors have.

use std::{
    fmt,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Uri, uri::Authority};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::{
    body::Incoming,
    client::conn::http2::{self, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{self, pki_types::ServerName},
};
use tonic::{Status, body::Body, codegen::Service};

use crate::{
    connection::greeting::Greeted,
    endpoint::{Address, Endpoint},
};

mod go_text;
mod greeting;

/// Everything a connection needs besides the endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Dialler {
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
    pub(crate) keepalive_time: Duration,
    pub(crate) keepalive_timeout: Duration,
}

/// A connection that takes calls. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Connection {
    sender: SendRequest<Body>,
    scheme: &'static str,
    authority: Authority,
    peer: Peer,
}

/// Who is at the two ends, for log lines.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    remote: String,
    local: Option<SocketAddr>,
    secure: bool,
}

/// What drives the connection until it is closed.
pub(crate) type Driver = Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>;

/// Why there is no connection. Texts are grpc-go's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("transport: Error while dialing: dial {network} {address}: {reason}")]
    Dial {
        network: &'static str,
        address: String,
        reason: String,
    },
    #[error("transport: authentication handshake failed: {0}")]
    Handshake(String),
    #[error("error reading server preface: {0}")]
    Greeting(String),
}

impl Dialler {
    /// Connects to an endpoint and waits for the server's first word.
    pub(crate) async fn dial(
        &self,
        endpoint: &Endpoint,
    ) -> Result<(Connection, Driver), DialError> {
        match &endpoint.address {
            Address::Tcp(address) => {
                let stream = dial_tcp(address).await?;
                let peer = Peer {
                    remote: remote_address(&stream, address),
                    local: stream.local_addr().ok(),
                    secure: self.tls.is_some(),
                };
                self.secure(stream, endpoint, peer).await
            }
            Address::Unix(path) => {
                let connected = UnixStream::connect(path).await;
                let stream = connected.map_err(|error| DialError::Dial {
                    network: "unix",
                    address: path.display().to_string(),
                    reason: go_text::connect_error(&error),
                })?;
                let peer = Peer {
                    remote: path.display().to_string(),
                    local: None,
                    secure: self.tls.is_some(),
                };
                self.secure(stream, endpoint, peer).await
            }
        }
    }

    async fn secure<S>(
        &self,
        stream: S,
        endpoint: &Endpoint,
        peer: Peer,
    ) -> Result<(Connection, Driver), DialError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Some(config) = &self.tls else {
            return self.greet(stream, endpoint, peer).await;
        };
        let name = ServerName::try_from(endpoint.host().to_owned())
            .map_err(|error| DialError::Handshake(error.to_string()))?;
        let stream = TlsConnector::from(Arc::clone(config))
            .connect(name, stream)
            .await
            .map_err(|error| DialError::Handshake(go_text::handshake_error(&error)))?;
        self.greet(stream, endpoint, peer).await
    }

    /// Opens HTTP/2 and waits until the server has answered in it: a connection that is not HTTP/2 takes no calls.
    async fn greet<S>(
        &self,
        stream: S,
        endpoint: &Endpoint,
        peer: Peer,
    ) -> Result<(Connection, Driver), DialError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let broken = |error: hyper::Error| DialError::Greeting(go_text::chain(&error));
        let (stream, greeting) = Greeted::new(stream);
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new());
        if !self.keepalive_time.is_zero() {
            builder
                .keep_alive_interval(self.keepalive_time.max(KEEPALIVE_TIME_MIN))
                .keep_alive_timeout(self.keepalive_timeout);
        }
        let (sender, connection) = builder
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let mut driver: Driver = Box::pin(connection);
        tokio::select! {
            heard = greeting => heard.map_err(DialError::Greeting)?,
            ended = &mut driver => {
                ended.map_err(broken)?;
                return Err(DialError::Greeting("EOF".to_owned()));
            }
        }
        let authority = Authority::try_from(endpoint.authority())
            .unwrap_or_else(|_| Authority::from_static("localhost"));
        let connection = Connection {
            sender,
            scheme: if peer.secure { "https" } else { "http" },
            authority,
            peer,
        };
        Ok((connection, driver))
    }
}

async fn dial_tcp(address: &str) -> Result<TcpStream, DialError> {
    let failed = |reason| DialError::Dial {
        network: "tcp",
        address: address.to_owned(),
        reason,
    };
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| failed(go_text::connect_error(&error)))?;
    // Small frames must not wait for the answers to earlier ones.
    stream
        .set_nodelay(true)
        .map_err(|error| failed(go_text::connect_error(&error)))?;
    Ok(stream)
}

fn remote_address(stream: &TcpStream, dialled: &str) -> String {
    stream
        .peer_addr()
        .map_or_else(|_| dialled.to_owned(), |address| address.to_string())
}

impl Connection {
    /// Returns whether the connection is gone, so that nothing was or will be sent on it.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    pub(crate) const fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl fmt::Display for Peer {
    /// Source: grpc-go peer/peer.go, `Peer.String`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self
            .local
            .map_or_else(|| "<nil>".to_owned(), |address| format!("'{address}'"));
        let auth = if self.secure { "tls" } else { "insecure" };
        write!(
            f,
            "Peer{{Addr: '{}', LocalAddr: {local}, AuthInfo: '{auth}'}}",
            self.remote
        )
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Reply>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Reply>, Status>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.sender
            .poll_ready(context)
            .map_err(|error| lost(&error))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        let uri = Uri::builder()
            .scheme(self.scheme)
            .authority(self.authority.clone())
            .path_and_query(path)
            .build();
        match uri {
            Ok(uri) => *request.uri_mut() = uri,
            Err(error) => return Box::pin(async move { Err(Status::internal(error.to_string())) }),
        }
        let answer = self.sender.send_request(request);
        Box::pin(async move {
            let answer = answer.await.map_err(|error| lost(&error))?;
            Ok(answer.map(Reply))
        })
    }
}

/// The body of an answer, whose errors are statuses.
#[derive(Debug)]
pub struct Reply(Incoming);

impl HttpBody for Reply {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.0)
            .poll_frame(context)
            .map_err(|error| lost(&error))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// A connection that breaks during a call is `Unavailable`, as grpc-go has it.
fn lost(error: &hyper::Error) -> Status {
    Status::unavailable(format!(
        "error reading from server: {}",
        go_text::chain(error)
    ))
}

/// gRPC probes no connection more often.
const KEEPALIVE_TIME_MIN: Duration = Duration::from_secs(10);
