//! What one connection is doing, as seen from its socket and from its requests, and what follows from it.
//!
//! The socket and the service write here; one slow ticker per connection reads. So no timer is touched per request.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use crate::limits::Limits;

/// Shared by the parts of one connection. Times are milliseconds since the connection began; they only need to be about
/// right, so their order among threads does not matter.
#[derive(Debug)]
pub(crate) struct Activity {
    began: Instant,
    /// Requests whose answer is not completely handed over yet.
    requests: AtomicU32,
    /// Those of them whose answer has begun.
    answers: AtomicU32,
    /// Last time a byte came or went, or a request began or ended.
    moved_ms: AtomicU64,
    /// Last time the client took a byte of an answer, or an answer began.
    taken_ms: AtomicU64,
    /// Whether bytes wait for the client to take them.
    is_blocked: AtomicBool,
    /// When the head that is not complete yet began, plus one; 0 when there is none.
    head_ms: AtomicU64,
    /// Go's words for what is wrong with the framing of a body.
    framing: OnceLock<&'static str>,
    /// Set when somebody wants the connection to end after its requests.
    retire: AtomicBool,
    /// Wakes the connection to look at `retire`.
    pub(crate) news: Notify,
}

/// What is to happen with a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It may go on.
    Keep,
    /// It has nothing to do and ends in good order.
    Retire,
    /// Its client stalls: it ends at once.
    Cut,
}

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            requests: AtomicU32::new(0),
            answers: AtomicU32::new(0),
            moved_ms: AtomicU64::new(0),
            taken_ms: AtomicU64::new(0),
            is_blocked: AtomicBool::new(false),
            head_ms: AtomicU64::new(0),
            framing: OnceLock::new(),
            retire: AtomicBool::new(false),
            news: Notify::new(),
        })
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Notes that bytes came in.
    pub(crate) fn received(&self) {
        self.moved_ms.store(self.now_ms(), Relaxed);
    }

    /// Notes that the client took bytes.
    pub(crate) fn sent(&self) {
        let now = self.now_ms();
        self.moved_ms.store(now, Relaxed);
        self.taken_ms.store(now, Relaxed);
        self.is_blocked.store(false, Relaxed);
    }

    /// Notes that the client does not take the bytes it is offered.
    pub(crate) fn blocked(&self) {
        if !self.is_blocked.swap(true, Relaxed) {
            self.taken_ms.store(self.now_ms(), Relaxed);
        }
    }

    /// Notes whether the beginning of a head has arrived without its end.
    pub(crate) fn head_is_partial(&self, partial: bool) {
        if !partial {
            self.head_ms.store(0, Relaxed);
        } else if self.head_ms.load(Relaxed) == 0 {
            self.head_ms.store(self.now_ms() + 1, Relaxed);
        }
    }

    /// Notes what is wrong with a body, in Go's words.
    pub(crate) fn break_framing(&self, words: &'static str) {
        let _ = self.framing.set(words); // the first fault is the one the client sees
    }

    pub(crate) fn broken_framing(&self) -> Option<&'static str> {
        self.framing.get().copied()
    }

    /// Asks the connection to end once its requests are answered.
    pub(crate) fn ask_to_retire(&self) {
        self.retire.store(true, Relaxed);
        self.news.notify_one();
    }

    pub(crate) fn is_asked_to_retire(&self) -> bool {
        self.retire.load(Relaxed)
    }

    /// Milliseconds without anything to do; none while there is a request or a part of one.
    pub(crate) fn idle_ms(&self) -> Option<u64> {
        let is_idle = self.requests.load(Relaxed) == 0
            && self.head_ms.load(Relaxed) == 0
            && !self.is_blocked.load(Relaxed);
        is_idle.then(|| self.now_ms().saturating_sub(self.moved_ms.load(Relaxed)))
    }

    /// Judges the client.
    pub(crate) fn verdict(&self, limits: &Limits) -> Verdict {
        let now = self.now_ms();
        let is_over = |since_ms: u64, limit: Duration| {
            u128::from(now.saturating_sub(since_ms)) >= limit.as_millis()
        };
        let head_began = self.head_ms.load(Relaxed);
        if head_began > 0 && is_over(head_began - 1, limits.head) {
            return Verdict::Cut;
        }
        let is_answering = self.answers.load(Relaxed) > 0 || self.is_blocked.load(Relaxed);
        if is_answering && is_over(self.taken_ms.load(Relaxed), limits.answer_stall) {
            return Verdict::Cut;
        }
        match self.idle_ms() {
            Some(idle) if u128::from(idle) >= limits.idle.as_millis() => Verdict::Retire,
            _ => Verdict::Keep,
        }
    }
}

/// Counts a request from its head to the last byte of its answer.
#[derive(Debug)]
pub(crate) struct InFlight {
    activity: Arc<Activity>,
    is_answering: bool,
}

impl InFlight {
    pub(crate) fn begin(activity: &Arc<Activity>) -> Self {
        activity.requests.fetch_add(1, Relaxed);
        Self {
            activity: activity.clone(),
            is_answering: false,
        }
    }

    /// Notes that the answer is ready to be taken by the client.
    pub(crate) fn answer(&mut self) {
        self.activity
            .taken_ms
            .store(self.activity.now_ms(), Relaxed);
        self.activity.answers.fetch_add(1, Relaxed);
        self.is_answering = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.is_answering {
            self.activity.answers.fetch_sub(1, Relaxed);
        }
        self.activity.requests.fetch_sub(1, Relaxed);
        self.activity
            .moved_ms
            .store(self.activity.now_ms(), Relaxed);
    }
}
