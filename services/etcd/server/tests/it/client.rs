//! The plainest of gRPC clients, and requests written out for HTTP/1.1.

use std::{future::poll_fn, net::SocketAddr};

use bytes::{Bytes, BytesMut};
use h2::{
    RecvStream, SendStream,
    client::{Builder, SendRequest},
};
use http::{HeaderMap, Request, Response, request};
use prost::Message;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// A connection of a gRPC client.
#[derive(Clone, Debug)]
pub(crate) struct Client(SendRequest<Bytes>);

/// What a call ended with.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) http: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) data: Bytes,
    pub(crate) code: String,
    pub(crate) message: String,
}

pub(crate) fn framed(message: &impl Message) -> Bytes {
    etcd_server::call::frame(message)
}

pub(crate) fn request(method: &str) -> request::Builder {
    Request::post(format!("http://etcd{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let handshake = Builder::new()
            .initial_window_size(1 << 20)
            .initial_connection_window_size(1 << 24)
            .handshake(stream);
        let (sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    pub(crate) fn sender(&self) -> SendRequest<Bytes> {
        self.0.clone()
    }

    /// Opens a stream.
    pub(crate) async fn open(
        &self,
        request: request::Builder,
    ) -> (h2::client::ResponseFuture, SendStream<Bytes>) {
        let mut sender = self.0.clone().ready().await.unwrap();
        sender
            .send_request(request.body(()).unwrap(), false)
            .unwrap()
    }

    /// Sends one piece of data and waits for the end.
    pub(crate) async fn call(&self, request: request::Builder, data: Bytes) -> Outcome {
        let (response, mut stream) = self.open(request).await;
        send(&mut stream, data, true).await;
        outcome(response.await.unwrap()).await
    }

    pub(crate) async fn unary<M: Message + Default>(
        &self,
        method: &str,
        message: &impl Message,
    ) -> Result<M, (String, String)> {
        let outcome = self.call(request(method), framed(message)).await;
        if outcome.code != "0" {
            return Err((outcome.code, outcome.message));
        }
        Ok(M::decode(outcome.data.slice(5..)).unwrap())
    }
}

pub(crate) async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes, is_last: bool) {
    loop {
        stream.reserve_capacity(data.len());
        while !data.is_empty() && stream.capacity() == 0 {
            match poll_fn(|cx| stream.poll_capacity(cx)).await {
                Some(Ok(_)) => {}
                // The server does not want the rest.
                _ => return,
            }
        }
        let piece = data.split_to(stream.capacity().min(data.len()));
        let is_done = data.is_empty();
        if stream.send_data(piece, is_done && is_last).is_err() || is_done {
            return;
        }
    }
}

pub(crate) async fn outcome(response: Response<RecvStream>) -> Outcome {
    let (parts, mut body) = response.into_parts();
    let mut data = BytesMut::new();
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        data.extend_from_slice(&piece);
    }
    let trailers = body
        .trailers()
        .await
        .unwrap()
        .unwrap_or_else(|| parts.headers.clone());
    let text = |name: &str| {
        let value = trailers.get(name).map(|it| it.to_str().unwrap().to_owned());
        value.unwrap_or_default()
    };
    Outcome {
        http: parts.status.as_u16(),
        data: data.freeze(),
        code: text("grpc-status"),
        message: text("grpc-message"),
        headers: parts.headers,
    }
}

/// Sends a request of HTTP/1.1 and returns the answer as it is.
pub(crate) async fn http(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

pub(crate) async fn get(address: SocketAddr, target: &str) -> String {
    http(
        address,
        &format!("GET {target} HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n\r\n"),
    )
    .await
}

pub(crate) async fn post(address: SocketAddr, target: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    http(address, &request).await
}

/// Returns the body of an answer.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}
