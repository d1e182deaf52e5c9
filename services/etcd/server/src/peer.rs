//! What a member answers to peers over HTTP, on ports of their own: who belongs to the cluster, its version, leases, hashes, and the
//! routes of raft.
//!
//! Everything is asked of the engine in the messages that clients use, as the member itself. So far nobody is a peer: what
//! raft's routes take stands in `raft`.
//!
//! Source: etcd v3.7 etcdserver/api/etcdhttp/peer.go; lease/leasehttp/http.go; etcdserver/corrupt.go `hashKVHandler`.

mod leases;
mod raft;

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        HashKvRequest, HashKvResponse, MemberListRequest, MemberListResponse, MemberPromoteRequest,
        StatusRequest, StatusResponse,
    },
};
use http::{HeaderName, HeaderValue, Method as Verb, StatusCode, header::ALLOW, request::Parts};
use kit_http::{Handler, Request, RequestBody, Response, body, error_response};
use prost::Message;
use serde::Deserialize;
use tonic::Status;
use tracing::warn;

use crate::{
    call::Caller,
    front::Front,
    http::{self as pages, Target, typed},
    membership::Member,
    method::Method,
};

/// Answers peers.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    front: Front,
}

/// Who belongs to the cluster, and which one it is.
struct Known {
    cluster: String,
    local: u64,
    members: Vec<Member>,
}

impl Peers {
    pub(crate) fn new(front: Front) -> Self {
        Self { front }
    }

    /// Asks the engine as the member itself.
    async fn ask<M: Message + Default>(
        &self,
        method: Method,
        request: &impl Message,
    ) -> Result<M, Status> {
        self.ask_as(method, request, Caller::internal()).await
    }

    async fn ask_as<M: Message + Default>(
        &self,
        method: Method,
        request: &impl Message,
        caller: Caller,
    ) -> Result<M, Status> {
        let answer = self
            .front
            .ask(method, request.encode_to_vec().into(), caller)
            .await?;
        M::decode(answer).map_err(|error| Status::internal(error.to_string()))
    }

    async fn known(&self) -> Result<Known, Status> {
        let request = MemberListRequest {
            linearizable: false,
        };
        let list: MemberListResponse = self.ask(Method::MemberList, &request).await?;
        let header = list.header.unwrap_or_default();
        Ok(Known {
            cluster: format!("{:x}", header.cluster_id),
            local: header.member_id,
            members: list.members.into_iter().map(Member::from).collect(),
        })
    }

    async fn members(&self, head: &Parts) -> Result<Response, Response> {
        only(&Verb::GET, head)?;
        let known = self.known().await.map_err(|status| unavailable(&status))?;
        Ok(known.mark(json_of(&known.members)))
    }

    /// Makes a voter of a learner, for a member that was asked and does not lead.
    async fn promote(&self, head: &Parts, id: &str) -> Result<Response, Response> {
        only(&Verb::POST, head)?;
        let known = self.known().await.map_err(|status| unavailable(&status))?;
        let Ok(number) = id.parse::<u64>() else {
            let text = format!("member {id} not found in cluster"); // upstream's text
            return Err(known.mark(error_response(StatusCode::NOT_FOUND, &text)));
        };
        let caller = Caller {
            token: head.headers.get("authorization").cloned(),
            is_internal: false,
            ..Caller::internal()
        };
        let message = MemberPromoteRequest { id: number };
        let promoted = self
            .ask_as::<MemberListResponse>(Method::MemberPromote, &message, caller)
            .await;
        let answer = match promoted {
            Ok(list) => json_of(
                &list
                    .members
                    .into_iter()
                    .map(Member::from)
                    .collect::<Vec<_>>(),
            ),
            Err(status) => {
                let (code, text) = not_promoted(status.message());
                warn!(
                    "member-id" = format!("{number:x}"),
                    error = text,
                    "failed to promote a member"
                ); // upstream's text
                match code {
                    StatusCode::INTERNAL_SERVER_ERROR => json_error(code, "Internal Server Error"),
                    _ => error_response(code, &text),
                }
            }
        };
        Ok(known.mark(answer))
    }

    /// Returns the hash of the keys at a revision, for a member that compares its own.
    async fn hash(&self, head: &Parts, body: RequestBody) -> Result<Response, Response> {
        only(&Verb::GET, head)?;
        let known = self.known().await.map_err(|status| unavailable(&status))?;
        let theirs = head.headers.get(CLUSTER_ID).cloned();
        if theirs.is_some_and(|it| !it.is_empty() && it.as_bytes() != known.cluster.as_bytes()) {
            return Err(error_response(
                StatusCode::PRECONDITION_FAILED,
                CLUSTER_MISMATCH,
            ));
        }
        let bad = |text| error_response(StatusCode::BAD_REQUEST, text);
        let asked = body::read(body, BODY_BYTES_MAX).await;
        let asked = asked.map_err(|_| bad("error reading body"))?; // upstream's text
        let asked: HashAsked = serde_json::from_slice(&asked).map_err(|error| {
            warn!(error = error.to_string(), "failed to unmarshal request"); // upstream's text
            bad("error unmarshalling request") // upstream's text
        })?;
        let message = HashKvRequest {
            revision: asked.revision,
        };
        let hash = self.ask::<HashKvResponse>(Method::HashKv, &message).await;
        let hash = hash.map_err(|status| {
            let text = own_words(status.message());
            warn!(
                "requested-revision" = asked.revision,
                error = text,
                "failed to get hashKV" // upstream's text
            );
            error_response(StatusCode::BAD_REQUEST, text)
        })?;
        Ok(known.mark(typed("application/json", hash_json(&hash))))
    }

    async fn downgrade(&self, head: &Parts) -> Result<Response, Response> {
        only(&Verb::GET, head)?;
        let known = self.known().await.map_err(|status| unavailable(&status))?;
        // A list that is read when it is known how far the log is waits as upstream's read does.
        let current = MemberListRequest { linearizable: true };
        let waited = self
            .ask::<MemberListResponse>(Method::MemberList, &current)
            .await;
        let status = match waited {
            Ok(_) => {
                self.ask::<StatusResponse>(Method::Status, &StatusRequest {})
                    .await
            }
            Err(status) => Err(status),
        };
        let status = status.map_err(|status| {
            let text = format!("failed linearized read: {}", status.message()); // upstream's text
            known.mark(error_response(StatusCode::INTERNAL_SERVER_ERROR, &text))
        })?;
        let is_enabled = status.downgrade_info.is_some_and(|info| info.enabled);
        Ok(known.mark(typed("text/plain", is_enabled.to_string())))
    }
}

impl Handler for Peers {
    async fn handle(&self, request: Request) -> Response {
        let target = Target::read(&request);
        let path = target.path.as_str();
        if path == "/version" {
            return pages::version(&self.front, &request);
        }
        let (head, body) = request.into_parts();
        let answer = match path {
            "/members" => self.members(&head).await,
            "/members/hashkv" => self.hash(&head, body).await,
            "/leases" => self.renew(&head, body).await,
            "/leases/internal" => self.time_to_live(&head, body).await,
            "/downgrade/enabled" => self.downgrade(&head).await,
            "/raft" => self.pipeline(&head, body).await,
            "/raft/snapshot" => self.snapshot(&head).await,
            "/raft/probing" => Ok(raft::probing()),
            _ => match (
                path.strip_prefix("/members/promote/"),
                path.strip_prefix("/raft/stream/"),
            ) {
                (Some(id), _) => self.promote(&head, id).await,
                (_, Some(rest)) => self.open_stream(&head, rest).await,
                _ => Err(pages::not_found()),
            },
        };
        answer.unwrap_or_else(|refusal| refusal)
    }
}

impl Known {
    /// Says in an answer which cluster it is of.
    fn mark(&self, mut response: Response) -> Response {
        let id = HeaderValue::from_str(&self.cluster).expect("hexadecimal digits");
        response.headers_mut().insert(CLUSTER_ID, id);
        response
    }
}

/// Refuses other verbs.
#[expect(
    clippy::result_large_err,
    reason = "the refusal is the answer, and is on its way at once"
)]
fn only(verb: &Verb, head: &Parts) -> Result<(), Response> {
    if head.method == *verb {
        return Ok(());
    }
    let mut refusal = error_response(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"); // upstream's text
    let allowed = HeaderValue::from_str(verb.as_str()).expect("a verb's name");
    refusal.headers_mut().insert(ALLOW, allowed);
    Err(refusal)
}

/// The engine does not answer: it stops.
fn unavailable(status: &Status) -> Response {
    error_response(StatusCode::INTERNAL_SERVER_ERROR, status.message())
}

fn json_of(members: &[Member]) -> Response {
    let members: Vec<String> = members.iter().map(Member::to_json).collect();
    typed("application/json", format!("[{}]\n", members.join(",")))
}

fn json_error(code: StatusCode, text: &str) -> Response {
    let mut response = typed(
        "application/json",
        serde_json::json!({"message": text}).to_string(),
    );
    *response.status_mut() = code;
    response
}

/// Returns how upstream refuses a promotion that clients are refused in these words.
fn not_promoted(words: &str) -> (StatusCode, String) {
    let known = |error: ApiError| words == error.text();
    if known(ApiError::MemberNotFound) {
        (StatusCode::NOT_FOUND, "membership: ID not found".to_owned()) // upstream's text
    } else if known(ApiError::MemberNotLearner) {
        let text = "membership: can only promote a learner member"; // upstream's text
        (StatusCode::PRECONDITION_FAILED, text.to_owned())
    } else if known(ApiError::LearnerNotReady) {
        (StatusCode::PRECONDITION_FAILED, words.to_owned())
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, words.to_owned())
    }
}

/// Returns what upstream's own errors say without what clients are told before it.
fn own_words(words: &str) -> &str {
    words.strip_prefix("etcdserver: ").unwrap_or(words)
}

/// What is asked of a hash.
#[derive(Deserialize)]
struct HashAsked {
    #[serde(default)]
    revision: i64,
}

/// Writes a hash as Go does, who leaves out what is zero.
fn hash_json(hash: &HashKvResponse) -> String {
    let revision = hash.header.as_ref().map_or(0, |header| header.revision);
    let mut json = format!("{{\"header\":{{\"revision\":{revision}}}");
    let fields = [
        ("hash", i64::from(hash.hash)),
        ("compact_revision", hash.compact_revision),
        ("hash_revision", hash.hash_revision),
    ];
    for (name, value) in fields.into_iter().filter(|(_, value)| *value != 0) {
        json.push_str(&format!(",\"{name}\":{value}"));
    }
    json.push('}');
    json
}

fn bytes_of(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

/// Bytes of a request's body. What peers ask is small.
const BODY_BYTES_MAX: u64 = 64 << 10;

const CLUSTER_ID: HeaderName = HeaderName::from_static("x-etcd-cluster-id");
const CLUSTER_MISMATCH: &str = "cluster ID mismatch"; // upstream's text
