//! Why a call failed, in the words of clientv3.
//!
//! Source: etcd v3.7 api/v3rpc/rpctypes/error.go; client/v3/client.go, `ContextError`.

use tonic::{Code, Status};

/// Why a call failed. Texts are upstream's: users and scripts read them.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An error of etcd: its text alone.
    #[error("{0}")]
    Etcd(etcd_api::Error),
    /// Any other answer of a server, or none.
    #[error("rpc error: code = {} desc = {}", code_name(.0.code()), .0.message())]
    Status(Box<Status>),
    /// The time given to the call is over.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
    /// Who asked no longer wants to know.
    #[error("context canceled")]
    Canceled,
    /// There is nobody to ask.
    #[error("etcdclient: no available endpoints")]
    NoEndpoints,
    /// A watch ended for a reason that is not an error of etcd.
    #[error("rpc error: code = FailedPrecondition desc = {0}")]
    WatchCanceled(String),
    /// A watch was refused for a reason that is not an error of etcd.
    #[error("{0}")]
    WatchRefused(String),
    /// A limit for answers below that for requests.
    #[error(
        "gRPC message recv limit ({response} bytes) must be greater than send limit ({request} bytes)"
    )]
    Limits {
        /// Largest request, in bytes.
        request: usize,
        /// Largest answer, in bytes.
        response: usize,
    },
}

impl Error {
    /// Returns whether this is one error of etcd.
    #[must_use]
    pub fn is(&self, error: etcd_api::Error) -> bool {
        matches!(self, Self::Etcd(found) if *found == error)
    }

    /// Returns whether trying the same again, perhaps elsewhere, may help: the connection broke, or there is no leader
    /// for the moment.
    pub(crate) fn is_transient(&self) -> bool {
        let code = match self {
            Self::Etcd(error) => error.code(),
            Self::Status(status) => status.code(),
            _ => return false,
        };
        matches!(code, Code::Unavailable | Code::Internal)
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        match etcd_api::Error::from_text(status.message()) {
            Some(error) => Self::Etcd(error),
            None => Self::Status(Box::new(status)),
        }
    }
}

/// Returns a status as grpc-go prints it.
pub(crate) fn status_text(status: &Status) -> String {
    format!(
        "rpc error: code = {} desc = {}",
        code_name(status.code()),
        status.message()
    )
}

/// Returns Go's name of a code.
fn code_name(code: Code) -> String {
    match code {
        Code::Ok => "OK".to_owned(),
        Code::Cancelled => "Canceled".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_etcd_are_their_text_and_others_tell_the_code() {
        let known = Error::from(Status::from(etcd_api::Error::Compacted));
        assert_eq!(
            known.to_string(),
            "etcdserver: mvcc: required revision has been compacted"
        );
        assert!(known.is(etcd_api::Error::Compacted));
        let other = Error::from(Status::cancelled("gone"));
        assert_eq!(other.to_string(), "rpc error: code = Canceled desc = gone");
        assert!(Error::from(Status::unavailable("x")).is_transient());
        assert!(!known.is_transient());
    }
}
