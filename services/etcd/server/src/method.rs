//! The methods a member answers: their paths, and how many messages go each way.
//!
//! What each one means is left to the engine. Source: etcd v3.7 api/etcdserverpb/rpc.proto, v3electionpb, v3lockpb.

/// How many messages go each way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// One request, one answer.
    Unary,
    /// One request, any number of answers.
    ServerStream,
    /// Any number of both.
    BidiStream,
}

impl Kind {
    /// Returns the name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ServerStream => "server_stream",
            Self::BidiStream => "bidi_stream",
        }
    }
}

macro_rules! methods {
    ($($service:literal { $($method:ident = $name:literal $(: $kind:ident)?,)* })*) => {
        /// A method of a service.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Method {
            $($(#[doc = concat!("`/", $service, "/", $name, "`")] $method,)*)*
        }

        impl Method {
            /// Every method.
            pub const ALL: &[Self] = &[$($(Self::$method,)*)*];

            /// The names of the services.
            const SERVICES: &[&str] = &[$($service,)*];

            /// Finds a method by its path.
            #[must_use]
            pub fn from_path(path: &str) -> Option<Self> {
                match path {
                    $($(concat!("/", $service, "/", $name) => Some(Self::$method),)*)*
                    _ => None,
                }
            }

            /// Returns the full name of the service.
            #[must_use]
            pub const fn service(self) -> &'static str {
                match self {
                    $($(Self::$method)|* => $service,)*
                }
            }

            /// Returns the name within the service.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$method => $name,)*)*
                }
            }

            /// Returns how many messages go each way.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self {
                    $($($(Self::$method => Kind::$kind,)?)*)*
                    _ => Kind::Unary,
                }
            }
        }
    };
}

// The busiest first: paths are compared in this order.
methods! {
    "etcdserverpb.KV" {
        Put = "Put",
        Range = "Range",
        Txn = "Txn",
        DeleteRange = "DeleteRange",
        Compact = "Compact",
        RangeStream = "RangeStream": ServerStream,
    }
    "etcdserverpb.Watch" {
        Watch = "Watch": BidiStream,
    }
    "etcdserverpb.Lease" {
        LeaseGrant = "LeaseGrant",
        LeaseRevoke = "LeaseRevoke",
        LeaseKeepAlive = "LeaseKeepAlive": BidiStream,
        LeaseTimeToLive = "LeaseTimeToLive",
        LeaseLeases = "LeaseLeases",
    }
    "etcdserverpb.Cluster" {
        MemberAdd = "MemberAdd",
        MemberRemove = "MemberRemove",
        MemberUpdate = "MemberUpdate",
        MemberList = "MemberList",
        MemberPromote = "MemberPromote",
    }
    "etcdserverpb.Maintenance" {
        Alarm = "Alarm",
        Status = "Status",
        Defragment = "Defragment",
        Hash = "Hash",
        HashKv = "HashKV",
        Snapshot = "Snapshot": ServerStream,
        MoveLeader = "MoveLeader",
        Downgrade = "Downgrade",
    }
    "etcdserverpb.Auth" {
        AuthEnable = "AuthEnable",
        AuthDisable = "AuthDisable",
        AuthStatus = "AuthStatus",
        Authenticate = "Authenticate",
        UserAdd = "UserAdd",
        UserGet = "UserGet",
        UserList = "UserList",
        UserDelete = "UserDelete",
        UserChangePassword = "UserChangePassword",
        UserGrantRole = "UserGrantRole",
        UserRevokeRole = "UserRevokeRole",
        RoleAdd = "RoleAdd",
        RoleGet = "RoleGet",
        RoleList = "RoleList",
        RoleDelete = "RoleDelete",
        RoleGrantPermission = "RoleGrantPermission",
        RoleRevokePermission = "RoleRevokePermission",
    }
    "v3electionpb.Election" {
        Campaign = "Campaign",
        Proclaim = "Proclaim",
        Leader = "Leader",
        Observe = "Observe": ServerStream,
        Resign = "Resign",
    }
    "v3lockpb.Lock" {
        Lock = "Lock",
        Unlock = "Unlock",
    }
    "grpc.health.v1.Health" {
        HealthCheck = "Check",
        HealthWatch = "Watch": ServerStream,
    }
}

impl Method {
    /// Says why a path is none, in upstream's words.
    ///
    /// Source: grpc-go v1.83 server.go `handleStream`.
    pub(crate) fn unknown(path: &str) -> String {
        let parts = path.strip_prefix('/').and_then(|it| it.rsplit_once('/'));
        match parts {
            None => format!("malformed method name: {path:?}"),
            Some((service, method)) if Self::SERVICES.contains(&service) => {
                format!("unknown method {method} for service {service}")
            }
            Some((service, _)) => format!("unknown service {service}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_path() {
        for method in Method::ALL {
            let path = format!("/{}/{}", method.service(), method.name());
            assert_eq!(Method::from_path(&path), Some(*method));
        }
        assert_eq!(Method::Watch.kind(), Kind::BidiStream);
        assert_eq!(Method::Put.kind(), Kind::Unary);
    }

    #[test]
    fn an_unknown_path_is_named_as_upstream_names_it() {
        assert_eq!(Method::unknown("Put"), "malformed method name: \"Put\"");
        assert_eq!(Method::unknown("/a.B/C"), "unknown service a.B");
        assert_eq!(
            Method::unknown("/etcdserverpb.KV/Nothing"),
            "unknown method Nothing for service etcdserverpb.KV"
        );
    }
}
