//! The JSON gateway: every method but RangeStream as a POST with a JSON body.
//!
//! A route is a method and nothing more: the body becomes the bytes of its request, which go the way of every request, and the bytes
//! of the answer become JSON. What fields there are the descriptors of etcd-api say.
//!
//! Source: etcd v3.7 api/etcdserverpb/gw; grpc-gateway v2.29 runtime/{mux,handler,errors}.go.

mod decode;
mod encode;
mod stream;
mod token;
mod value;

use std::sync::LazyLock;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use kit_http::{Body, Peer, Request, Response, body::read};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use tonic::{Code, Status};

use self::{encode::put_text, value::Values};
use crate::{
    call::Caller,
    front::Front,
    grpc::request::Metadata,
    http::typed,
    method::{Kind, Method},
};

/// Answers a request under `/v3/`.
pub(crate) async fn answer(front: &Front, path: &str, peer: Peer, request: Request) -> Response {
    let Some(method) = route(path) else {
        return failure(&Status::new(Code::NotFound, "Not Found")); // upstream's text
    };
    if request.method() != HttpMethod::POST || is_overridden(&request) {
        return failure(&Status::new(Code::Unimplemented, "Method Not Allowed")); // upstream's text
    }
    let metadata = metadata(request.headers());
    if let Err(status) = front.admit(method.kind(), &metadata) {
        return failure(&status);
    }
    let mut caller = metadata.caller(&peer);
    // Whoever asks here is not who proved the certificate to the gateway of upstream.
    caller.common_name = None;
    let outcome = match method.kind() {
        Kind::Unary => unary(front, method, caller, request).await,
        Kind::ServerStream | Kind::BidiStream => {
            stream::answer(front, method, caller, request).await
        }
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(status) => return failure(&status),
    };
    let grpc = HeaderValue::from_static("application/grpc"); // what upstream's gateway hands on of the answer it got
    response
        .headers_mut()
        .insert("grpc-metadata-content-type", grpc);
    response
}

/// Reads what is meant for gRPC: fields that begin with `Grpc-Metadata-`, and `Authorization`.
///
/// Source: grpc-gateway v2.29 runtime/context.go `annotateContext`, mux.go `DefaultHeaderMatcher`.
fn metadata(headers: &HeaderMap) -> Metadata {
    let mut meant = HeaderMap::new();
    for (name, value) in headers {
        let name = match name.as_str().strip_prefix("grpc-metadata-") {
            Some(inner) => HeaderName::try_from(inner).ok(),
            None => (name == AUTHORIZATION).then(|| name.clone()),
        };
        if let Some(name) = name {
            meant.append(name, value.clone());
        }
    }
    Metadata::read(&meant)
}

/// Says whether a form asks for another method than POST, which no route has.
///
/// Source: grpc-gateway v2.29 runtime/mux.go `ServeHTTP`, `isPathLengthFallback`.
fn is_overridden(request: &Request) -> bool {
    let field = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    let is_form = field("content-type") == Some(b"application/x-www-form-urlencoded");
    let method = field("x-http-method-override").unwrap_or_default();
    is_form && !method.is_empty() && !method.eq_ignore_ascii_case(b"POST")
}

async fn unary(
    front: &Front,
    method: Method,
    caller: Caller,
    request: Request,
) -> Result<Response, Status> {
    let (input, output) = messages(method);
    let bytes_max = front.config().message_bytes_max() * JSON_FACTOR;
    let body = read(request.into_body(), bytes_max as u64).await;
    let body = body.map_err(|error| Status::new(Code::InvalidArgument, error.to_string()))?;
    let mut values = Values::new(bytes_max);
    values.push(&body);
    let value = match values.next() {
        Ok(None) => values.last(),
        other => other,
    };
    // A body without a value is an empty request; what follows the first value is not looked at.
    let message = match value.map_err(invalid)? {
        None => Vec::new(),
        Some(json) => decode::decode(&input, &json).map_err(invalid)?,
    };
    let answer = front.ask(method, message.into(), caller).await?;
    Ok(typed("application/json", json(&output, answer)?))
}

fn invalid(words: String) -> Status {
    Status::new(Code::InvalidArgument, words)
}

/// Writes an answer as JSON.
fn json(message: &MessageDescriptor, bytes: Bytes) -> Result<String, Status> {
    let mut text = String::with_capacity(bytes.len() * 2);
    match encode::encode(message, bytes, &mut text) {
        Ok(()) => Ok(text),
        Err(encode::Malformed) => Err(Status::new(Code::Internal, "failed to marshal the answer")),
    }
}

/// Answers with an error.
fn failure(status: &Status) -> Response {
    let mut response = typed("application/json", Body::from(error_json(status)));
    *response.status_mut() = http_status(status.code());
    if status.code() == Code::Unauthenticated
        && let Ok(text) = HeaderValue::from_str(status.message())
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, text);
    }
    response
}

fn error_json(status: &Status) -> String {
    let mut text = format!("{{\"code\":{},\"message\":", status.code() as i32);
    put_text(status.message(), &mut text);
    text.push('}');
    text
}

/// Source: grpc-gateway v2.29 runtime/errors.go `HTTPStatusFromCode`.
fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::Cancelled => StatusCode::from_u16(499).expect("three digits"),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns what a method takes and gives.
fn messages(method: Method) -> (MessageDescriptor, MessageDescriptor) {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(etcd_api::DESCRIPTORS).expect("the build has made them")
    });
    let service = POOL.get_service_by_name(method.service());
    let found = service.and_then(|service| {
        let mut methods = service.methods();
        methods.find(|it| it.name() == method.name())
    });
    let found = found.expect("every route is of a service of etcd-api");
    (found.input(), found.output())
}

/// Returns the method of a path.
fn route(path: &str) -> Option<Method> {
    let route = path.strip_prefix("/v3/")?;
    let known = ROUTES.iter().find(|(known, _)| *known == route);
    known.map(|(_, method)| *method)
}

const ROUTES: &[(&str, Method)] = &[
    ("kv/range", Method::Range),
    ("kv/put", Method::Put),
    ("kv/deleterange", Method::DeleteRange),
    ("kv/txn", Method::Txn),
    ("kv/compaction", Method::Compact),
    ("watch", Method::Watch),
    ("lease/grant", Method::LeaseGrant),
    ("lease/revoke", Method::LeaseRevoke),
    ("kv/lease/revoke", Method::LeaseRevoke),
    ("lease/keepalive", Method::LeaseKeepAlive),
    ("lease/timetolive", Method::LeaseTimeToLive),
    ("kv/lease/timetolive", Method::LeaseTimeToLive),
    ("lease/leases", Method::LeaseLeases),
    ("kv/lease/leases", Method::LeaseLeases),
    ("cluster/member/add", Method::MemberAdd),
    ("cluster/member/remove", Method::MemberRemove),
    ("cluster/member/update", Method::MemberUpdate),
    ("cluster/member/list", Method::MemberList),
    ("cluster/member/promote", Method::MemberPromote),
    ("maintenance/alarm", Method::Alarm),
    ("maintenance/status", Method::Status),
    ("maintenance/defragment", Method::Defragment),
    ("maintenance/hash", Method::Hash),
    ("maintenance/hashkv", Method::HashKv),
    ("maintenance/snapshot", Method::Snapshot),
    ("maintenance/transfer-leadership", Method::MoveLeader),
    ("maintenance/downgrade", Method::Downgrade),
    ("auth/enable", Method::AuthEnable),
    ("auth/disable", Method::AuthDisable),
    ("auth/status", Method::AuthStatus),
    ("auth/authenticate", Method::Authenticate),
    ("auth/user/add", Method::UserAdd),
    ("auth/user/get", Method::UserGet),
    ("auth/user/list", Method::UserList),
    ("auth/user/delete", Method::UserDelete),
    ("auth/user/changepw", Method::UserChangePassword),
    ("auth/user/grant", Method::UserGrantRole),
    ("auth/user/revoke", Method::UserRevokeRole),
    ("auth/role/add", Method::RoleAdd),
    ("auth/role/get", Method::RoleGet),
    ("auth/role/list", Method::RoleList),
    ("auth/role/delete", Method::RoleDelete),
    ("auth/role/grant", Method::RoleGrantPermission),
    ("auth/role/revoke", Method::RoleRevokePermission),
    ("election/campaign", Method::Campaign),
    ("election/proclaim", Method::Proclaim),
    ("election/leader", Method::Leader),
    ("election/observe", Method::Observe),
    ("election/resign", Method::Resign),
    ("lock/lock", Method::Lock),
    ("lock/unlock", Method::Unlock),
];

/// Base64 and names make JSON larger than what it says.
const JSON_FACTOR: usize = 2;

/// See [`crate::fuzz::fuzz_gateway`].
#[cfg(any(test, feature = "test-util"))]
pub(crate) fn fuzz(data: &[u8]) {
    let all = |cut: usize| {
        let mut values = Values::new(1 << 16);
        let mut found = Vec::new();
        for piece in data.chunks(cut) {
            values.push(piece);
            loop {
                match values.next() {
                    Ok(Some(value)) => found.push(value),
                    Ok(None) => break,
                    Err(words) => return (found, Err(words)),
                }
            }
        }
        let last = values.last().map(|value| found.extend(value));
        (found, last)
    };
    let whole = all(data.len().max(1));
    assert_eq!(whole, all(1));
    let (input, _) = messages(Method::Txn);
    for value in whole.0 {
        if let Ok(bytes) = decode::decode(&input, &value) {
            let text = json(&input, bytes.clone().into()).expect("what was accepted is a message");
            let again = decode::decode(&input, text.as_bytes()).expect("what was written is read");
            assert_eq!(json(&input, again.into()).expect("and is a message"), text);
        }
    }
}

#[cfg(test)]
mod tests;
