//! Which keys a request is about.
//!
//! Source: etcd v3.7 server/etcdserver/txn/range.go (mkGteRange); api/etcdserverpb/rpc.proto.

/// Keys from one on: that key alone, all before another, or all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Interval<'a> {
    pub(crate) from: &'a [u8],
    pub(crate) end: End<'a>,
}

/// Where an interval ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End<'a> {
    /// After its first key.
    Single,
    /// Before a key.
    Before(&'a [u8]),
    /// Nowhere.
    Open,
}

impl<'a> Interval<'a> {
    /// The interval of a request: no end is one key, and an end of one zero byte is no end.
    pub(crate) fn new(key: &'a [u8], range_end: &'a [u8]) -> Self {
        let end = match range_end {
            [] => End::Single,
            [0] => End::Open,
            end => End::Before(end),
        };
        Self { from: key, end }
    }

    /// The key before which the interval ends; `single` takes the one after a single key.
    pub(crate) fn end(self, single: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        match self.end {
            End::Single => {
                single.extend_from_slice(self.from);
                single.push(0);
                Some(single)
            }
            End::Before(end) => Some(end),
            End::Open => None,
        }
    }
}
