//! The stream as hyper sees it: whole heads that Go would take, bodies as they come, and nothing after a refusal.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{
    chunks::{Chunks, Progress},
    head::{self, Framing, Refusal},
    targets::Targets,
};
use crate::{activity::Activity, limits::Limits};

/// A stream screened for hyper.
#[derive(Debug)]
pub(crate) struct Screen<S> {
    stream: S,
    activity: Arc<Activity>,
    targets: Arc<Targets>,
    head_bytes_max: usize,
    place: Place,
    /// Heads let through so far.
    heads: u64,
    is_after_post: bool,
    /// Whether the connection ends after the request that is under way.
    is_last: bool,
    /// The head that is not complete yet, and how much of it was searched for its end.
    held: BytesMut,
    searched: usize,
    /// What hyper gets before anything is read again.
    outbox: BytesMut,
    /// What the client is told at the end.
    refusal: Bytes,
    end: End,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum Place {
    Head,
    Body(u64),
    Chunks(Chunks),
    /// The last request is complete: hyper sees the end of the stream.
    Complete,
    /// Something is broken or was refused: hyper sees the end of the stream, and the client may still be sending.
    Over,
}

/// What is to be done with the next bytes.
enum Step {
    /// Let this many through.
    Pass(usize),
    /// Let this through instead of this many bytes.
    Replace(usize, Vec<u8>),
    /// More must arrive first.
    Wait,
    /// Drop them, and all that follow.
    Stop,
}

/// How far the end of the connection has come.
#[derive(Debug)]
enum End {
    Open,
    /// The client has closed its side: nothing can be lost by closing ours.
    ClientClosed,
    /// Our side is closed; what the client still sends is thrown away for a moment, because closing with bytes unread
    /// would make the kernel take back the answer.
    Lingering(Pin<Box<Sleep>>),
}

impl<S> Screen<S> {
    pub(crate) fn new(
        stream: S,
        activity: Arc<Activity>,
        targets: Arc<Targets>,
        limits: &Limits,
    ) -> Self {
        Self {
            stream,
            activity,
            targets,
            head_bytes_max: limits.head_bytes_max + SLOP_BYTES,
            place: Place::Head,
            heads: 0,
            is_after_post: false,
            is_last: false,
            held: BytesMut::new(),
            searched: 0,
            outbox: BytesMut::new(),
            refusal: Bytes::new(),
            end: End::Open,
        }
    }

    fn step(&mut self, bytes: &[u8]) -> Step {
        match &mut self.place {
            Place::Head => self.head(bytes),
            Place::Body(left) => {
                let taken = (bytes.len() as u64).min(*left);
                *left -= taken;
                if *left == 0 {
                    self.body_ended();
                }
                Step::Pass(usize::try_from(taken).expect("no more than there is"))
            }
            Place::Chunks(chunks) => match chunks.advance(bytes) {
                Progress::More(count) => Step::Pass(count),
                Progress::End(count) => {
                    self.body_ended();
                    Step::Pass(count)
                }
                Progress::Fault(words) => {
                    self.activity.break_framing(words);
                    self.place = Place::Over;
                    Step::Stop
                }
            },
            Place::Complete | Place::Over => Step::Stop,
        }
    }

    fn head(&mut self, bytes: &[u8]) -> Step {
        if std::mem::take(&mut self.is_after_post) {
            // Old clients send a blank line behind a POST; Go looks at four bytes.
            let blank = bytes.iter().take(4);
            let blank = blank.take_while(|byte| b"\r\n".contains(byte)).count();
            if blank > 0 {
                return Step::Replace(blank, Vec::new());
            }
        }
        let Some(end) = head::find_end(bytes, self.searched) else {
            let is_new_line = !bytes[..self.searched].contains(&b'\n');
            self.searched = bytes.len();
            self.activity.head_is_partial(true);
            if bytes.len() > self.head_bytes_max {
                return self.refuse(Refusal::TooLarge);
            }
            return match head::check_first_line(bytes) {
                Err(refusal) if is_new_line => self.refuse(refusal),
                _ => Step::Wait,
            };
        };
        self.searched = 0;
        self.activity.head_is_partial(false);
        if end > self.head_bytes_max {
            return self.refuse(Refusal::TooLarge);
        }
        let accepted = match head::examine(&bytes[..end]) {
            Ok(accepted) => accepted,
            Err(refusal) => return self.refuse(refusal),
        };
        if let Some(target) = accepted.target {
            self.targets.put(self.heads, target);
        }
        self.heads += 1;
        self.is_after_post = accepted.is_post;
        self.is_last = accepted.is_last;
        match accepted.framing {
            Framing::Length(0) => self.body_ended(),
            Framing::Length(length) => self.place = Place::Body(length),
            Framing::Chunked => self.place = Place::Chunks(Chunks::default()),
        }
        match accepted.rewritten {
            Some(head) => Step::Replace(end, head),
            None => Step::Pass(end),
        }
    }

    fn body_ended(&mut self) {
        self.place = if self.is_last {
            Place::Complete
        } else {
            Place::Head
        };
    }

    fn refuse(&mut self, refusal: Refusal) -> Step {
        self.activity.head_is_partial(false);
        self.refusal = refusal.answer();
        self.place = Place::Over;
        Step::Stop
    }

    /// Moves what may pass from the held bytes to the outbox, after `step` was judged for their beginning.
    fn release(&mut self, mut step: Step) {
        loop {
            match step {
                Step::Pass(count) => {
                    let passed = self.held.split_to(count);
                    self.outbox.extend_from_slice(&passed);
                }
                Step::Replace(count, instead) => {
                    self.held.advance(count);
                    self.outbox.extend_from_slice(&instead);
                }
                Step::Wait => return,
                Step::Stop => return self.held.clear(),
            }
            if self.held.is_empty() {
                return;
            }
            let held = std::mem::take(&mut self.held);
            step = self.step(&held);
            self.held = held;
        }
    }

    /// Notes that the client has closed its side.
    fn client_closed(&mut self) {
        self.end = End::ClientClosed;
        if !std::mem::take(&mut self.held).is_empty() {
            self.refuse(Refusal::Malformed); // as Go answers half a head
        }
        self.place = Place::Over;
    }
}

impl<S: AsyncRead + Unpin> Screen<S> {
    /// Reads into hyper's buffer and judges there; the usual request is not copied.
    fn read_straight(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let arrived = &buffer.filled()[before..];
        if arrived.is_empty() {
            self.client_closed();
            return Poll::Ready(Ok(()));
        }
        let mut at = 0;
        while at < arrived.len() {
            match self.step(&arrived[at..]) {
                Step::Pass(count) => at += count,
                other => {
                    self.held.extend_from_slice(&arrived[at..]);
                    self.release(other);
                    break;
                }
            }
        }
        buffer.set_filled(before + at);
        Poll::Ready(Ok(()))
    }

    /// Reads more of a head that is not complete.
    fn read_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [0; HELD_READ_BYTES];
        let mut buffer = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        if buffer.filled().is_empty() {
            self.client_closed();
            return Poll::Ready(Ok(()));
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(buffer.filled());
        let step = self.step(&held);
        self.held = held;
        self.release(step);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Screen<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            if !self.outbox.is_empty() {
                let count = self.outbox.len().min(buffer.remaining());
                buffer.put_slice(&self.outbox.split_to(count));
            }
            let is_over = matches!(self.place, Place::Complete | Place::Over);
            if is_over || buffer.filled().len() > before || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if self.held.is_empty() {
                ready!(self.read_straight(cx, buffer))?;
            } else {
                ready!(self.read_held(cx))?;
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Screen<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Says the refusal if there is one, closes our side, and lingers when the client may still be sending.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.refusal.is_empty() {
            let written = ready!(Pin::new(&mut this.stream).poll_write(cx, &this.refusal))?;
            this.refusal.advance(written);
        }
        if matches!(this.end, End::Open) {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if matches!(this.place, Place::Head | Place::Complete) {
                return Poll::Ready(Ok(())); // between requests: nothing is lost
            }
            this.end = End::Lingering(Box::pin(sleep(LINGER)));
        }
        let End::Lingering(timer) = &mut this.end else {
            return Pin::new(&mut this.stream).poll_shutdown(cx);
        };
        let mut space = [0; HELD_READ_BYTES];
        loop {
            if timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut space);
            let read = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// What Go adds to the limit on a head for its read buffer.
const SLOP_BYTES: usize = 4096;

/// Bytes read at a time while a head is incomplete.
const HELD_READ_BYTES: usize = 4096;

/// Time to throw away what a client still sends, as Go's `rstAvoidanceDelay`.
const LINGER: Duration = Duration::from_millis(500);
