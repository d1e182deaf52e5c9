//! Requests on an HTTP/2 connection that are not gRPC: answered by the same pages as those of HTTP/1.1.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{
    HeaderValue, Method, Request,
    header::{CONTENT_LENGTH, DATE},
};
use http_body::{Body as _, Frame};
use kit_http::{
    Handler as _, Peer, RequestBody,
    body::{Body, BodyError},
};

use super::reply::{Gone, send_all};
use crate::http::Pages;

/// Answers one request.
pub(crate) async fn answer(
    pages: Pages,
    peer: Peer,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) {
    let is_head = request.method() == Method::HEAD;
    let mut request = request.map(|body| RequestBody::given(Incoming(body)));
    request.extensions_mut().insert(peer);
    let (mut parts, body) = pages.handle(request).await.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts
            .headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let Ok(now) = HeaderValue::try_from(httpdate::fmt_http_date(SystemTime::now())) {
        parts.headers.entry(DATE).or_insert(now);
    }
    let is_empty = is_head || body.is_end_stream();
    let head = http::Response::from_parts(parts, ());
    // Errors mean that the client is gone.
    if let (Ok(mut stream), false) = (respond.send_response(head, is_empty), is_empty) {
        let _ = send_body(&mut stream, body).await;
    }
}

async fn send_body(stream: &mut h2::SendStream<Bytes>, mut body: Body) -> Result<(), Gone> {
    loop {
        let gone = poll_fn(|cx| stream.poll_reset(cx));
        let next = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx));
        let frame = tokio::select! {
            biased;
            _ = gone => return Err(Gone),
            frame = next => frame,
        };
        match frame {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    send_all(stream, data).await?;
                }
            }
            None => return stream.send_data(Bytes::new(), true).map_err(|_| Gone),
        }
    }
}

/// The body of a request as HTTP/2 brings it.
struct Incoming(RecvStream);

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let data = match ready!(self.0.poll_data(cx)) {
            None => return Poll::Ready(None),
            Some(Err(_)) => return Poll::Ready(Some(Err(BodyError::Cut))),
            Some(Ok(data)) => data,
        };
        // Failing means that the stream is over, which the next read tells.
        let _ = self.0.flow_control().release_capacity(data.len());
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}
