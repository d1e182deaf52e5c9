//! One connection from its first byte to its last.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::{Arc, atomic::AtomicU64},
    task::{Context, Poll},
    time::Duration,
};

use crypto::tls::common_name;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    activity::{Activity, InFlight, Verdict},
    h1::screen::Screen,
    http2::{Http2, Link},
    limits::Limits,
    service::{Exchange, Handler, Peer, Shared, Tracked},
    socket::{Socket, Stream},
    tls::{handshake, replay::Replay},
};

/// Serves one accepted connection until it ends.
pub(crate) async fn serve<H: Handler, P: Http2>(
    shared: Arc<Shared<H, P>>,
    stream: Stream,
    remote: Arc<str>,
    activity: Arc<Activity>,
) {
    let socket = Socket::new(stream, activity.clone());
    let mut exchange = Exchange {
        shared: shared.clone(),
        activity,
        peer: Peer {
            remote,
            is_secure: shared.tls.is_some(),
            common_name: None,
        },
        targets: Arc::default(),
        requests: AtomicU64::new(0),
    };
    let Some(tls) = &shared.tls else {
        return in_the_clear(socket, exchange).await;
    };
    match handshake::accept(tls, socket, shared.limits.handshake).await {
        Ok(secured) => {
            let session = secured.get_ref().1;
            let leaf = session.peer_certificates().and_then(<[_]>::first);
            exchange.peer.common_name = leaf.and_then(|leaf| common_name(leaf)).map(Arc::from);
            let is_http2 = session.alpn_protocol() == Some(b"h2");
            match &shared.http2 {
                Some(own) if is_http2 || own.is_alone() => by_service(own, secured, exchange).await,
                None if is_http2 => http2(secured, exchange).await,
                _ => http1(secured, exchange).await,
            }
        }
        Err(words) => {
            (shared.refused)(&exchange.peer.remote, &words);
        }
    }
}

/// Serves a connection without TLS. If the service serves HTTP/2 itself, the first bytes tell which protocol it is.
async fn in_the_clear<H: Handler, P: Http2>(socket: Socket, exchange: Exchange<H, P>) {
    let shared = exchange.shared.clone();
    let Some(own) = &shared.http2 else {
        return http1(Replay::unread(socket), exchange).await;
    };
    match timeout(shared.limits.head, Replay::new(socket)).await {
        Ok(Ok(stream)) if stream.head() == HTTP2_PREFACE_HEAD || own.is_alone() => {
            by_service(own, stream, exchange).await;
        }
        Ok(Ok(stream)) => http1(stream, exchange).await,
        Ok(Err(_)) | Err(_) => {} // the client is gone, or has nothing to say
    }
}

/// Lets the service serve a connection. As far as limits go it is always busy.
async fn by_service<H: Handler, P: Http2, S>(own: &P, stream: S, exchange: Exchange<H, P>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (limits, activity) = (exchange.shared.limits, exchange.activity.clone());
    let _in_flight = InFlight::begin(&activity);
    let retired = CancellationToken::new();
    let link = Link {
        peer: exchange.peer,
        retired: retired.clone(),
    };
    let served = own.serve(stream, link);
    drive(pin!(ByService { served, retired }), &activity, &limits).await;
}

pin_project! {
    /// A connection that a service serves itself.
    struct ByService<F> {
        #[pin]
        served: F,
        retired: CancellationToken,
    }
}

impl<F: Future<Output = ()>> Future for ByService<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().served.poll(cx)
    }
}

impl<F: Future<Output = ()>> Connection for ByService<F> {
    fn retire(self: Pin<&mut Self>) {
        self.retired.cancel();
    }
}

async fn http1<H: Handler, P: Http2, S>(stream: S, exchange: Exchange<H, P>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (limits, activity) = (exchange.shared.limits, exchange.activity.clone());
    let screened = Screen::new(stream, activity.clone(), exchange.targets.clone(), &limits);
    let connection = http1::Builder::new()
        .half_close(true) // Go answers a client that has closed its sending side
        .title_case_headers(true) // Go's spelling of header names
        .header_read_timeout(None) // `Activity` knows; hyper would make a timer per request
        .max_buf_size(limits.head_bytes_max + BUFFER_SLOP_BYTES)
        .serve_connection(TokioIo::new(screened), service(exchange));
    drive(pin!(connection), &activity, &limits).await;
}

async fn http2<H: Handler, P: Http2, S>(stream: S, exchange: Exchange<H, P>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (limits, activity) = (exchange.shared.limits, exchange.activity.clone());
    let head_bytes_max = u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX);
    let connection = http2::Builder::new(TokioExecutor::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(head_bytes_max)
        .serve_connection(TokioIo::new(stream), service(exchange));
    drive(pin!(connection), &activity, &limits).await;
}

/// Wraps the way to the handler for hyper.
fn service<H: Handler, P: Http2>(
    exchange: Exchange<H, P>,
) -> impl HttpService<Incoming, ResBody = Tracked, Error = Infallible, Future: Send> {
    let exchange = Arc::new(exchange);
    service_fn(move |request| {
        let exchange = exchange.clone();
        async move { Ok(exchange.answer(request).await) }
    })
}

/// A hyper connection that can be asked to end after its requests.
trait Connection: Future {
    fn retire(self: Pin<&mut Self>);
}

impl<I, S> Connection for http1::Connection<I, S>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    S: HttpService<Incoming, ResBody = Tracked, Error = Infallible>,
{
    fn retire(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S> Connection for http2::Connection<I, S, TokioExecutor>
where
    Self: Future,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    S: HttpService<Incoming, ResBody = Tracked, Error = Infallible, Future: Send + 'static>,
{
    fn retire(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Runs a connection until it ends, by itself, because it is asked to, or because its client stalls.
///
/// How a connection ends is nobody's news: clients come and go, and what went wrong with a request its answer said.
async fn drive<C: Connection>(mut connection: Pin<&mut C>, activity: &Activity, limits: &Limits) {
    let mut ticks = interval(tick(limits));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = activity.news.notified() => {
                if activity.is_asked_to_retire() {
                    connection.as_mut().retire();
                }
            }
            _ = ticks.tick() => match activity.verdict(limits) {
                Verdict::Keep => {}
                Verdict::Retire => connection.as_mut().retire(),
                Verdict::Cut => return,
            },
        }
    }
}

/// Time between two looks at a connection: a fraction of the shortest limit, so that no limit is overrun by much.
fn tick(limits: &Limits) -> Duration {
    let shortest = limits.head.min(limits.idle).min(limits.answer_stall);
    (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(5))
}

/// Room in hyper's buffer beyond the largest head, so that the screen's limit is the one that counts.
const BUFFER_SLOP_BYTES: usize = 64 << 10;

/// What HTTP/2's preface begins with; no HTTP/1.1 request does.
const HTTP2_PREFACE_HEAD: &[u8] = b"PRI *";
