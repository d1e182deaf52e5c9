//! Leases that other members' clients keep alive or look at.
//!
//! Source: etcd v3.7 lease/leasehttp/http.go.

use etcd_api::{
    etcdserverpb::{
        LeaseKeepAliveRequest, LeaseKeepAliveResponse, LeaseTimeToLiveResponse, ResponseHeader,
    },
    leasepb::{LeaseInternalRequest, LeaseInternalResponse},
};
use http::{Method as Verb, StatusCode, request::Parts};
use kit_http::{
    RequestBody, Response,
    body::{self, ReadError},
    error_response,
};
use prost::Message;

use super::{BODY_BYTES_MAX, Peers, bytes_of, unavailable};
use crate::{call::Caller, http::typed, method::Method};

impl Peers {
    /// Lets the time of a lease begin anew.
    pub(super) async fn renew(
        &self,
        head: &Parts,
        body: RequestBody,
    ) -> Result<Response, Response> {
        let asked: LeaseKeepAliveRequest = read(head, body).await?;
        let (requests, mut replies) = self
            .front
            .converse(Method::LeaseKeepAlive, Caller::internal());
        // A stream that has ended says so below.
        let _ = requests.send(bytes_of(&asked)).await;
        let reply = match replies.recv().await {
            Some(Ok(reply)) => reply,
            Some(Err(status)) => return Err(unavailable(&status)),
            None => return Err(unavailable(&etcd_api::Error::Stopped.into())),
        };
        let renewed = LeaseKeepAliveResponse::decode(reply).unwrap_or_default();
        if renewed.ttl == 0 {
            return Err(not_found());
        }
        let answer = LeaseKeepAliveResponse {
            header: None,
            ..renewed
        };
        Ok(typed(PROTOBUF, bytes_of(&answer)))
    }

    /// Says how long a lease lasts, and which keys it has.
    pub(super) async fn time_to_live(
        &self,
        head: &Parts,
        body: RequestBody,
    ) -> Result<Response, Response> {
        let asked: LeaseInternalRequest = read(head, body).await?;
        let asked = asked.lease_time_to_live_request.unwrap_or_default();
        let found = self
            .ask::<LeaseTimeToLiveResponse>(Method::LeaseTimeToLive, &asked)
            .await;
        let found = found.map_err(|status| unavailable(&status))?;
        if found.granted_ttl == 0 {
            return Err(not_found());
        }
        let answer = LeaseInternalResponse {
            lease_time_to_live_response: Some(LeaseTimeToLiveResponse {
                header: Some(ResponseHeader::default()),
                ..found
            }),
        };
        Ok(typed(PROTOBUF, bytes_of(&answer)))
    }
}

async fn read<M: Message + Default>(head: &Parts, body: RequestBody) -> Result<M, Response> {
    if head.method != Verb::POST {
        return Err(error_response(
            StatusCode::METHOD_NOT_ALLOWED,
            "Method Not Allowed",
        )); // upstream's text
    }
    let body = body::read(body, BODY_BYTES_MAX).await;
    let body = body.map_err(|error| match error {
        ReadError::TooLarge { .. } => {
            error_response(StatusCode::PAYLOAD_TOO_LARGE, "request body too large") // upstream's text
        }
        _ => error_response(StatusCode::BAD_REQUEST, "error reading body"), // upstream's text
    })?;
    M::decode(body)
        .map_err(|_| error_response(StatusCode::BAD_REQUEST, "error unmarshalling request")) // upstream's text
}

fn not_found() -> Response {
    error_response(StatusCode::NOT_FOUND, "lease not found") // upstream's text
}

const PROTOBUF: &str = "application/protobuf";
