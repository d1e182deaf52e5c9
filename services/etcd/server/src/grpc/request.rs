//! The head of a request: what is asked, how long the client waits, who it says it is.
//!
//! Source: grpc-go v1.83 http2_server.go `operateHeaders`; etcd v3.7 v3rpc/interceptor.go; auth/store.go `AuthInfoFromCtx`.

use http::{
    HeaderMap, HeaderValue, Method as HttpMethod, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
    request::Parts,
};
use tokio::time::Instant;
use tonic::{Code, Status};

use super::{frame::Encoding, status, timeout};
use crate::{call::Caller, method::Method};

/// What the head of a request says.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: Method,
    pub(crate) deadline: Option<Instant>,
    pub(crate) encoding: Encoding,
    /// What the answer is to be called.
    pub(crate) content_type: HeaderValue,
}

/// Why a request gets no further.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) http: StatusCode,
    pub(crate) content_type: HeaderValue,
    pub(crate) status: Status,
}

impl Head {
    /// Reads a head, checking in upstream's order.
    ///
    /// # Errors
    /// [`Refusal`] with upstream's words.
    pub(crate) fn read(parts: &Parts) -> Result<Self, Refusal> {
        let headers = &parts.headers;
        let plain = || HeaderValue::from_static(GRPC);
        let refuse = |content_type, http, code, text: String| Refusal {
            http,
            content_type,
            status: Status::new(code, text),
        };
        if headers.get_all(HOST).iter().count() > 1 {
            let hosts: Vec<_> = headers.get_all(HOST).iter().collect();
            let text = format!(
                "num values of :authority: {:?}, num values of host: {hosts:?}, both must only have 1 value as per HTTP/2 spec",
                parts.uri.authority().map(|it| it.as_str())
            );
            return Err(refuse(
                plain(),
                StatusCode::BAD_REQUEST,
                Code::Internal,
                text,
            ));
        }
        let written = headers.get(CONTENT_TYPE);
        let Some(content_type) = written.and_then(answer_type) else {
            let written = written.map_or(&b""[..], HeaderValue::as_bytes);
            let text = format!(
                "invalid gRPC request content-type {:?}",
                String::from_utf8_lossy(written)
            );
            let http = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(refuse(plain(), http, Code::InvalidArgument, text));
        };
        let refuse = |http, code, text| refuse(content_type.clone(), http, code, text);
        let limit = match headers
            .get("grpc-timeout")
            .map(|it| timeout::parse(&lossy(it)))
        {
            None => None,
            Some(Ok(limit)) => Some(limit),
            Some(Err(words)) => {
                let text = format!("malformed grpc-timeout: {words}");
                return Err(refuse(StatusCode::BAD_REQUEST, Code::Internal, text));
            }
        };
        if parts.uri.authority().is_none() && !headers.contains_key(HOST) {
            let text = "no host or :authority header present".to_owned();
            return Err(refuse(StatusCode::BAD_REQUEST, Code::Internal, text));
        }
        if parts.method != HttpMethod::POST {
            let method = parts.method.as_str();
            let text =
                format!("Received a HEADERS frame with :method {method:?} which should be POST");
            return Err(refuse(StatusCode::METHOD_NOT_ALLOWED, Code::Internal, text));
        }
        if limit.is_some_and(|limit| limit.is_zero()) {
            let exceeded = status::deadline_exceeded();
            let text = exceeded.message().to_owned();
            return Err(refuse(StatusCode::OK, exceeded.code(), text));
        }
        let path = parts.uri.path();
        let Some(method) = Method::from_path(path) else {
            return Err(refuse(
                StatusCode::OK,
                Code::Unimplemented,
                Method::unknown(path),
            ));
        };
        let encoding = headers.get("grpc-encoding").map(lossy);
        Ok(Self {
            method,
            // A deadline beyond the clock's range is none.
            deadline: limit.and_then(|limit| Instant::now().checked_add(limit)),
            encoding: encoding.map_or(Encoding::Identity, |name| Encoding::parse(&name)),
            content_type,
        })
    }
}

/// What the metadata of a request says beyond who sends it.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// For the count of clients by version; `unknown` when it is not said.
    pub(crate) client_api_version: Option<HeaderValue>,
    pub(crate) requires_leader: bool,
    pub(crate) token: Option<HeaderValue>,
}

impl Metadata {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let token = headers.get("token").or_else(|| headers.get(AUTHORIZATION));
        Self {
            client_api_version: headers.get("client-api-version").cloned(),
            requires_leader: headers
                .get("hasleader")
                .is_some_and(|value| value == "true"),
            token: token.map(without_bearer),
        }
    }

    pub(crate) fn caller(self, from: &kit_http::Peer) -> Caller {
        Caller {
            remote: from.remote.clone(),
            token: self.token,
            common_name: from.common_name.clone(),
            requires_leader: self.requires_leader,
            is_internal: false,
        }
    }
}

/// Says whether a request is for gRPC at all; only connections that also carry HTTP have others.
///
/// Source: etcd v3.7 embed/serve.go `grpcHandlerFunc`.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|it| it.windows(GRPC.len()).any(|part| part == GRPC.as_bytes()))
}

/// Returns the content type of the answer to one; none for a type that is not gRPC's.
fn answer_type(content_type: &HeaderValue) -> Option<HeaderValue> {
    if content_type == GRPC {
        return Some(HeaderValue::from_static(GRPC));
    }
    let lower = content_type.to_str().ok()?.to_ascii_lowercase();
    let subtype = lower.strip_prefix(GRPC)?;
    match subtype.as_bytes().first()? {
        b'+' => HeaderValue::from_str(&lower).ok(),
        b';' => Some(HeaderValue::from_static(GRPC)),
        _ => None,
    }
}

fn without_bearer(token: &HeaderValue) -> HeaderValue {
    let stripped = token.as_bytes().strip_prefix(b"Bearer ");
    stripped
        .and_then(|rest| HeaderValue::from_bytes(rest).ok())
        .unwrap_or_else(|| token.clone())
}

fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

const GRPC: &str = "application/grpc";

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn read(
        change: impl FnOnce(http::request::Builder) -> http::request::Builder,
    ) -> Result<Head, Refusal> {
        let builder = Request::post("http://a/etcdserverpb.KV/Put");
        Head::read(&change(builder).body(()).unwrap().into_parts().0)
    }

    #[track_caller]
    fn check_refused(
        change: impl FnOnce(http::request::Builder) -> http::request::Builder,
        http: u16,
        code: Code,
        text: &str,
    ) {
        let refusal = read(change).unwrap_err();
        assert_eq!(refusal.http.as_u16(), http);
        assert_eq!(
            (refusal.status.code(), refusal.status.message()),
            (code, text)
        );
    }

    #[test]
    fn a_plain_head_is_read() {
        let head = read(|it| it.header("content-type", "application/grpc")).unwrap();
        assert_eq!((head.method, head.deadline), (Method::Put, None));
        assert_eq!(head.encoding, Encoding::Identity);
        let head = read(|it| it.header("content-type", "application/grpc+proto")).unwrap();
        assert_eq!(head.content_type, "application/grpc+proto");
        let head = read(|it| it.header("content-type", "application/grpc; charset=utf-8")).unwrap();
        assert_eq!(head.content_type, "application/grpc");
    }

    #[test]
    fn heads_that_are_not_grpcs_are_refused_in_upstreams_words() {
        let text = "invalid gRPC request content-type \"application/json\"";
        let json = |it: http::request::Builder| it.header("content-type", "application/json");
        check_refused(json, 415, Code::InvalidArgument, text);
        let text = "invalid gRPC request content-type \"application/grpcx\"";
        let other = |it: http::request::Builder| it.header("content-type", "application/grpcx");
        check_refused(other, 415, Code::InvalidArgument, text);
        let grpc = |it: http::request::Builder| it.header("content-type", "application/grpc");
        let text = "malformed grpc-timeout: transport: timeout unit is not recognized: \"5x\"";
        check_refused(
            |it| grpc(it).header("grpc-timeout", "5x"),
            400,
            Code::Internal,
            text,
        );
        let text = "Received a HEADERS frame with :method \"GET\" which should be POST";
        check_refused(|it| grpc(it).method("GET"), 405, Code::Internal, text);
        check_refused(
            |it| grpc(it).header("grpc-timeout", "0S"),
            200,
            Code::DeadlineExceeded,
            "context deadline exceeded",
        );
        check_refused(
            |it| grpc(it).uri("http://a/no.Such/Thing"),
            200,
            Code::Unimplemented,
            "unknown service no.Such",
        );
        let text = "no host or :authority header present";
        check_refused(
            |it| grpc(it).uri("/etcdserverpb.KV/Put"),
            400,
            Code::Internal,
            text,
        );
    }

    #[test]
    fn a_token_is_found_in_either_field_and_without_its_scheme() {
        let metadata = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            Metadata::read(&headers)
        };
        assert_eq!(metadata("token", "abc.1").token.unwrap(), "abc.1");
        assert_eq!(
            metadata("authorization", "Bearer abc.1").token.unwrap(),
            "abc.1"
        );
        assert!(metadata("hasleader", "true").requires_leader);
        assert!(!metadata("hasleader", "false").requires_leader);
    }
}
