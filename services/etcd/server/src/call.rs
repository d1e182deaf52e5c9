//! The seam between the front and the engine: what a connection hands over, and how it gets the answer.
//!
//! A [`Call`] is one request with its answer's way back; a [`Stream`] is both directions of a streaming method. Messages cross as
//! bytes: the engine decodes keys and values as slices of what arrived, and encodes an answer once, straight into its frame.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

pub use crate::grpc::{
    reply::{Gone, Reply, frame},
    stream::{Replies, Requests},
};
use crate::method::Method;

/// What the front hands to the engine.
#[derive(Debug)]
pub enum Work {
    /// A request that gets one answer.
    Call(Call),
    /// A streaming method.
    Stream(Stream),
}

/// A request that gets one answer.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub method: Method,
    /// The request message.
    pub message: Bytes,
    /// Who asks.
    pub caller: Caller,
    /// When the client stops waiting; none if it never does.
    pub deadline: Option<Instant>,
    /// Where the answer goes.
    pub reply: Reply,
    /// The part of the room for large requests that this one takes, until it is answered.
    pub room: Option<OwnedSemaphorePermit>,
}

/// A streaming method.
#[derive(Debug)]
pub struct Stream {
    /// What is asked.
    pub method: Method,
    /// Who asks.
    pub caller: Caller,
    /// When the client stops waiting; none if it never does.
    pub deadline: Option<Instant>,
    /// What the client sends.
    pub requests: Requests,
    /// What it gets.
    pub replies: Replies,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Address of the client, as Go shows it.
    pub remote: Arc<str>,
    /// What the client shows to be let in; none if nothing.
    pub token: Option<HeaderValue>,
    /// Common name of the client's verified certificate; none without one, and for requests of the gateway.
    pub common_name: Option<Arc<str>>,
    /// Whether the client wants its streams ended when nobody leads.
    pub requires_leader: bool,
    /// Whether this is the member itself, which may do everything.
    pub is_internal: bool,
}

impl Caller {
    /// Returns the member itself, such as for its health checks.
    #[must_use]
    pub fn internal() -> Self {
        Self {
            remote: Arc::from(""),
            token: None,
            common_name: None,
            requires_leader: false,
            is_internal: true,
        }
    }
}
