//! The errors that clients know: a gRPC code and a text, both part of the wire.
//!
//! Source: etcd v3.7 api/v3rpc/rpctypes/error.go; server/etcdserver/api/v3rpc/util.go `toGRPCErrorMap`.

use tonic::{Code, Status};

macro_rules! errors {
    ($($code:ident { $($name:ident = $text:literal,)* })*) => {
        /// An error of etcd.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Error {
            $($(#[doc = $text] $name,)*)*
        }

        impl Error {
            /// Every error.
            pub const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// The code clients see.
            #[must_use]
            pub const fn code(self) -> Code {
                match self {
                    $($(Self::$name)|* => Code::$code,)*
                }
            }

            /// The text clients see.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $($(Self::$name => $text,)*)*
                }
            }
        }
    };
}

// The last two have no status in upstream's table, so that clients see `Unknown`, whatever their constants say.
errors! {
    InvalidArgument {
        EmptyKey = "etcdserver: key is not provided",
        KeyNotFound = "etcdserver: key not found",
        ValueProvided = "etcdserver: value is provided",
        LeaseProvided = "etcdserver: lease is provided",
        TooManyOps = "etcdserver: too many operations in txn request",
        DuplicateKey = "etcdserver: duplicate key given in txn request",
        InvalidClientApiVersion = "etcdserver: invalid client api version",
        InvalidSortOption = "etcdserver: invalid sort option",
        RequestTooLarge = "etcdserver: request is too large",
        MemberBadUrls = "etcdserver: given member URLs are invalid",
        UserEmpty = "etcdserver: user name is empty",
        RoleEmpty = "etcdserver: role name is empty",
        AuthFailed = "etcdserver: authentication failed, invalid user ID or password",
        PermissionNotGiven = "etcdserver: permission not given",
        InvalidAuthMgmt = "etcdserver: invalid auth management",
        AuthOldRevision = "etcdserver: revision of auth store is old",
        WrongDowngradeVersionFormat = "etcdserver: wrong downgrade target version format",
        InvalidDowngradeTargetVersion = "etcdserver: invalid downgrade target version",
    }
    OutOfRange {
        Compacted = "etcdserver: mvcc: required revision has been compacted",
        FutureRevision = "etcdserver: mvcc: required revision is a future revision",
        LeaseTtlTooLarge = "etcdserver: too large lease TTL",
    }
    ResourceExhausted {
        NoSpace = "etcdserver: mvcc: database space exceeded",
    }
    NotFound {
        LeaseNotFound = "etcdserver: requested lease not found",
        MemberNotFound = "etcdserver: member not found",
    }
    FailedPrecondition {
        LeaseExists = "etcdserver: lease already exists",
        MemberExists = "etcdserver: member ID already exist",
        PeerUrlExists = "etcdserver: Peer URLs already exists",
        MemberNotLearner = "etcdserver: can only promote a learner member",
        LearnerNotReady = "etcdserver: can only promote a learner member which is in sync with leader",
        TooManyLearners = "etcdserver: too many learner members in cluster",
        ClusterIdMismatch = "etcdserver: cluster ID mismatch",
        NotSupportedForLearner = "etcdserver: rpc not supported for learner",
        BadLeaderTransferee = "etcdserver: bad leader transferee",
        NotLeader = "etcdserver: not leader",
        NotCapable = "etcdserver: not capable",
        RootUserNotExist = "etcdserver: root user does not exist",
        RootRoleNotExist = "etcdserver: root user does not have root role",
        UserAlreadyExist = "etcdserver: user name already exists",
        UserNotFound = "etcdserver: user name not found",
        RoleAlreadyExist = "etcdserver: role name already exists",
        RoleNotFound = "etcdserver: role name not found",
        RoleNotGranted = "etcdserver: role is not granted to the user",
        PermissionNotGranted = "etcdserver: permission is not granted to the role",
        AuthNotEnabled = "etcdserver: authentication is not enabled",
        ClusterVersionUnavailable = "etcdserver: cluster version not found during downgrade",
        DowngradeInProcess = "etcdserver: cluster has a downgrade job in progress",
        NoInflightDowngrade = "etcdserver: no inflight downgrade job",
    }
    PermissionDenied {
        PermissionDenied = "etcdserver: permission denied",
    }
    Unauthenticated {
        InvalidAuthToken = "etcdserver: invalid auth token",
    }
    Unavailable {
        NoLeader = "etcdserver: no leader",
        LeaderChanged = "etcdserver: leader changed",
        Stopped = "etcdserver: server stopped",
        Timeout = "etcdserver: request timed out",
        TimeoutDueToLeaderFail = "etcdserver: request timed out, possibly due to previous leader failure",
        TimeoutDueToConnectionLost = "etcdserver: request timed out, possibly due to connection lost",
        TimeoutWaitAppliedIndex = "etcdserver: request timed out, waiting for the applied index took too long",
        Unhealthy = "etcdserver: unhealthy cluster",
    }
    DataLoss {
        Corrupt = "etcdserver: corrupt cluster",
    }
    Cancelled {
        WatchCanceled = "etcdserver: watch canceled",
        RequestCanceled = "etcdserver: request canceled",
    }
    Unknown {
        MemberNotEnoughStarted = "etcdserver: re-configuration failed due to not enough started members",
        TooManyRequests = "etcdserver: too many requests",
    }
}

impl Error {
    /// Finds an error by its text, as clients do.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|error| error.text() == text)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Error {}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.text())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_text_is_of_one_error_and_finds_it() {
        let texts: HashSet<_> = Error::ALL.iter().map(|error| error.text()).collect();
        assert_eq!(texts.len(), Error::ALL.len());
        for error in Error::ALL {
            assert_eq!(Error::from_text(error.text()), Some(*error));
            assert!(error.text().starts_with("etcdserver: "));
        }
        assert_eq!(Error::from_text("etcdserver: "), None);
    }

    #[test]
    fn a_status_has_the_code_and_the_text() {
        let status = Status::from(Error::Compacted);
        assert_eq!(status.code(), Code::OutOfRange);
        assert_eq!(
            status.message(),
            "etcdserver: mvcc: required revision has been compacted"
        );
        // Whatever its constant says upstream.
        assert_eq!(Error::TooManyRequests.code(), Code::Unknown);
    }
}
