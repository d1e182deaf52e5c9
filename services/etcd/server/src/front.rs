//! Everything between a socket and the engine: listeners in, [`Work`] out.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use etcd_api::Error;
use kit_http::{Limits, Refused, ServeError, Server, Shutdown, TlsFiles, listen::Listener};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tonic::Status;
use tracing::warn;

use crate::{
    board::Board,
    call::{Call, Caller, Replies, Reply, Requests, Stream, Work},
    grpc::{Grpc, life::Life, request::Metadata},
    http::Pages,
    method::{Kind, Method},
    metrics::{Metrics, grpc::Meter},
    peer::Peers,
};

/// What the front is told by the flags of the program.
#[derive(Clone, Debug)]
pub struct FrontConfig {
    /// Bytes of the largest request (`--max-request-bytes`, 1,572,864).
    pub request_bytes_max: usize,
    /// Requests at a time on one connection (`--max-concurrent-streams`, 4,294,967,295).
    pub streams_max: u32,
    /// Pings both ways.
    pub keepalive: Keepalive,
    /// Origins that may ask from a browser; `*` for all (`--cors`).
    pub cors: BTreeSet<String>,
    /// Host names by which clients without TLS may call us; `*` for all (`--host-whitelist`).
    pub host_whitelist: BTreeSet<String>,
    /// Whether there is a JSON gateway (`--enable-grpc-gateway`, true).
    pub has_gateway: bool,
    /// Whether clients prove who they are with a certificate (`--client-cert-auth`).
    pub has_client_cert_auth: bool,
    /// Time the engine takes for a request at most; health checks wait that long.
    pub request_timeout: Duration,
    /// Time after which an answer is told to have taken long (`--warning-unary-request-duration`, 300 ms).
    pub warn_unary: Duration,
    /// Whether what requests begin with goes to standard error (`GODEBUG` with `http2debug=2`).
    pub shows_heads: bool,
    /// What the program was called with, for `/debug/vars`.
    pub command_line: Vec<String>,
}

/// Pings both ways.
#[derive(Clone, Copy, Debug)]
pub struct Keepalive {
    /// Shortest time between two pings of a client (`--grpc-keepalive-min-time`, 5 s).
    pub client_pause_min: Duration,
    /// Time without a byte from a client before it is pinged (`--grpc-keepalive-interval`, 2 h).
    pub interval: Duration,
    /// Time for its answer (`--grpc-keepalive-timeout`, 20 s).
    pub timeout: Duration,
}

/// What a listener is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Traffic {
    /// gRPC and HTTP.
    All,
    /// gRPC only, because HTTP has listeners of its own.
    Grpc,
    /// HTTP only.
    Http,
    /// Metrics and health only.
    Metrics,
    /// What members ask each other.
    Peers,
}

impl Traffic {
    /// Tells of a client that was not let in.
    fn refused(self) -> Refused {
        match self {
            Self::Peers => |remote, error| {
                warn!(
                    "remote-addr" = remote,
                    "server-name" = "",
                    error,
                    "rejected connection on peer endpoint"
                ); // upstream's text
            },
            _ => |remote, error| {
                warn!(
                    "remote-addr" = remote,
                    "server-name" = "",
                    error,
                    "rejected connection on client endpoint"
                ); // upstream's text
            },
        }
    }
}

/// The front of a member. Clones are the same front.
#[derive(Clone, Debug)]
pub struct Front(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: FrontConfig,
    board: Arc<Board>,
    metrics: Arc<Metrics>,
    engine: mpsc::Sender<Work>,
    /// Room for large requests, in [`ROOM_UNIT_BYTES`].
    room: Arc<Semaphore>,
}

impl Front {
    /// Returns a front and the end at which the engine takes its work.
    #[must_use]
    pub fn new(
        config: FrontConfig,
        board: Arc<Board>,
        metrics: Arc<Metrics>,
    ) -> (Self, mpsc::Receiver<Work>) {
        let (engine, work) = mpsc::channel(QUEUE_MAX);
        let front = Self(Arc::new(Inner {
            config,
            board,
            metrics,
            engine,
            room: Arc::new(Semaphore::new(ROOM_UNITS as usize)),
        }));
        (front, work)
    }

    /// Serves listeners until `stop` is triggered; requests in flight get [`DRAIN`] then.
    ///
    /// # Errors
    /// [`ServeError`] before the first connection is accepted.
    pub async fn serve(
        &self,
        listeners: Vec<Listener>,
        tls: Option<TlsFiles>,
        traffic: Traffic,
        stop: Shutdown,
    ) -> Result<(), ServeError> {
        let pages = Pages::new(self.clone(), traffic);
        let is_secure = tls.is_some();
        let server = Server::part(listeners, tls)
            .limits(self.limits())
            .on_refused(traffic.refused());
        match traffic {
            Traffic::All | Traffic::Grpc => {
                // Without TLS all of HTTP/2 is gRPC, as upstream.
                let is_shared = is_secure && traffic == Traffic::All;
                let grpc = Grpc {
                    front: self.clone(),
                    pages: is_shared.then(|| pages.clone()),
                    is_alone: traffic == Traffic::Grpc,
                };
                server.serve_with(pages, grpc, stop).await
            }
            Traffic::Http | Traffic::Metrics => server.serve(pages, stop).await,
            Traffic::Peers => server.serve(Peers::new(self.clone()), stop).await,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            connections_max: CONNECTIONS_MAX,
            head: READ_HEAD,
            idle: Duration::MAX,
            body_stall: STALL,
            answer_stall: STALL,
            streams_max: self.0.config.streams_max.min(1 << 16),
            drain: DRAIN,
            ..Limits::default()
        }
    }

    pub(crate) fn config(&self) -> &FrontConfig {
        &self.0.config
    }

    pub(crate) fn board(&self) -> &Board {
        &self.0.board
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    pub(crate) fn meter(&self, method: Method) -> Meter {
        Meter::begin(self.0.metrics.clone(), method)
    }

    /// Says whether a request gets as far as the engine, by the rules that hold for all.
    ///
    /// # Errors
    /// The status it is refused with.
    ///
    /// Source: etcd v3.7 v3rpc/interceptor.go `newUnaryInterceptor`, `newStreamInterceptor`.
    pub(crate) fn admit(&self, kind: Kind, metadata: &Metadata) -> Result<(), Status> {
        let version = match &metadata.client_api_version {
            None => "unknown",
            Some(version) => std::str::from_utf8(version.as_bytes())
                .map_err(|_| Status::from(Error::InvalidClientApiVersion))?,
        };
        self.0.metrics.client_request(kind, version);
        if metadata.requires_leader && !self.0.board.has_leader() {
            return Err(Error::NoLeader.into());
        }
        Ok(())
    }

    /// Hands a request to the engine. When too many wait already, it is refused.
    pub(crate) fn call(&self, call: Call) {
        self.hand_over(Work::Call(call));
    }

    /// Hands a stream to the engine. When too many requests wait already, it is refused.
    pub(crate) fn open(&self, mut stream: Stream) {
        let requires_leader = stream.caller.requires_leader;
        let life = Life {
            deadline: stream.deadline,
            leaderless: requires_leader.then(|| self.0.board.leaderless()),
        };
        stream.requests.limit(life.clone());
        stream.replies.limit(life);
        self.hand_over(Work::Stream(stream));
    }

    fn hand_over(&self, work: Work) {
        match self.0.engine.try_send(work) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(Work::Call(call))) => {
                call.reply.error(Error::TooManyRequests);
            }
            Err(mpsc::error::TrySendError::Full(Work::Stream(stream))) => {
                stream.replies.finish(Err(Error::TooManyRequests.into()));
            }
            // Dropped work says that the server stops.
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    /// Counts a request of somebody within the program: what the member itself asks is no call of gRPC.
    fn meter_of(&self, method: Method, caller: &Caller) -> Meter {
        match caller.is_internal {
            true => Meter::none(),
            false => self.meter(method),
        }
    }

    /// Asks the engine on behalf of somebody within the program, and waits.
    ///
    /// # Errors
    /// The status of the answer.
    pub(crate) async fn ask(
        &self,
        method: Method,
        message: Bytes,
        caller: Caller,
    ) -> Result<Bytes, Status> {
        let (reply, answer) = Reply::local(self.meter_of(method, &caller));
        self.call(Call {
            method,
            message,
            caller,
            deadline: None,
            reply,
            room: None,
        });
        answer.await.unwrap_or_else(|_| Err(Error::Stopped.into()))
    }

    /// Opens a stream on behalf of somebody within the program: messages in, messages out, none of them in a frame.
    pub(crate) fn converse(
        &self,
        method: Method,
        caller: Caller,
    ) -> (mpsc::Sender<Bytes>, mpsc::Receiver<Result<Bytes, Status>>) {
        let (requests, incoming) = mpsc::channel(LOCAL_MESSAGES_MAX);
        let (outgoing, replies) = mpsc::channel(LOCAL_MESSAGES_MAX);
        let meter = self.meter_of(method, &caller);
        self.open(Stream {
            method,
            caller,
            deadline: None,
            requests: Requests::local(incoming, meter.clone()),
            replies: Replies::local(outgoing, meter),
        });
        (requests, replies)
    }

    /// Waits for room for a large request.
    ///
    /// # Errors
    /// `too many requests` when there is none for [`ROOM_WAIT`].
    pub(crate) async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Status> {
        let units = u32::try_from(bytes.div_ceil(ROOM_UNIT_BYTES)).unwrap_or(u32::MAX);
        let permit = self
            .0
            .room
            .clone()
            .acquire_many_owned(units.min(ROOM_UNITS));
        match timeout(ROOM_WAIT, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Error::TooManyRequests.into()),
        }
    }
}

impl FrontConfig {
    /// Returns the bytes of the largest message a client may send; what is beyond [`Self::request_bytes_max`] the engine refuses.
    ///
    /// Source: etcd v3.7 server/config/config.go `MaxRequestBytesWithOverhead`.
    #[must_use]
    pub fn message_bytes_max(&self) -> usize {
        self.request_bytes_max.saturating_add(GRPC_OVERHEAD_BYTES)
    }
}

/// Source: etcd v3.7 server/config/config.go `grpcOverheadBytes`.
const GRPC_OVERHEAD_BYTES: usize = 512 << 10;

/// Requests that may wait for the engine. It takes all that wait at every turn.
const QUEUE_MAX: usize = 16_384;

/// Messages of a stream within the program that may wait.
const LOCAL_MESSAGES_MAX: usize = 16;

/// Bytes of large requests in work at a time.
const ROOM_UNIT_BYTES: usize = 1 << 10;
const ROOM_UNITS: u32 = 192 << 10;

/// Time a large request waits for room.
const ROOM_WAIT: Duration = Duration::from_secs(5);

/// Connections of one listener. Upstream has no limit but that of the process's descriptors.
const CONNECTIONS_MAX: usize = 65_536;

/// Source: etcd v3.7 embed/serve.go `ReadHeaderTimeout`.
const READ_HEAD: Duration = Duration::from_secs(300);

/// Time without a byte of a body or an answer that a client is waited for.
const STALL: Duration = Duration::from_secs(600);

/// Time for requests in flight when the member stops.
pub const DRAIN: Duration = Duration::from_secs(5);
