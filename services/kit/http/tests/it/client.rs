//! A server for each test, and the plainest of clients.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;
use http::{Method, StatusCode};
use kit_http::{
    Body, Handler, Limits, Request, Response, ServeError, Server, Shutdown,
    body::{ReadError, read},
    error_response, target,
};
use tokio::task::JoinHandle;

/// Answers what it was asked: method, target and body; a few targets are special.
#[derive(Clone, Debug, Default)]
pub(crate) struct Echo;

impl Handler for Echo {
    async fn handle(&self, request: Request) -> Response {
        let what = [request.method().as_str().as_bytes(), b" ", target(&request)].concat();
        if request.method() == Method::CONNECT {
            return error_response(StatusCode::NOT_FOUND, "404 page not found");
        }
        if what.ends_with(b"/large") {
            let block = Bytes::from(vec![b'x'; 64 << 10]);
            return Response::new(std::iter::repeat_n(block, 1024).collect());
        }
        if what.ends_with(b"/unread") {
            return error_response(StatusCode::PAYLOAD_TOO_LARGE, "too large");
        }
        match read(request.into_body(), 1 << 20).await {
            Ok(body) => Response::new(Body::from(vec![
                what.into(),
                Bytes::from_static(b"\n"),
                body,
            ])),
            Err(error @ ReadError::TooLarge { .. }) => {
                error_response(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string())
            }
            Err(error) => error_response(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stop: Shutdown,
    pub(crate) served: JoinHandle<Result<(), ServeError>>,
}

pub(crate) fn listener() -> TcpListener {
    #[expect(clippy::disallowed_methods, reason = "a test binds a port of its own")]
    TcpListener::bind("127.0.0.1:0").unwrap()
}

pub(crate) fn serve(limits: Limits, web_config: Option<PathBuf>) -> Running {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let stop = Shutdown::new();
    let server = Server::new(vec![listener.into()])
        .limits(limits)
        .web_config(web_config.unwrap_or_default());
    let served = tokio::spawn(server.serve(Echo, stop.clone()));
    Running {
        address,
        stop,
        served,
    }
}

pub(crate) fn plain() -> Running {
    serve(Limits::default(), None)
}

impl Running {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes and returns everything until the server closes.
    pub(crate) async fn exchange(&self, bytes: impl AsRef<[u8]>) -> String {
        let (mut stream, bytes) = (self.connect(), bytes.as_ref().to_vec());
        blocking(move || {
            stream.write_all(&bytes).unwrap();
            rest(&mut stream)
        })
        .await
    }

    /// Sends one request on a connection of its own and returns the answer.
    pub(crate) async fn ask(&self, line: &str, headers: &str, body: &str) -> String {
        let head = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}");
        let length = body.len();
        self.exchange(format!("{head}Content-Length: {length}\r\n\r\n{body}"))
            .await
    }
}

/// Runs a blocking client beside the server.
pub(crate) async fn blocking<T: Send + 'static>(client: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(client).await.unwrap()
}

/// Reads to the end of the stream.
pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Removes the value of `Date`.
pub(crate) fn undated(answer: &str) -> String {
    let lines = answer.split_inclusive("\r\n");
    lines
        .map(|line| {
            if line.starts_with("Date: ") {
                "Date: D\r\n"
            } else {
                line
            }
        })
        .collect()
}

/// Far longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
