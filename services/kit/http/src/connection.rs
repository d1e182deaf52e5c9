//! One connection from its first byte to its last.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{MissedTickBehavior, interval},
};

use crate::{
    activity::{Activity, Verdict},
    limits::Limits,
    service::{Exchange, Handler, Peer, Shared},
    socket::{Socket, Stream},
};

/// Serves one accepted connection until it ends.
pub(crate) async fn serve<H: Handler>(
    shared: Arc<Shared<H>>,
    stream: Stream,
    remote: Arc<str>,
    activity: Arc<Activity>,
) {
    let socket = Socket::new(stream, activity.clone());
    let exchange = Exchange {
        shared,
        activity,
        peer: Peer { remote },
    };
    http1(socket, exchange).await;
}

async fn http1<H: Handler, S>(socket: S, exchange: Exchange<H>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let exchange = Arc::new(exchange);
    let (limits, activity) = (exchange.shared.limits, exchange.activity.clone());
    let service = service_fn(move |request| {
        let exchange = exchange.clone();
        async move { Ok::<_, Infallible>(exchange.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .half_close(true) // Go answers a client that has closed its sending side
        .title_case_headers(true) // Go's spelling of header names
        .header_read_timeout(None) // `Activity` knows; hyper would make a timer per request
        .serve_connection(TokioIo::new(socket), service);
    drive(pin!(connection), &activity, &limits).await;
}

/// A hyper connection that can be asked to end after its requests.
trait Connection: Future {
    fn retire(self: std::pin::Pin<&mut Self>);
}

impl<I, B, S> Connection for http1::Connection<I, S>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn retire(self: std::pin::Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Runs a connection until it ends, by itself, because it is asked to, or because its client stalls.
///
/// How a connection ends is nobody's news: clients come and go, and what went wrong with a request its answer said.
async fn drive<C: Connection>(
    mut connection: std::pin::Pin<&mut C>,
    activity: &Activity,
    limits: &Limits,
) {
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
