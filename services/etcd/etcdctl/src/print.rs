//! What stdout shows of an answer, in the format that `--write-out` names.
//!
//! A [`Reply`] is an answer with what the user asked; each format is a file that makes bytes of it, and nothing here writes.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/printer.go.

use etcd_api::etcdserverpb::{
    AlarmResponse, AuthRoleAddResponse, AuthRoleDeleteResponse, AuthRoleGetResponse,
    AuthRoleGrantPermissionResponse, AuthRoleListResponse, AuthRoleRevokePermissionResponse,
    AuthStatusResponse, AuthUserAddResponse, AuthUserChangePasswordResponse,
    AuthUserDeleteResponse, AuthUserGetResponse, AuthUserGrantRoleResponse, AuthUserListResponse,
    AuthUserRevokeRoleResponse, DeleteRangeResponse, DowngradeResponse, HashKvResponse,
    LeaseGrantResponse, LeaseKeepAliveResponse, LeaseLeasesResponse, LeaseRevokeResponse,
    LeaseTimeToLiveResponse, MemberAddResponse, MemberListResponse, MemberPromoteResponse,
    MemberRemoveResponse, MemberUpdateResponse, MoveLeaderResponse, PutResponse, RangeResponse,
    ResponseHeader, StatusResponse, TxnResponse,
};
use etcd_client::watch::WatchAnswer;

use crate::Failure;

mod columns;
mod fields;
pub(crate) mod go_json;
mod json;
mod protobuf;
mod simple;
mod table;

pub(crate) use self::columns::bytes as size_text;

/// An answer and what it answers.
#[derive(Debug)]
pub(crate) enum Reply<'a> {
    Get(&'a RangeResponse),
    Put(&'a PutResponse),
    Del(&'a DeleteRangeResponse),
    Txn(&'a TxnResponse),
    Watch(&'a WatchAnswer),
    Grant(&'a LeaseGrantResponse),
    Revoke(i64, &'a LeaseRevokeResponse),
    KeepAlive(&'a LeaseKeepAliveResponse),
    TimeToLive {
        answer: &'a LeaseTimeToLiveResponse,
        keys: bool,
    },
    Leases(&'a LeaseLeasesResponse),
    MemberAdd(&'a MemberAddResponse),
    MemberRemove(u64, &'a MemberRemoveResponse),
    MemberUpdate(u64, &'a MemberUpdateResponse),
    MemberPromote(u64, &'a MemberPromoteResponse),
    MemberList(&'a MemberListResponse),
    EndpointHealth(&'a [Health]),
    EndpointStatus(&'a [(String, StatusResponse)]),
    EndpointHashKv(&'a [(String, HashKvResponse)]),
    MoveLeader {
        leader: u64,
        target: u64,
        answer: &'a MoveLeaderResponse,
    },
    Downgrade(&'static str, &'a DowngradeResponse),
    Alarm(&'a AlarmResponse),
    RoleAdd(&'a str, &'a AuthRoleAddResponse),
    RoleGet(&'a str, &'a AuthRoleGetResponse),
    RoleDelete(&'a str, &'a AuthRoleDeleteResponse),
    RoleList(&'a AuthRoleListResponse),
    RoleGrantPermission(&'a str, &'a AuthRoleGrantPermissionResponse),
    RoleRevokePermission {
        role: &'a str,
        key: &'a [u8],
        end: &'a [u8],
        answer: &'a AuthRoleRevokePermissionResponse,
    },
    UserAdd(&'a str, &'a AuthUserAddResponse),
    UserGet(&'a str, &'a AuthUserGetResponse),
    UserList(&'a AuthUserListResponse),
    UserChangePassword(&'a AuthUserChangePasswordResponse),
    UserGrantRole {
        user: &'a str,
        role: &'a str,
        answer: &'a AuthUserGrantRoleResponse,
    },
    UserRevokeRole {
        user: &'a str,
        role: &'a str,
        answer: &'a AuthUserRevokeRoleResponse,
    },
    UserDelete(&'a str, &'a AuthUserDeleteResponse),
    AuthStatus(&'a AuthStatusResponse),
}

/// How an endpoint is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Health {
    pub(crate) endpoint: String,
    pub(crate) is_healthy: bool,
    /// How long it took to find out, as Go prints a duration; nothing when no connection came about.
    pub(crate) took: String,
    pub(crate) error: String,
}

/// A format and its options.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Printer {
    format: Format,
    hex: bool,
    values_only: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    Simple,
    Fields,
    Json,
    Protobuf,
    Table,
}

impl Printer {
    /// Chooses a format by its name.
    pub(crate) fn new(format: &str, hex: bool) -> Option<Self> {
        let format = match format {
            "simple" => Format::Simple,
            "fields" => Format::Fields,
            "json" => Format::Json,
            "protobuf" => Format::Protobuf,
            "table" => Format::Table,
            _ => return None,
        };
        Some(Self {
            format,
            hex,
            values_only: false,
        })
    }

    pub(crate) fn is_simple(&self) -> bool {
        self.format == Format::Simple
    }

    pub(crate) fn is_fields(&self) -> bool {
        self.format == Format::Fields
    }

    /// Leaves keys out; the simple format alone knows how.
    pub(crate) fn show_values_only(&mut self) {
        self.values_only = true;
    }

    /// Makes the bytes that stdout gets.
    pub(crate) fn render(&self, reply: &Reply<'_>) -> Result<Vec<u8>, Failure> {
        match self.format {
            Format::Simple => Ok(simple::render(reply, self.hex, self.values_only)),
            Format::Fields => fields::render(reply, self.hex),
            Format::Json => Ok(json::render(reply, self.hex).into_bytes()),
            Format::Protobuf => protobuf::render(reply),
            Format::Table => table::render(reply),
        }
    }
}

impl Reply<'_> {
    /// Returns the header of an answer that has one.
    fn header(&self) -> Option<&ResponseHeader> {
        match self {
            Self::Get(answer) => answer.header.as_ref(),
            Self::Put(answer) => answer.header.as_ref(),
            Self::Del(answer) => answer.header.as_ref(),
            Self::Txn(answer) => answer.header.as_ref(),
            Self::Watch(answer) => Some(&answer.header),
            Self::Grant(answer) => answer.header.as_ref(),
            Self::Revoke(_, answer) => answer.header.as_ref(),
            Self::KeepAlive(answer) => answer.header.as_ref(),
            Self::TimeToLive { answer, .. } => answer.header.as_ref(),
            Self::Leases(answer) => answer.header.as_ref(),
            Self::MemberAdd(answer) => answer.header.as_ref(),
            Self::MemberRemove(_, answer) => answer.header.as_ref(),
            Self::MemberUpdate(_, answer) => answer.header.as_ref(),
            Self::MemberPromote(_, answer) => answer.header.as_ref(),
            Self::MemberList(answer) => answer.header.as_ref(),
            Self::EndpointHealth(_) | Self::EndpointStatus(_) | Self::EndpointHashKv(_) => None,
            Self::MoveLeader { answer, .. } => answer.header.as_ref(),
            Self::Downgrade(_, answer) => answer.header.as_ref(),
            Self::Alarm(answer) => answer.header.as_ref(),
            Self::RoleAdd(_, answer) => answer.header.as_ref(),
            Self::RoleGet(_, answer) => answer.header.as_ref(),
            Self::RoleDelete(_, answer) => answer.header.as_ref(),
            Self::RoleList(answer) => answer.header.as_ref(),
            Self::RoleGrantPermission(_, answer) => answer.header.as_ref(),
            Self::RoleRevokePermission { answer, .. } => answer.header.as_ref(),
            Self::UserAdd(_, answer) => answer.header.as_ref(),
            Self::UserGet(_, answer) => answer.header.as_ref(),
            Self::UserList(answer) => answer.header.as_ref(),
            Self::UserChangePassword(answer) => answer.header.as_ref(),
            Self::UserGrantRole { answer, .. } => answer.header.as_ref(),
            Self::UserRevokeRole { answer, .. } => answer.header.as_ref(),
            Self::UserDelete(_, answer) => answer.header.as_ref(),
            Self::AuthStatus(answer) => answer.header.as_ref(),
        }
    }
}

/// A format that cannot show the answer.
fn unsupported(format: &str) -> Failure {
    // Upstream's text: printer.go, `newPrinterUnsupported`.
    Failure::new(
        Failure::BAD_FEATURE,
        format!("{format} not supported as output format"),
    )
}
