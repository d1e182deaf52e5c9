//! What a handler answers: bytes that are already there, sent without being copied together first, or pieces still to be made.

use std::{
    convert::Infallible,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

/// The body of an answer. Unless it is [`Body::Live`] its length is known, and the answer carries `Content-Length`.
#[derive(Debug, Default)]
pub enum Body {
    /// No bytes.
    #[default]
    Empty,
    /// One piece.
    One(Bytes),
    /// Many pieces in their order, sent as they are.
    List(Chunks),
    /// Pieces that are still to be made, however many.
    Live(Live),
}

impl Body {
    /// Makes a body of pieces that come one after the other, such as the events of a watch. Only the next one is asked for, when the
    /// client has taken those before it.
    pub fn live(
        pieces: impl http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
    ) -> Self {
        Self::Live(Live(Box::pin(pieces)))
    }

    /// Makes a body of pieces that others hold too, such as the blocks of a snapshot.
    #[must_use]
    pub fn shared(list: Arc<[Bytes]>) -> Self {
        Self::List(Chunks::new(list))
    }

    /// Returns the number of bytes not yet taken, as far as they are here.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Live(live) => live.0.size_hint().lower(),
            Self::Empty => 0,
            Self::One(bytes) => bytes.len() as u64,
            Self::List(chunks) => chunks.remaining as u64,
        }
    }

    /// Says whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Live(live) => live.0.is_end_stream(),
            _ => self.len() == 0,
        }
    }

    fn take(&mut self) -> Option<Bytes> {
        match mem::take(self) {
            Self::Empty => None,
            Self::One(bytes) => Some(bytes).filter(|bytes| !bytes.is_empty()),
            Self::List(mut chunks) => {
                let piece = chunks.take();
                *self = Self::List(chunks);
                piece
            }
            live @ Self::Live(_) => {
                *self = live;
                None
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::One(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::One(bytes.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::One(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::One(Bytes::from_static(text.as_bytes()))
    }
}

impl From<Vec<Bytes>> for Body {
    fn from(list: Vec<Bytes>) -> Self {
        Self::shared(list.into())
    }
}

impl FromIterator<Bytes> for Body {
    fn from_iter<I: IntoIterator<Item = Bytes>>(list: I) -> Self {
        Self::shared(list.into_iter().collect())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Live(live) => live.0.as_mut().poll_frame(cx),
            here => Poll::Ready(here.take().map(|data| Ok(Frame::data(data)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Live(live) => live.0.size_hint(),
            _ => SizeHint::with_exact(self.len()),
        }
    }
}

/// Pieces that are still to be made.
pub struct Live(Pin<Box<dyn http_body::Body<Data = Bytes, Error = Infallible> + Send>>);

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// A run of pieces with a cursor.
#[derive(Clone, Debug)]
pub struct Chunks {
    list: Arc<[Bytes]>,
    next: usize,
    remaining: usize,
}

impl Chunks {
    fn new(list: Arc<[Bytes]>) -> Self {
        let remaining = list.iter().map(Bytes::len).sum();
        Self {
            list,
            next: 0,
            remaining,
        }
    }

    /// Takes the next frame's worth. A run of small pieces is copied together, because handing each to the kernel costs
    /// more than the copy; larger ones go out as they are.
    fn take(&mut self) -> Option<Bytes> {
        let first = loop {
            let piece = self.list.get(self.next)?;
            self.next += 1;
            if !piece.is_empty() {
                break piece.clone();
            }
        };
        let piece = match self.small_after(&first) {
            0 => first,
            count => self.gather(&first, count),
        };
        self.remaining -= piece.len();
        Some(piece)
    }

    /// Number of pieces after `first` that go out in one frame with it.
    fn small_after(&self, first: &Bytes) -> usize {
        if first.len() >= SMALL_BYTES {
            return 0;
        }
        let mut gathered = first.len();
        let fits = |piece: &&Bytes| {
            gathered += piece.len();
            piece.len() < SMALL_BYTES && gathered <= GATHER_BYTES
        };
        self.list[self.next..].iter().take_while(fits).count()
    }

    fn gather(&mut self, first: &Bytes, count: usize) -> Bytes {
        let run = &self.list[self.next..self.next + count];
        self.next += count;
        let bytes = first.len() + run.iter().map(Bytes::len).sum::<usize>();
        let mut gathered = BytesMut::with_capacity(bytes);
        gathered.extend_from_slice(first);
        for piece in run {
            gathered.extend_from_slice(piece);
        }
        gathered.freeze()
    }
}

/// A piece below this is copied together with its neighbours.
const SMALL_BYTES: usize = 4 << 10;

/// Most bytes copied together into one frame.
const GATHER_BYTES: usize = 64 << 10;

#[cfg(test)]
mod tests;
