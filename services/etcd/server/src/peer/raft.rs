//! The routes of raft on the port of peers, as far as a member that is alone has answers: whose request is refused and why. A message
//! that may come in is left out, as raft lets any be lost: it can only be of somebody this member does not follow.
//!
//! Source: etcd v3.7 etcdserver/api/rafthttp/{http,util,probing_status}.go; etcdserver/server.go `Process`.

use etcd_api::raftpb;
use http::{HeaderMap, HeaderValue, Method as Verb, StatusCode, request::Parts};
use kit_http::{Body, RequestBody, Response, body, error_response};
use prost::Message as _;
use tracing::warn;

use super::{CLUSTER_ID, CLUSTER_MISMATCH, Known, Peers, json_error, only, unavailable};
use crate::{
    http::{VERSION, typed},
    membership::Version,
};

/// Says that this member lives, and what time it has.
pub(super) fn probing() -> Response {
    let now = jiff::Timestamp::now();
    typed(
        "text/plain; charset=utf-8",
        format!("{{\"OK\":true,\"Now\":\"{now}\"}}\n"),
    )
}

impl Peers {
    /// Takes one message.
    pub(super) async fn pipeline(
        &self,
        head: &Parts,
        body: RequestBody,
    ) -> Result<Response, Response> {
        only(&Verb::POST, head)?;
        let known = self.compatible(&head.headers).await?;
        let refuse = |code, text| known.mark(error_response(code, text));
        let read = body::read(body, MESSAGE_BYTES_MAX).await;
        let read =
            read.map_err(|_| refuse(StatusCode::BAD_REQUEST, "error reading raft message"))?; // upstream's text
        let message = raftpb::Message::decode(read)
            .map_err(|_| refuse(StatusCode::BAD_REQUEST, "error unmarshalling raft message"))?; // upstream's text
        if self.front.board().is_removed(message.from()) {
            let text = "cannot process message from removed member"; // upstream's text
            return Err(known.mark(json_error(StatusCode::FORBIDDEN, text)));
        }
        if message.to() != known.local {
            let text = "cannot process message to mismatch member"; // upstream's text
            return Err(known.mark(json_error(StatusCode::FORBIDDEN, text)));
        }
        let mut taken = Response::new(Body::Empty);
        *taken.status_mut() = StatusCode::NO_CONTENT;
        Ok(known.mark(taken))
    }

    /// Refuses a snapshot: there is nobody to follow.
    pub(super) async fn snapshot(&self, head: &Parts) -> Result<Response, Response> {
        only(&Verb::POST, head)?;
        let known = self.compatible(&head.headers).await?;
        let text = "failed to process raft message (this release runs clusters of one member)";
        Err(known.mark(error_response(StatusCode::INTERNAL_SERVER_ERROR, text)))
    }

    /// Refuses a stream of messages: nobody is a peer.
    pub(super) async fn open_stream(&self, head: &Parts, rest: &str) -> Result<Response, Response> {
        only(&Verb::GET, head)?;
        let mut refusal = self.refuse_stream(&head.headers, rest).await;
        let version = HeaderValue::from_static(VERSION);
        refusal.headers_mut().insert("x-server-version", version);
        Err(refusal)
    }

    async fn refuse_stream(&self, headers: &HeaderMap, rest: &str) -> Response {
        let known = match self.compatible(headers).await {
            Ok(known) => known,
            Err(refusal) => return refusal,
        };
        let Some(("msgapp" | "message", from)) = rest.split_once('/') else {
            return known.mark(error_response(StatusCode::NOT_FOUND, "invalid path")); // upstream's text
        };
        let Ok(from) = u64::from_str_radix(from, 16) else {
            return known.mark(error_response(StatusCode::NOT_FOUND, "invalid from")); // upstream's text
        };
        if self.front.board().is_removed(from) {
            warn!(
                "local-member-id" = format!("{:x}", known.local),
                "remote-peer-id-from" = format!("{from:x}"),
                "rejected stream from remote peer because it was removed" // upstream's text
            );
            return known.mark(error_response(StatusCode::GONE, "removed member")); // upstream's text
        }
        warn!(
            "local-member-id" = format!("{:x}", known.local),
            "remote-peer-id-from" = format!("{from:x}"),
            "cluster-id" = known.cluster,
            "failed to find remote peer in cluster" // upstream's text
        );
        known.mark(error_response(
            StatusCode::NOT_FOUND,
            "error sender not found",
        )) // upstream's text
    }

    /// Refuses members of other versions and of other clusters.
    async fn compatible(&self, headers: &HeaderMap) -> Result<Known, Response> {
        let known = self.known().await.map_err(|status| unavailable(&status))?;
        let version = |name| {
            let written = headers.get(name).and_then(|value| value.to_str().ok());
            // Who does not say is from before 2.1.
            written.map_or(Some(Version::new(2, 0, 0)), |text| text.parse().ok())
        };
        let theirs = (
            version("x-server-version"),
            version("x-min-cluster-version"),
        );
        let are_compatible = matches!(theirs, (Some(server), Some(lowest))
            if server.to_minor() >= Version::LOWEST && lowest.to_minor() <= Version::OURS.to_minor());
        let told = if !are_compatible {
            Some(("failed version compatibility check", "incompatible version")) // upstream's texts
        } else if headers
            .get(CLUSTER_ID)
            .is_none_or(|id| id.as_bytes() != known.cluster.as_bytes())
        {
            Some(("request cluster ID mismatch", CLUSTER_MISMATCH)) // upstream's text
        } else {
            None
        };
        let Some((line, text)) = told else {
            return Ok(known);
        };
        warn!(
            "local-member-id" = format!("{:x}", known.local),
            "local-member-cluster-id" = known.cluster,
            "local-member-server-version" = VERSION,
            "local-member-server-minimum-cluster-version" = Version::LOWEST.to_string(),
            "remote-peer-server-name" = text_of(headers, "x-server-from"),
            "remote-peer-server-version" = text_of(headers, "x-server-version"),
            "remote-peer-server-minimum-cluster-version" =
                text_of(headers, "x-min-cluster-version"),
            "remote-peer-cluster-id" = text_of(headers, CLUSTER_ID.as_str()),
            error = text,
            "{line}"
        );
        Err(known.mark(error_response(StatusCode::PRECONDITION_FAILED, text)))
    }
}

fn text_of(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).map(HeaderValue::as_bytes);
    String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
}

/// Bytes of a message. Upstream has no limit; its members send entries of 1 MiB together.
const MESSAGE_BYTES_MAX: u64 = 64 << 20;
