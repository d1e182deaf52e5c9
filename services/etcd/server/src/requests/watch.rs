//! Watch streams: requests go to the engine, and what the watchers are told comes back as the client takes it.
//!
//! A stream's task writes; the engine fills a short queue for it, and is told when there is room again. So one client that does not
//! read holds up nobody: its watchers fall behind, and are told from the store later.
//!
//! Source: etcd v3.7 v3rpc/watch.go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::{BufMut as _, Bytes, BytesMut};
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{WatchCreateRequest, WatchRequest, watch_request::RequestUnion},
};
use etcd_auth::Identified;
use etcd_mvcc::StreamId;
use tokio::sync::{mpsc, oneshot};
use tonic::{Code, Status};

use super::decode_streamed;
use crate::{
    call::{Caller, Replies, Requests, Stream},
    engine::{Engine, EngineError, Report},
    grpc::frame::HEAD_BYTES,
    refusal::Refusal,
};

/// A stream of watches, as the engine knows it.
#[derive(Debug)]
pub(crate) struct WatchStream {
    caller: Caller,
    pieces: mpsc::Sender<Piece>,
    /// Set when there was no room for a piece: the task then says when there is.
    waits_for_room: Arc<AtomicBool>,
    /// The last request, whose answer lets the task read on.
    unread: Option<oneshot::Sender<()>>,
    /// When those of its watchers that asked for it are told how far they are.
    progress_at: Instant,
}

/// Messages in their frames, and how many of them.
#[derive(Debug, Default)]
struct Piece {
    frames: BytesMut,
    messages: u64,
}

impl Engine {
    /// Opens a stream of watches.
    pub(super) fn watch(&mut self, stream: Stream) {
        let id = self.watches.open_stream();
        let (pieces, outgoing) = mpsc::channel(PIECES_AHEAD);
        let waits_for_room = Arc::new(AtomicBool::new(false));
        let task = Task {
            id,
            engine: self.reports.clone(),
            waits_for_room: waits_for_room.clone(),
        };
        let Stream {
            caller,
            requests,
            replies,
            ..
        } = stream;
        let progress_at = Instant::now() + self.progress_pause();
        self.watch_streams.insert(
            id,
            WatchStream {
                caller,
                pieces,
                waits_for_room,
                unread: None,
                progress_at,
            },
        );
        tokio::spawn(task.run(requests, replies, outgoing));
    }

    fn watch_request(&mut self, id: StreamId, request: WatchRequest, unread: oneshot::Sender<()>) {
        let revision = self.state.store.revision();
        match request.request_union {
            Some(RequestUnion::CreateRequest(create)) => match self.may_watch(id, &create) {
                Ok(()) => self.watches.create(id, &create, &self.state.store),
                Err(reason) => self.watches.refuse(id, &reason, revision),
            },
            Some(RequestUnion::CancelRequest(cancel)) => {
                self.watches.cancel(id, cancel.watch_id, revision)
            }
            Some(RequestUnion::ProgressRequest(_)) => self.watches.progress(id, revision),
            None => {} // upstream passes over it
        }
        if let Some(stream) = self.watch_streams.get_mut(&id) {
            stream.unread = Some(unread);
        }
        self.pump(id);
    }

    /// Checks that the client may read what it wants to watch; what is wrong is said as a client of gRPC would print it.
    fn may_watch(&mut self, id: StreamId, create: &WatchCreateRequest) -> Result<(), String> {
        let stream = self.watch_streams.get(&id);
        // What nobody can watch is refused for that, before it is asked who wants to.
        let Some(stream) = stream.filter(|_| create.start_revision >= 0) else {
            return Ok(());
        };
        let caller = stream.caller.clone();
        let checked = self
            .identify(&caller)
            .and_then(|identified| match identified {
                Identified::As(who) => {
                    let (key, end) = (&create.key, &create.range_end);
                    Ok(self.state.auth.check_range(who.who(), key, end)?)
                }
                Identified::After(_) => Err(ApiError::InvalidAuthToken.into()),
            });
        checked.map_err(|refusal: Refusal| {
            let status = Status::from(refusal);
            let code = format!("{:?}", status.code());
            format!("rpc error: code = {code} desc = {}", status.message()) // upstream's text
        })
    }

    /// Hands what the watchers of a stream are told to its task, as far as there is room.
    pub(crate) fn pump(&mut self, id: StreamId) {
        let header = self.header();
        let bytes_max = self.config.request_bytes_max + FRAGMENT_OVERHEAD_BYTES;
        let Some(stream) = self.watch_streams.get_mut(&id) else {
            return;
        };
        loop {
            if stream.pieces.capacity() < PIECES_AHEAD / 2 {
                stream.waits_for_room.store(true, Relaxed);
                break;
            }
            let mut piece = Piece::default();
            while piece.frames.len() < PIECE_BYTES
                && let Some(response) = self.watches.take(id)
            {
                self.metrics
                    .store
                    .events_total
                    .add(response.events.len() as u64);
                // All messages of a response are in one piece, so that there is room for it by the check above.
                response.messages(&header, bytes_max, |head, events| piece.add(&head, events));
            }
            if piece.messages == 0 || stream.pieces.try_send(piece).is_err() {
                break;
            }
        }
        if !self.watches.is_full(id) {
            // Dropping it lets the task read the next request.
            stream.unread = None;
        }
    }

    /// Hands on what all streams are told since the last time, and tells those that are behind of a bit more.
    pub(crate) fn pump_watches(&mut self) {
        for id in self.watches.take_ready() {
            self.pump(id);
        }
    }

    /// Tells those who are behind of a bit more.
    ///
    /// # Errors
    /// [`EngineError::Watch`]: they would miss events from here on.
    pub(crate) fn catch_up(&mut self) -> Result<(), EngineError> {
        let told = self
            .watches
            .catch_up(&mut self.state.store, RECORDS_AT_A_TIME);
        self.has_more_to_tell = told.map_err(EngineError::Watch)?;
        Ok(())
    }

    /// Tells the watchers that asked for it how far they are, every now and then.
    pub(crate) fn tell_progress(&mut self, now: Instant) {
        let pause = self.progress_pause();
        let revision = self.state.store.revision();
        for (id, stream) in &mut self.watch_streams {
            if stream.progress_at <= now {
                stream.progress_at = now + pause;
                self.watches.tick(*id, revision);
            }
        }
    }

    /// The pause and up to a tenth of it, so that not all streams are told at once.
    ///
    /// Source: etcd v3.7 v3rpc/watch.go `GetProgressReportInterval`.
    fn progress_pause(&mut self) -> Duration {
        let pause = self.config.progress_pause;
        let tenth = u64::try_from(pause.as_nanos() / 10)
            .unwrap_or(u64::MAX)
            .max(1);
        pause + Duration::from_nanos(self.ids.next().wrapping_mul(SPREAD) % tenth)
    }

    fn close_watches(&mut self, id: StreamId) {
        self.watches.close_stream(id);
        self.watch_streams.remove(&id);
    }
}

impl Piece {
    fn add(&mut self, head: &[u8], events: &[Bytes]) {
        let length = head.len() + events.iter().map(Bytes::len).sum::<usize>();
        self.frames.reserve(HEAD_BYTES + length);
        self.frames.put_u8(0);
        self.frames
            .put_u32(u32::try_from(length).expect("answers are far from 4 GiB"));
        self.frames.extend_from_slice(head);
        for event in events {
            self.frames.extend_from_slice(event);
        }
        self.messages += 1;
    }
}

/// The task of a stream.
struct Task {
    id: StreamId,
    engine: mpsc::UnboundedSender<Report>,
    waits_for_room: Arc<AtomicBool>,
}

impl Task {
    async fn run(
        self,
        mut requests: Requests,
        mut replies: Replies,
        mut outgoing: mpsc::Receiver<Piece>,
    ) {
        let mut is_reading = true;
        let mut unread: Option<oneshot::Receiver<()>> = None;
        let outcome = loop {
            let may_read = is_reading && unread.is_none();
            let read_on = async {
                match &mut unread {
                    // Both outcomes let the next request be read.
                    Some(waiting) => drop(waiting.await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                piece = outgoing.recv() => {
                    let Some(Piece { frames, messages }) = piece else {
                        break Some(ApiError::Stopped.into());
                    };
                    if replies.send_all(frames.freeze(), messages).await.is_err() {
                        break None;
                    }
                    if self.waits_for_room.swap(false, Relaxed) {
                        let id = self.id;
                        self.tell(move |engine| engine.pump(id));
                    }
                }
                () = read_on => unread = None,
                request = requests.next(), if may_read => {
                    match request.and_then(|message| message.map(decode_streamed::<WatchRequest>).transpose()) {
                        Ok(Some(request)) => {
                            let (taken, waiting) = oneshot::channel();
                            let id = self.id;
                            self.tell(move |engine| engine.watch_request(id, request, taken));
                            unread = Some(waiting);
                        }
                        // The client may still listen.
                        Ok(None) => is_reading = false,
                        Err(status) if status.code() == Code::Cancelled => {
                            break Some(ApiError::WatchCanceled.into());
                        }
                        Err(status) => break Some(status),
                    }
                }
            }
        };
        let id = self.id;
        self.tell(move |engine| engine.close_watches(id));
        if let Some(status) = outcome {
            replies.finish(Err(status));
        }
    }

    fn tell(&self, what: impl FnOnce(&mut Engine) + Send + 'static) {
        // The engine may have stopped; then the end of the queue of pieces says so.
        let _ = self.engine.send(Report::Then(Box::new(what)));
    }
}

/// Pieces of data that may wait for the client.
const PIECES_AHEAD: usize = 8;

/// A piece gets no more responses once it has so many bytes. What is told to many watchers of a stream goes out together.
const PIECE_BYTES: usize = 16 << 10;

/// Source: etcd v3.7 v3rpc/watch.go `NewWatchServer` (`maxRequestBytes` with `grpcOverheadBytes`).
const FRAGMENT_OVERHEAD_BYTES: usize = 512 << 10;

/// Records of which those who are behind are told at a time: less than a millisecond's work.
const RECORDS_AT_A_TIME: usize = 512;

/// An odd number without a pattern: it makes numbers that follow each other fall anywhere.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
