//! The socket under an HTTP/2 connection, with an eye on the frames that pass: clients that ping too often are sent away, and the
//! time of the last byte is known.
//!
//! The h2 crate answers pings by itself and does not tell of them, so they are counted here, in the nine bytes before each frame.
//!
//! Source: grpc-go v1.83 internal/transport/http2_server.go `handlePing`.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Line;

/// A stream of HTTP/2 frames.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    line: Arc<Line>,
    /// The shortest time between two pings of a client that has requests.
    ping_pause_min: Duration,
    incoming: Scanner,
    outgoing: Scanner,
    strikes: u8,
    last_ping: Option<Instant>,
    /// The number of the last request, for the farewell.
    last_stream: u32,
    /// What is left to say to a client that is sent away.
    farewell: Option<Vec<u8>>,
    /// Whether anything was written so far.
    has_written: bool,
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S, line: Arc<Line>, ping_pause_min: Duration) -> Self {
        Self {
            stream,
            line,
            ping_pause_min,
            incoming: Scanner::after(CLIENT_PREFACE_BYTES),
            outgoing: Scanner::after(0),
            strikes: 0,
            last_ping: None,
            last_stream: 0,
            farewell: None,
            has_written: false,
        }
    }

    /// Looks at what a client sent.
    fn note_incoming(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        self.line.received(now);
        let mut pings = 0;
        let last_stream = &mut self.last_stream;
        self.incoming.scan(bytes, |frame| match frame.kind {
            HEADERS => *last_stream = (*last_stream).max(frame.stream),
            PING if frame.flags & ACK == 0 => pings += 1,
            _ => {}
        });
        for _ in 0..pings {
            self.note_ping(now);
        }
    }

    fn note_ping(&mut self, now: Instant) {
        let pause_min = match self.line.has_requests() {
            true => self.ping_pause_min,
            false => PING_PAUSE_IDLE,
        };
        if self
            .last_ping
            .is_some_and(|last| now.duration_since(last) < pause_min)
        {
            self.strikes = self.strikes.saturating_add(1);
        }
        self.last_ping = Some(now);
        if self.strikes > STRIKES_MAX && self.farewell.is_none() {
            self.farewell = Some(too_many_pings(self.last_stream));
        }
    }

    /// Looks at what goes to the client: an answer makes up for its pings.
    fn note_outgoing(&mut self, bytes: &[u8]) {
        let mut answers = false;
        self.outgoing.scan(bytes, |frame| {
            answers |= matches!(frame.kind, DATA | HEADERS)
        });
        if answers {
            self.strikes = 0;
            self.last_ping = None;
        }
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Says farewell, unless the client does not listen, and ends the connection.
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outgoing.is_between_frames() {
            while let Some(words) = self.farewell.as_mut().filter(|words| !words.is_empty()) {
                let count = ready!(Pin::new(&mut self.stream).poll_write(cx, words))?;
                words.drain(..count);
            }
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.farewell.is_some() {
            return this.poll_farewell(cx);
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        this.note_incoming(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.has_written = true;
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.note_outgoing(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices))?;
        let mut left = count;
        for slice in slices {
            let seen = slice.len().min(left);
            self.note_outgoing(&slice[..seen]);
            left -= seen;
        }
        Poll::Ready(Ok(count))
    }

    /// The h2 crate asks this when it is made, and then writes data from 256 bytes on at once instead of from 1024 bytes: a write for
    /// every answer with a value, instead of one for all answers that are ready. So it hears no until its first write.
    fn is_write_vectored(&self) -> bool {
        self.has_written && self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What the nine bytes before a frame say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct FrameHead {
    kind: u8,
    flags: u8,
    stream: u32,
}

/// Follows the frames of one direction.
#[derive(Debug)]
struct Scanner {
    /// Bytes to pass over before the next head.
    skip: usize,
    /// The part of a head that has passed.
    head: [u8; FRAME_HEAD_BYTES],
    head_length: usize,
}

impl Scanner {
    fn after(skip: usize) -> Self {
        Self {
            skip,
            head: [0; FRAME_HEAD_BYTES],
            head_length: 0,
        }
    }

    fn is_between_frames(&self) -> bool {
        self.skip == 0 && self.head_length == 0
    }

    fn scan(&mut self, mut bytes: &[u8], mut found: impl FnMut(FrameHead)) {
        while !bytes.is_empty() {
            let passed = self.skip.min(bytes.len());
            self.skip -= passed;
            bytes = &bytes[passed..];
            let taken = (FRAME_HEAD_BYTES - self.head_length).min(bytes.len());
            self.head[self.head_length..][..taken].copy_from_slice(&bytes[..taken]);
            self.head_length += taken;
            bytes = &bytes[taken..];
            if self.head_length == FRAME_HEAD_BYTES {
                let [a, b, c, kind, flags, stream @ ..] = self.head;
                self.head_length = 0;
                self.skip = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
                found(FrameHead {
                    kind,
                    flags,
                    stream,
                });
            }
        }
    }
}

/// A GOAWAY that grpc clients take as a wish for fewer pings.
fn too_many_pings(last_stream: u32) -> Vec<u8> {
    let text = b"too_many_pings"; // upstream's text
    let length = [0, 0, 8 + 14];
    let enhance_your_calm = 11_u32.to_be_bytes();
    [
        &length[..],
        &[GOAWAY, 0, 0, 0, 0, 0],
        &last_stream.to_be_bytes(),
        &enhance_your_calm,
        text,
    ]
    .concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const FRAME_HEAD_BYTES: usize = 9;
const CLIENT_PREFACE_BYTES: usize = 24;

/// Pings too many before a client is sent away.
///
/// Source: grpc-go v1.83 internal/transport/http2_server.go `maxPingStrikes`, `defaultPingTimeout`.
const STRIKES_MAX: u8 = 2;
const PING_PAUSE_IDLE: Duration = Duration::from_secs(2 * 3600);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_are_found_however_they_are_cut(
            frames in prop::collection::vec((0_u8..10, any::<u8>(), 0_u32..1000, 0_usize..50), 0..8),
            cut in 1_usize..30,
        ) {
            let mut data = vec![b'p'; CLIENT_PREFACE_BYTES];
            for (kind, flags, stream, length) in &frames {
                data.extend([0, 0, u8::try_from(*length).unwrap(), *kind, *flags]);
                data.extend(stream.to_be_bytes());
                data.extend(vec![0xff; *length]);
            }
            let mut scanner = Scanner::after(CLIENT_PREFACE_BYTES);
            let mut seen = Vec::new();
            for piece in data.chunks(cut) {
                scanner.scan(piece, |frame| seen.push((frame.kind, frame.flags, frame.stream)));
            }
            let expected: Vec<_> = frames.iter().map(|it| (it.0, it.1, it.2)).collect();
            prop_assert_eq!(seen, expected);
            prop_assert!(scanner.is_between_frames());
        }
    }

    #[test]
    fn the_farewell_is_a_whole_frame() {
        let farewell = too_many_pings(5);
        let mut scanner = Scanner::after(0);
        let mut kinds = Vec::new();
        scanner.scan(&farewell, |frame| kinds.push(frame.kind));
        assert_eq!(kinds, [GOAWAY]);
        assert!(scanner.is_between_frames());
    }
}
