//! The plainest of gRPC clients over `h2`: it shows what a member says, and tries nothing twice.

use std::{future::poll_fn, time::Duration};

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use h2::{
    RecvStream, SendStream,
    client::{self, SendRequest},
};
use http::{HeaderMap, Request};
use tokio::net::TcpStream;

/// Answers are read into windows this wide, so that none waits for us.
const WINDOW: u32 = 64 << 20;
/// A call nobody answers is an answer too.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection.
#[derive(Clone, Debug)]
pub struct Client(SendRequest<Bytes>);

/// What a call ended with.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reply {
    /// Each message of the answer.
    pub messages: Vec<Bytes>,
    /// The gRPC code; 14 when the connection went.
    pub code: u32,
    /// The text beside it.
    pub text: String,
}

impl Reply {
    fn lost(why: impl std::fmt::Display) -> Self {
        Self {
            messages: Vec::new(),
            code: 14,
            text: format!("connection: {why}"),
        }
    }

    /// Says whether nobody answered, so that what was asked may have been done or not.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.text.starts_with("connection: ")
    }
}

impl Client {
    /// Connects to a port of this machine.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn connect(port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .map_err(|error| error.to_string())?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        let (sender, connection) = client::Builder::new()
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_concurrent_reset_streams(1000)
            .handshake(stream)
            .await
            .map_err(|error| error.to_string())?;
        tokio::spawn(async move { connection.await.ok() });
        Ok(Self(sender))
    }

    /// Sends one message, ends the stream, and takes all that comes.
    pub async fn call(&self, path: &str, message: &Bytes, token: Option<&str>) -> Reply {
        self.send_framed(path, framed(message), token).await
    }

    /// The same with a body that is put on the wire as it is.
    pub async fn send_framed(&self, path: &str, body: Bytes, token: Option<&str>) -> Reply {
        let done = async {
            let (response, mut stream) = self.open(path, token).await?;
            send(&mut stream, body, true).await;
            let response = response.await.map_err(Reply::lost)?;
            let (parts, mut body) = response.into_parts();
            let mut messages = Vec::new();
            let mut rest = BytesMut::new();
            while let Some(message) = next(&mut body, &mut rest).await.map_err(Reply::lost)? {
                messages.push(message);
            }
            let trailers = body.trailers().await.map_err(Reply::lost)?;
            let (code, text) = status(&trailers.unwrap_or(parts.headers));
            Ok(Reply {
                messages,
                code,
                text,
            })
        };
        match tokio::time::timeout(PATIENCE, done).await {
            Ok(done) => done.unwrap_or_else(|lost| lost),
            Err(_) => Reply::lost("no answer"),
        }
    }

    /// Opens a stream and leaves it open.
    ///
    /// # Errors
    /// A reply that says why not.
    pub async fn open(
        &self,
        path: &str,
        token: Option<&str>,
    ) -> Result<(client::ResponseFuture, SendStream<Bytes>), Reply> {
        let mut request = Request::post(format!("http://etcd/{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(token) = token {
            request = request.header("token", token);
        }
        let request = request.body(()).map_err(Reply::lost)?;
        let mut sender = self.0.clone().ready().await.map_err(Reply::lost)?;
        sender.send_request(request, false).map_err(Reply::lost)
    }
}

/// Returns a message with its five bytes of gRPC before it.
#[must_use]
pub fn framed(message: &Bytes) -> Bytes {
    let mut framed = BytesMut::with_capacity(5 + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).expect("a message of less than 4 GiB"));
    framed.put_slice(message);
    framed.freeze()
}

/// Sends a body as the windows allow; stops when the other side wants no more.
pub async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes, is_last: bool) {
    loop {
        stream.reserve_capacity(data.len());
        while !data.is_empty() && stream.capacity() == 0 {
            let Some(Ok(_)) = poll_fn(|cx| stream.poll_capacity(cx)).await else {
                return;
            };
        }
        let piece = data.split_to(stream.capacity().min(data.len()));
        let is_done = data.is_empty();
        if stream.send_data(piece, is_done && is_last).is_err() || is_done {
            return;
        }
    }
}

/// Takes the next message of an answer; `rest` holds what came of the one after it.
///
/// # Errors
/// When the stream ends in the middle.
pub async fn next(body: &mut RecvStream, rest: &mut BytesMut) -> Result<Option<Bytes>, h2::Error> {
    loop {
        if rest.len() >= 5 {
            let length = u32::from_be_bytes([rest[1], rest[2], rest[3], rest[4]]) as usize;
            if rest.len() >= 5 + length {
                rest.advance(5);
                return Ok(Some(rest.split_to(length).freeze()));
            }
        }
        let Some(piece) = body.data().await else {
            return Ok(None);
        };
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        rest.extend_from_slice(&piece);
    }
}

fn status(trailers: &HeaderMap) -> (u32, String) {
    let text = |name: &str| {
        trailers.get(name).map_or_else(String::new, |value| {
            percent_encoding::percent_decode(value.as_bytes())
                .decode_utf8_lossy()
                .into_owned()
        })
    };
    let code = text("grpc-status").parse().unwrap_or(u32::MAX);
    // Go's protobuf puts either kind of space after its name, on purpose.
    (code, text("grpc-message").replace('\u{a0}', " "))
}
