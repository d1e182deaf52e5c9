//! What a stream is told: a `WatchResponse` whose events were encoded once, for everybody.
//!
//! Source: etcd v3.7 api/etcdserverpb/rpc.proto (WatchResponse); server/etcdserver/api/v3rpc/watch.go (sendFragments).

use bytes::{Bytes, BytesMut};
use etcd_api::etcdserverpb::ResponseHeader;
use prost::Message as _;
use smallvec::SmallVec;

use crate::record::{put_bytes, put_message, put_number};

/// Events of a response: each a field `events`, tag and length included, shared by all who are told.
pub type Events = SmallVec<[Bytes; 1]>;

/// What a stream is told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WatchResponse {
    /// The watcher; -1 for none or all.
    pub watch_id: i64,
    /// The revision of the header: all events up to it were told.
    pub revision: i64,
    /// It answers a creation.
    pub created: bool,
    /// There will be nothing more of the watcher.
    pub canceled: bool,
    /// The revision up to which it was too late, or 0.
    pub compact_revision: i64,
    /// Why it was cancelled.
    pub cancel_reason: String,
    /// Whether it may be cut in several messages.
    pub fragment: bool,
    /// The events.
    pub events: Events,
}

const HEADER: u8 = 1 << 3 | 2;
const WATCH_ID: u8 = 2 << 3;
const CREATED: u8 = 3 << 3;
const CANCELED: u8 = 4 << 3;
const COMPACT_REVISION: u8 = 5 << 3;
const CANCEL_REASON: u8 = 6 << 3 | 2;
const FRAGMENT: u8 = 7 << 3;

impl WatchResponse {
    /// Returns the bytes of all events.
    #[must_use]
    pub fn event_bytes(&self) -> usize {
        self.events.iter().map(Bytes::len).sum()
    }

    /// Visits the messages that are to be sent, in order: the bytes before the events, and the events to send after them,
    /// each as it is. It is one message unless the watcher takes fragments and it has `bytes_max` or more.
    ///
    /// `header` is the member's; its revision is set here.
    pub fn messages(
        &self,
        header: &ResponseHeader,
        bytes_max: usize,
        mut visit: impl FnMut(Bytes, &[Bytes]),
    ) {
        let header = ResponseHeader {
            revision: self.revision,
            ..*header
        };
        let header = header.encode_to_vec();
        let whole = self.head(&header, false);
        if !self.fragment || self.events.len() < 2 || whole.len() + self.event_bytes() < bytes_max {
            visit(whole, &self.events);
            return;
        }
        let part = self.head(&header, true);
        let mut rest = &self.events[..];
        while !rest.is_empty() {
            let mut bytes = part.len();
            let fits = |event: &&Bytes| {
                bytes += event.len();
                bytes < bytes_max
            };
            // One event at least, however long it is.
            let count = rest.iter().take_while(fits).count().max(1);
            let (events, after) = rest.split_at(count);
            visit(
                if after.is_empty() {
                    whole.clone()
                } else {
                    part.clone()
                },
                events,
            );
            rest = after;
        }
    }

    /// The fields before the events.
    fn head(&self, header: &[u8], fragment: bool) -> Bytes {
        let mut out = BytesMut::with_capacity(64 + self.cancel_reason.len());
        put_message(&mut out, HEADER, header);
        put_number(&mut out, WATCH_ID, self.watch_id);
        put_number(&mut out, CREATED, i64::from(self.created));
        put_number(&mut out, CANCELED, i64::from(self.canceled));
        put_number(&mut out, COMPACT_REVISION, self.compact_revision);
        put_bytes(&mut out, CANCEL_REASON, self.cancel_reason.as_bytes());
        put_number(&mut out, FRAGMENT, i64::from(fragment));
        out.freeze()
    }
}
