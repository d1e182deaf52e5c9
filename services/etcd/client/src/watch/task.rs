//! The task behind a watcher: one stream, its watches, and what happens when it breaks.
//!
//! A watch is created, answered, and known by the server's id. When the stream ends, every watch waits in line again, to be
//! created from the revision after the last it was told. Creation is one at a time, since answers carry no other sign of
//! whom they are for.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use etcd_api::etcdserverpb::{
    WatchCancelRequest, WatchCreateRequest, WatchProgressRequest, WatchRequest, WatchResponse,
    watch_client::WatchClient, watch_request::RequestUnion,
};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};

use crate::{
    Call, Client, Error,
    watch::{Order, WatchAnswer, refusal},
};

pub(super) struct Task {
    client: Client,
    wants_leader: bool,
    orders: mpsc::Receiver<Order>,
    /// Watches the server knows, by its id for them.
    open: BTreeMap<i64, Subscriber>,
    /// Watches that are to be created; the first one is being created.
    waiting: VecDeque<Subscriber>,
    /// A progress request that came before there was a stream.
    wants_progress: bool,
}

struct Subscriber {
    request: WatchCreateRequest,
    answers: mpsc::Sender<WatchAnswer>,
}

/// A stream in both directions.
struct Stream {
    requests: mpsc::Sender<WatchRequest>,
    responses: Streaming<WatchResponse>,
}

/// Why a stream is no longer used.
enum End {
    /// Nobody watches any more and nobody will.
    Done,
    /// It broke; another may stand.
    Broken(Status),
}

impl Task {
    pub(super) fn new(client: Client, wants_leader: bool, orders: mpsc::Receiver<Order>) -> Self {
        Self {
            client,
            wants_leader,
            orders,
            open: BTreeMap::new(),
            waiting: VecDeque::new(),
            wants_progress: false,
        }
    }

    pub(super) async fn run(mut self) {
        let mut pause = PAUSE_FIRST;
        loop {
            if self.waiting.is_empty() && !self.wants_progress {
                match self.orders.recv().await {
                    Some(order) => self.note(order),
                    None => return,
                }
            }
            let error = match self.serve().await {
                Ok(End::Done) => return,
                Ok(End::Broken(status)) => Error::from(status),
                Err(error) => error,
            };
            let no_leader = error.is(etcd_api::Error::NoLeader);
            if no_leader || !error.is_transient() {
                return self.fail(&error).await;
            }
            sleep(pause).await;
            pause = (pause * 5 / 4).min(PAUSE_MAX);
            let known = std::mem::take(&mut self.open);
            self.waiting.extend(known.into_values());
        }
    }

    fn note(&mut self, order: Order) {
        match order {
            Order::Create { request, answers } => {
                self.waiting.push_back(Subscriber { request, answers });
            }
            Order::Progress => self.wants_progress = true,
        }
    }

    /// Opens a stream and passes on what it brings until it ends.
    async fn serve(&mut self) -> Result<End, Error> {
        let mut stream = self.connect().await?;
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(order) => self.order(order, &stream).await,
                    // The watcher is gone, its watches may still be read.
                    None if self.is_idle() => return Ok(End::Done),
                    None => return self.serve_without_orders(&mut stream).await,
                },
                response = stream.responses.message() => match response {
                    Ok(Some(response)) => self.answer(response, &stream).await,
                    Ok(None) => return Ok(End::Broken(Status::unavailable("EOF"))),
                    Err(status) => return Ok(End::Broken(status)),
                },
            }
        }
    }

    async fn serve_without_orders(&mut self, stream: &mut Stream) -> Result<End, Error> {
        loop {
            self.forget_unread(stream).await;
            if self.is_idle() {
                return Ok(End::Done);
            }
            let unread = self.unread();
            tokio::select! {
                () = unread => {}
                response = stream.responses.message() => match response {
                    Ok(Some(response)) => self.answer(response, stream).await,
                    Ok(None) => return Ok(End::Broken(Status::unavailable("EOF"))),
                    Err(status) => return Ok(End::Broken(status)),
                },
            }
        }
    }

    /// Waits until somebody stops reading a watch.
    fn unread(&self) -> impl Future<Output = ()> + use<> {
        let first = self
            .open
            .values()
            .chain(&self.waiting)
            .map(|subscriber| subscriber.answers.clone())
            .next();
        async move {
            match first {
                Some(answers) => answers.closed().await,
                None => std::future::pending().await,
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.open.is_empty() && self.waiting.is_empty()
    }

    async fn connect(&mut self) -> Result<Stream, Error> {
        let connection = self.client.stream_connection(Call::unlimited()).await?;
        let (requests, body) = mpsc::channel(REQUESTS_WAITING_MAX);
        // The server answers the opening itself only with the first response, so the first request goes first.
        if let Some(first) = self.waiting.front() {
            drop(requests.send(create(&first.request)).await);
        }
        if std::mem::take(&mut self.wants_progress) {
            drop(requests.send(progress()).await);
        }
        let mut request = Request::new(ReceiverStream::new(body));
        self.client
            .describe(request.metadata_mut(), self.wants_leader);
        let limit = self.client.config().response_bytes_max;
        let responses = WatchClient::new(connection)
            .max_decoding_message_size(limit)
            .watch(request)
            .await?
            .into_inner();
        Ok(Stream {
            requests,
            responses,
        })
    }

    async fn order(&mut self, order: Order, stream: &Stream) {
        let first = self.waiting.is_empty();
        let request = match order {
            Order::Progress => progress(),
            Order::Create { request, answers } => {
                let message = create(&request);
                self.waiting.push_back(Subscriber { request, answers });
                if !first {
                    return;
                }
                message
            }
        };
        send(stream, request).await;
    }

    async fn answer(&mut self, response: WatchResponse, stream: &Stream) {
        if response.created {
            return self.created(response, stream).await;
        }
        if response.watch_id == EVERYBODY && response.events.is_empty() && !response.canceled {
            let answer = WatchAnswer::of(response);
            for subscriber in self.open.values_mut() {
                subscriber.tell(answer.clone()).await;
            }
            return self.forget_unread(stream).await;
        }
        let id = response.watch_id;
        let ends = response.canceled && response.compact_revision == 0;
        let answer = WatchAnswer::of(response);
        let Some(subscriber) = self.open.get_mut(&id) else {
            return;
        };
        let last = answer.error().is_some();
        if !ends {
            subscriber.tell(answer).await;
        }
        if ends || last {
            self.open.remove(&id);
        }
        self.forget_unread(stream).await;
    }

    /// Takes the answer to the first creation in line and starts the next.
    async fn created(&mut self, response: WatchResponse, stream: &Stream) {
        let Some(mut subscriber) = self.waiting.pop_front() else {
            return;
        };
        if response.watch_id == EVERYBODY
            || (response.canceled && !response.cancel_reason.is_empty())
        {
            let error = refusal(&response.cancel_reason);
            subscriber.tell(WatchAnswer::lost(error)).await;
        } else {
            if subscriber.request.start_revision == 0 {
                // From now on it is known from where to resume.
                let revision = response.header.as_ref().map_or(0, |header| header.revision);
                subscriber.request.start_revision = revision;
            }
            self.open.insert(response.watch_id, subscriber);
        }
        if let Some(next) = self.waiting.front() {
            send(stream, create(&next.request)).await;
        }
    }

    /// Cancels watches nobody reads any more.
    async fn forget_unread(&mut self, stream: &Stream) {
        let unread: Vec<i64> = self
            .open
            .iter()
            .filter(|(_, subscriber)| subscriber.answers.is_closed())
            .map(|(id, _)| *id)
            .collect();
        for watch_id in unread {
            self.open.remove(&watch_id);
            let union = RequestUnion::CancelRequest(WatchCancelRequest { watch_id });
            send(stream, message(union)).await;
        }
    }

    /// Tells every watch that it has ended.
    async fn fail(mut self, error: &Error) {
        let known = std::mem::take(&mut self.open);
        let waiting = std::mem::take(&mut self.waiting);
        for mut subscriber in known.into_values().chain(waiting) {
            subscriber.tell(WatchAnswer::lost(error.clone())).await;
        }
    }
}

impl Subscriber {
    /// Passes an answer on and notes where to resume.
    async fn tell(&mut self, answer: WatchAnswer) {
        let last = answer.events.last().and_then(|event| event.kv.as_ref());
        self.request.start_revision = match last {
            Some(kv) => kv.mod_revision + 1,
            None => answer.header.revision + 1,
        };
        // Whoever dropped the watch does not want it.
        drop(self.answers.send(answer).await);
    }
}

fn create(request: &WatchCreateRequest) -> WatchRequest {
    message(RequestUnion::CreateRequest(request.clone()))
}

fn progress() -> WatchRequest {
    message(RequestUnion::ProgressRequest(WatchProgressRequest {}))
}

const fn message(union: RequestUnion) -> WatchRequest {
    WatchRequest {
        request_union: Some(union),
    }
}

/// Sends a request; that a stream has ended is found out where it is read.
async fn send(stream: &Stream, request: WatchRequest) {
    drop(stream.requests.send(request).await);
}

/// The id of answers that are for every watch of a stream, and of watches that are refused.
const EVERYBODY: i64 = -1;

const REQUESTS_WAITING_MAX: usize = 16;
const PAUSE_FIRST: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(100);
