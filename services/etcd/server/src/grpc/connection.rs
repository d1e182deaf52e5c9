//! One HTTP/2 connection from its preface to its end.
//!
//! Its task reads frames, hands every request that is here as a whole to the engine at once, and sends what the engine answers. A
//! request whose message comes in pieces, or has to wait for room, gets a task until it is whole.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use h2::{
    Ping, PingPong, RecvStream,
    server::{Builder, Connection, SendResponse},
};
use http::Request;
use kit_http::{Http2, Link, Peer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Notify, OwnedSemaphorePermit},
    time::{sleep, timeout},
};
use tonic::Status;

use super::{
    body::{Arriving, Step},
    frame::Frames,
    heads, http as plain,
    reply::{OverHttp2, Reply},
    request::{Head, Metadata, Refusal, is_grpc},
    slow::Asked,
    status,
    stream::{Replies, Requests},
    wire::Wire,
};
use crate::{
    call::{Call, Stream},
    front::Front,
    http::Pages,
    method::{Kind, Method},
};

/// Serves HTTP/2 connections: gRPC, and under TLS also everything else.
#[derive(Clone, Debug)]
pub(crate) struct Grpc {
    pub(crate) front: Front,
    /// Answers requests that are not gRPC, where the listener has them.
    pub(crate) pages: Option<Pages>,
    /// Whether the listener is for gRPC alone.
    pub(crate) is_alone: bool,
}

/// What all requests of a connection share.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) peer: Peer,
    began: Instant,
    /// Milliseconds from the beginning to the last byte from the client.
    received_ms: AtomicU64,
    requests: AtomicUsize,
    /// Bytes of answers that wait for the client to take them.
    owed: AtomicUsize,
    paid: Notify,
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(crate) struct Open(Arc<Line>);

/// Bytes of an answer that wait for the client to take them.
#[derive(Debug)]
pub(crate) struct Owed(Arc<Line>, usize);

impl Line {
    fn new(peer: Peer) -> Arc<Self> {
        Arc::new(Self {
            peer,
            began: Instant::now(),
            received_ms: AtomicU64::new(0),
            requests: AtomicUsize::new(0),
            owed: AtomicUsize::new(0),
            paid: Notify::new(),
        })
    }

    /// Notes that bytes came in.
    pub(crate) fn received(&self, now: Instant) {
        let elapsed = now.duration_since(self.began).as_millis();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        self.received_ms.store(elapsed, Relaxed);
    }

    /// Says whether a request waits for its answer.
    pub(crate) fn has_requests(&self) -> bool {
        self.requests.load(Relaxed) > 0
    }

    /// Notes bytes that wait for the client to take them.
    pub(crate) fn owe(self: &Arc<Self>, bytes: usize) -> Owed {
        self.owed.fetch_add(bytes, Relaxed);
        Owed(self.clone(), bytes)
    }

    fn is_settled(&self) -> bool {
        self.owed.load(Relaxed) < OWED_BYTES_MAX
    }

    /// Waits while the client leaves too much of its answers untaken.
    async fn settled(&self) {
        loop {
            let paid = self.paid.notified();
            if self.is_settled() {
                return;
            }
            paid.await;
        }
    }

    fn silence(&self) -> Duration {
        let received = Duration::from_millis(self.received_ms.load(Relaxed));
        self.began.elapsed().saturating_sub(received)
    }
}

impl Open {
    pub(crate) fn begin(line: Arc<Line>) -> Self {
        line.requests.fetch_add(1, Relaxed);
        Self(line)
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.0
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Relaxed);
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.0.owed.fetch_sub(self.1, Relaxed);
        self.0.paid.notify_waiters();
    }
}

impl Http2 for Grpc {
    async fn serve<S>(&self, stream: S, link: Link)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let config = self.front.config();
        let line = Line::new(link.peer().clone());
        let wire = Wire::new(stream, line.clone(), config.keepalive.client_pause_min);
        let handshake = Builder::new()
            .initial_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_concurrent_streams(config.streams_max.min(STREAMS_MAX))
            .max_header_list_size(HEAD_BYTES_MAX)
            .max_send_buffer_size(SEND_BUFFER_BYTES)
            .handshake(wire);
        // A client that does not finish its preface, or breaks it, is nobody's news.
        if let Ok(Ok(connection)) = timeout(HANDSHAKE, handshake).await {
            self.run(connection, &line, &link).await;
        }
    }

    fn is_alone(&self) -> bool {
        self.is_alone
    }
}

impl Grpc {
    async fn run<S>(
        &self,
        mut connection: Connection<Wire<S>, Bytes>,
        line: &Arc<Line>,
        link: &Link,
    ) where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let pings = connection.ping_pong();
        let mut lapsed = pin!(self.lapsed(pings, line));
        let mut retired = pin!(link.retired());
        let mut is_retired = false;
        loop {
            tokio::select! {
                biased;
                accepted = connection.accept() => match accepted {
                    Some(Ok((request, respond))) => self.begin(line, request, respond),
                    Some(Err(_)) | None => return,
                },
                () = &mut retired, if !is_retired => {
                    is_retired = true;
                    connection.graceful_shutdown();
                }
                () = &mut lapsed => return,
            }
        }
    }

    /// Waits until the client is silent for too long and does not answer a ping either.
    async fn lapsed(&self, pings: Option<PingPong>, line: &Line) {
        let keepalive = self.front.config().keepalive;
        let Some(mut pings) = pings else {
            return std::future::pending().await;
        };
        loop {
            let left = keepalive.interval.saturating_sub(line.silence());
            if !left.is_zero() {
                sleep(left).await;
            } else if timeout(keepalive.timeout, pings.ping(Ping::opaque()))
                .await
                .is_err()
            {
                return;
            }
        }
    }

    /// Takes a request.
    fn begin(
        &self,
        line: &Arc<Line>,
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) {
        if self.front.config().shows_heads {
            heads::show(&request);
        }
        if let Some(pages) = self.pages.as_ref().filter(|_| !is_grpc(request.headers())) {
            let peer = line.peer.clone();
            tokio::spawn(plain::answer(pages.clone(), peer, request, respond));
            return;
        }
        let (parts, body) = request.into_parts();
        let head = match Head::read(&parts) {
            Ok(head) => head,
            Err(refusal) => return refuse(&mut respond, refusal),
        };
        let metadata = Metadata::read(&parts.headers);
        let way = OverHttp2 {
            respond,
            content_type: head.content_type.clone(),
            open: Open::begin(line.clone()),
        };
        match head.method.kind() {
            Kind::Unary => self.unary(way, head, metadata, body),
            Kind::ServerStream | Kind::BidiStream => self.stream(way, head, metadata, body),
        }
    }

    fn stream(&self, way: OverHttp2, head: Head, metadata: Metadata, body: RecvStream) {
        let meter = self.front.meter(head.method);
        let line = way.open.line().clone();
        let replies = Replies::over_http2(way, meter.clone());
        if let Err(status) = self.front.admit(head.method.kind(), &metadata) {
            return replies.finish(Err(status));
        }
        let frames = Frames::new(head.encoding, self.front.config().message_bytes_max());
        self.front.open(Stream {
            method: head.method,
            caller: metadata.caller(&line.peer),
            deadline: head.deadline,
            requests: Requests::over_http2(body, frames, meter),
            replies,
        });
    }

    fn unary(&self, way: OverHttp2, head: Head, metadata: Metadata, body: RecvStream) {
        let line = way.open.line().clone();
        let frames = Frames::new(head.encoding, self.front.config().message_bytes_max());
        let mut arriving = Arriving::new(body, frames);
        let asking = Asking {
            method: head.method,
            deadline: head.deadline,
            metadata,
            reply: Reply::over_http2(way, self.front.meter(head.method)),
        };
        let here = arriving.poll_step(&mut Context::from_waker(Waker::noop()));
        match here {
            Poll::Ready(Ok(Step::Whole(message))) if line.is_settled() => {
                asking.submit(&self.front, &line.peer, Ok(message), None);
            }
            Poll::Ready(Err(status)) => asking.submit(&self.front, &line.peer, Err(status), None),
            here => {
                let front = self.front.clone();
                tokio::spawn(async move {
                    line.settled().await;
                    let message = match here {
                        Poll::Ready(Ok(Step::Whole(message))) => Ok(message),
                        _ => arriving.whole(&front).await,
                    };
                    asking.submit(&front, &line.peer, message, arriving.room);
                });
            }
        }
    }
}

/// A request whose message may still be on its way.
struct Asking {
    method: Method,
    deadline: Option<tokio::time::Instant>,
    metadata: Metadata,
    reply: Reply,
}

impl Asking {
    fn submit(
        self,
        front: &Front,
        peer: &Peer,
        message: Result<Bytes, Status>,
        room: Option<OwnedSemaphorePermit>,
    ) {
        let admitted = message.and_then(|message| {
            front.admit(Kind::Unary, &self.metadata)?;
            Ok(message)
        });
        match admitted {
            Err(status) => self.reply.error(status),
            Ok(message) => {
                let asked = Asked {
                    method: self.method,
                    remote: peer.remote.clone(),
                    message: message.clone(),
                    began: Instant::now(),
                    limit: front.config().warn_unary,
                };
                front.call(Call {
                    method: self.method,
                    message,
                    caller: self.metadata.caller(peer),
                    deadline: self.deadline,
                    reply: self.reply.asked(asked),
                    room,
                });
            }
        }
    }
}

/// Refuses a request by its head alone.
fn refuse(respond: &mut SendResponse<Bytes>, refusal: Refusal) {
    let head = status::only_trailers(refusal.http, refusal.content_type, &refusal.status);
    // An error means that the client is gone.
    let _ = respond.send_response(head, true);
}

/// Bytes of a stream, and of all streams of a connection together, that a client may send before they are taken. Small, because a
/// client can have many of them waiting; a link of 1 ms still carries 60 MB/s on one stream.
const STREAM_WINDOW_BYTES: u32 = 64 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// Bytes of a stream's answers that lie ready in HTTP/2, beyond which whoever answers waits.
const SEND_BUFFER_BYTES: usize = 256 << 10;

/// Bytes of the fields of a request's head. Upstream takes 16 MiB.
const HEAD_BYTES_MAX: u32 = 1 << 20;

/// Requests at a time on one connection, whatever the flag allows.
const STREAMS_MAX: u32 = 100_000;

/// Bytes of answers that a client may leave untaken before its next requests wait. One answer may be larger.
const OWED_BYTES_MAX: usize = 32 << 20;

/// Time for the preface of a connection.
///
/// Source: grpc-go v1.83 server.go `connectionTimeout`.
const HANDSHAKE: Duration = Duration::from_secs(120);
