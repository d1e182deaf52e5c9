//! How a stream ends: the two fields that say so, in trailers or in a head without a body.
//!
//! Source: grpc-go v1.83 http2_server.go `writeStatus`, `writeEarlyAbort`; http_util.go `encodeGrpcMessage`.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use tonic::{Code, Status};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// What a message may not hold as it is. Everything that is not ASCII is escaped anyway.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Returns the trailers of an answer that is complete.
pub(crate) fn success() -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
    trailers.insert(GRPC_MESSAGE, HeaderValue::from_static(""));
    trailers
}

/// Returns the trailers of a stream that fails.
pub(crate) fn failure(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    trailers.insert(GRPC_STATUS, HeaderValue::from(status.code() as i32));
    trailers.insert(GRPC_MESSAGE, message(status.message()));
    trailers
}

/// Returns a head that is the whole answer.
pub(crate) fn only_trailers(
    http: StatusCode,
    content_type: HeaderValue,
    status: &Status,
) -> Response<()> {
    let mut response = head(content_type);
    *response.status_mut() = http;
    response.headers_mut().extend(failure(status));
    response
}

/// Returns the head of an answer.
pub(crate) fn head(content_type: HeaderValue) -> Response<()> {
    let mut response = Response::new(());
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Returns the status of a stream whose client does not wait any longer.
pub(crate) fn deadline_exceeded() -> Status {
    Status::new(Code::DeadlineExceeded, "context deadline exceeded") // upstream's text
}

fn message(text: &str) -> HeaderValue {
    let escaped = percent_encode(text.as_bytes(), ESCAPED).to_string();
    HeaderValue::try_from(escaped).expect("what is left is printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_escaped_as_grpc_wants_it() {
        assert_eq!(
            message("etcdserver: key not found"),
            "etcdserver: key not found"
        );
        assert_eq!(message("100% \u{e9}\n"), "100%25 %C3%A9%0A");
    }

    #[test]
    fn an_error_is_one_head() {
        let status = Status::from(etcd_api::Error::Compacted);
        let response = only_trailers(
            StatusCode::OK,
            HeaderValue::from_static("application/grpc"),
            &status,
        );
        assert_eq!(response.headers()["grpc-status"], "11");
        assert_eq!(
            response.headers()["grpc-message"],
            "etcdserver: mvcc: required revision has been compacted"
        );
    }
}
