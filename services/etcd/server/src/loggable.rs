//! Requests as a log may show them: without values, passwords and tokens.
//!
//! Keys are written as Go's text form of protobuf writes bytes. Upstream's spaces between fields are not the same in all of its builds.
//!
//! Source: etcd v3.7 api/etcdserverpb/raft_internal_stringer.go; google.golang.org/protobuf internal/encoding/text.

use std::fmt::{self, Display, Formatter, Write as _};

use etcd_api::etcdserverpb::{
    Compare, DeleteRangeRequest, InternalRaftRequest, PutRequest, RangeRequest, RequestHeader,
    RequestOp, TxnRequest,
    compare::{CompareResult, CompareTarget, TargetUnion},
    range_request::{SortOrder, SortTarget},
    request_op::Request,
};

/// An entry of the log. What is neither about keys nor about leases is named and not shown.
pub(crate) struct LoggableEntry<'a>(pub(crate) &'a InternalRaftRequest, pub(crate) &'static str);

impl Display for LoggableEntry<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let request = self.0;
        write!(f, "header:<{}> ", Header(request.header.as_ref()))?;
        if let Some(put) = &request.put {
            write!(f, "put:<{}>", Put(put))
        } else if let Some(txn) = &request.txn {
            write!(f, "txn:<{}>", Txn(txn))
        } else if let Some(range) = &request.range {
            write!(f, "range:<{}>", Range(range))
        } else if let Some(delete) = &request.delete_range {
            write!(f, "delete_range:<{}>", Delete(delete))
        } else if let Some(grant) = &request.lease_grant {
            write!(
                f,
                "lease_grant:<ttl:{}-second id:{:016x}>",
                grant.ttl, grant.id
            )
        } else if let Some(revoke) = &request.lease_revoke {
            write!(f, "lease_revoke:<id:{:016x}>", revoke.id)
        } else if let Some(compaction) = &request.compaction {
            write!(
                f,
                "compaction:<revision:{} physical:{}>",
                compaction.revision, compaction.physical
            )
        } else {
            write!(f, "{}:<>", self.1)
        }
    }
}

struct Header<'a>(Option<&'a RequestHeader>);

impl Display for Header<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(header) = self.0 else { return Ok(()) };
        let mut fields = Fields::new(f);
        fields.number("ID", header.id)?;
        fields.text("username", header.username.as_bytes())?;
        fields.number("auth_revision", header.auth_revision)
    }
}

/// A put without its value.
pub(crate) struct Put<'a>(pub(crate) &'a PutRequest);

impl Display for Put<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let put = self.0;
        let mut fields = Fields::new(f);
        fields.text("key", &put.key)?;
        fields.number("value_size", put.value.len())?;
        fields.number("lease", put.lease)?;
        fields.flag("prev_kv", put.prev_kv)?;
        fields.flag("ignore_value", put.ignore_value)?;
        fields.flag("ignore_lease", put.ignore_lease)
    }
}

/// A range.
pub(crate) struct Range<'a>(pub(crate) &'a RangeRequest);

impl Display for Range<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let range = self.0;
        let mut fields = Fields::new(f);
        fields.text("key", &range.key)?;
        fields.text("range_end", &range.range_end)?;
        fields.number("limit", range.limit)?;
        fields.number("revision", range.revision)?;
        let order = SortOrder::try_from(range.sort_order).unwrap_or_default();
        fields.name("sort_order", order != SortOrder::None, order.as_str_name())?;
        let target = SortTarget::try_from(range.sort_target).unwrap_or_default();
        fields.name(
            "sort_target",
            target != SortTarget::Key,
            target.as_str_name(),
        )?;
        fields.flag("serializable", range.serializable)?;
        fields.flag("keys_only", range.keys_only)?;
        fields.flag("count_only", range.count_only)?;
        fields.number("min_mod_revision", range.min_mod_revision)?;
        fields.number("max_mod_revision", range.max_mod_revision)?;
        fields.number("min_create_revision", range.min_create_revision)?;
        fields.number("max_create_revision", range.max_create_revision)
    }
}

/// A deletion.
pub(crate) struct Delete<'a>(pub(crate) &'a DeleteRangeRequest);

impl Display for Delete<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut fields = Fields::new(f);
        fields.text("key", &self.0.key)?;
        fields.text("range_end", &self.0.range_end)?;
        fields.flag("prev_kv", self.0.prev_kv)
    }
}

/// A transaction without values.
pub(crate) struct Txn<'a>(pub(crate) &'a TxnRequest);

impl Display for Txn<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("compare:<")?;
        spaced(f, self.0.compare.iter().map(Comparison))?;
        f.write_str("> success:<")?;
        spaced(f, self.0.success.iter().map(Operation))?;
        f.write_str("> failure:<")?;
        spaced(f, self.0.failure.iter().map(Operation))?;
        f.write_str(">")
    }
}

struct Comparison<'a>(&'a Compare);

impl Display for Comparison<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let compare = self.0;
        let mut fields = Fields::new(f);
        let result = CompareResult::try_from(compare.result).unwrap_or_default();
        fields.name(
            "result",
            result != CompareResult::Equal,
            result.as_str_name(),
        )?;
        let target = CompareTarget::try_from(compare.target).unwrap_or_default();
        fields.name(
            "target",
            target != CompareTarget::Version,
            target.as_str_name(),
        )?;
        fields.text("key", &compare.key)?;
        match &compare.target_union {
            Some(TargetUnion::Version(version)) => fields.put("version", version)?,
            Some(TargetUnion::CreateRevision(revision)) => {
                fields.put("create_revision", revision)?
            }
            Some(TargetUnion::ModRevision(revision)) => fields.put("mod_revision", revision)?,
            Some(TargetUnion::Value(value)) => fields.number("value_size", value.len())?,
            Some(TargetUnion::Lease(lease)) => fields.put("lease", lease)?,
            None => {}
        }
        fields.text("range_end", &compare.range_end)
    }
}

struct Operation<'a>(&'a RequestOp);

impl Display for Operation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.request {
            Some(Request::RequestPut(put)) => write!(f, "request_put:<{}>", Put(put)),
            Some(Request::RequestTxn(txn)) => write!(f, "request_txn:<{}>", Txn(txn)),
            Some(Request::RequestRange(range)) => write!(f, "request_range:{{{}}}", Range(range)),
            Some(Request::RequestDeleteRange(delete)) => {
                write!(f, "request_delete_range:{{{}}}", Delete(delete))
            }
            None => Ok(()),
        }
    }
}

fn spaced(f: &mut Formatter<'_>, parts: impl Iterator<Item: Display>) -> fmt::Result {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            f.write_char(' ')?;
        }
        write!(f, "{part}")?;
    }
    Ok(())
}

/// Writes fields as protobuf's text form has them: those that are zero are left out.
struct Fields<'a, 'f> {
    f: &'a mut Formatter<'f>,
    is_first: bool,
}

impl<'a, 'f> Fields<'a, 'f> {
    fn new(f: &'a mut Formatter<'f>) -> Self {
        Self { f, is_first: true }
    }

    fn put(&mut self, name: &str, value: impl Display) -> fmt::Result {
        if !self.is_first {
            self.f.write_char(' ')?;
        }
        self.is_first = false;
        write!(self.f, "{name}:{value}")
    }

    fn number<N: Display + Default + PartialEq>(&mut self, name: &str, value: N) -> fmt::Result {
        match value == N::default() {
            true => Ok(()),
            false => self.put(name, value),
        }
    }

    fn flag(&mut self, name: &str, is_set: bool) -> fmt::Result {
        self.name(name, is_set, "true")
    }

    fn name(&mut self, name: &str, is_set: bool, value: &str) -> fmt::Result {
        if is_set {
            self.put(name, value)
        } else {
            Ok(())
        }
    }

    fn text(&mut self, name: &str, value: &[u8]) -> fmt::Result {
        if value.is_empty() {
            return Ok(());
        }
        let mut quoted = String::with_capacity(value.len() + 2);
        quoted.push('"');
        for byte in value {
            match byte {
                b'"' | b'\\' => quoted.extend(['\\', char::from(*byte)]),
                b'\n' => quoted.push_str("\\n"),
                b'\r' => quoted.push_str("\\r"),
                b'\t' => quoted.push_str("\\t"),
                b' '..=b'~' => quoted.push(char::from(*byte)),
                other => write!(quoted, "\\x{other:02x}")?,
            }
        }
        quoted.push('"');
        self.put(name, quoted)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_put_shows_its_key_and_not_its_value() {
        let put = PutRequest {
            key: Bytes::from_static(b"a\"\x00"),
            value: Bytes::from_static(b"secret"),
            lease: 3,
            prev_kv: true,
            ..PutRequest::default()
        };
        let entry = InternalRaftRequest {
            header: Some(RequestHeader {
                id: 7,
                ..RequestHeader::default()
            }),
            put: Some(put.clone()),
            ..InternalRaftRequest::default()
        };
        assert_eq!(
            LoggableEntry(&entry, "Put").to_string(),
            "header:<ID:7> put:<key:\"a\\\"\\x00\" value_size:6 lease:3 prev_kv:true>"
        );
        let txn = TxnRequest {
            compare: vec![Compare {
                key: Bytes::from_static(b"k"),
                target: CompareTarget::Value.into(),
                target_union: Some(TargetUnion::Value(Bytes::from_static(b"secret"))),
                ..Compare::default()
            }],
            success: vec![RequestOp {
                request: Some(Request::RequestPut(put)),
            }],
            failure: Vec::new(),
        };
        let shown = Txn(&txn).to_string();
        assert!(!shown.contains("secret"), "{shown}");
        assert!(
            shown.starts_with(
                "compare:<target:VALUE key:\"k\" value_size:6> success:<request_put:<key:"
            ),
            "{shown}"
        );
    }
}
