//! A revision, and the key under which the store keeps it.
//!
//! Source: etcd v3.7 server/storage/mvcc/revision.go.

use bytes::{BufMut, BytesMut};

/// When something changed: the number of the change to the store, and the place within that change.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Revision {
    /// Number of the change to the store. The first one is 2.
    pub main: i64,
    /// Place within the change, from 0.
    pub sub: u32,
}

/// Bytes of a revision as the store keeps it.
pub(crate) const REVISION_BYTES: usize = 17;

/// What follows the revision where a key's life ends.
pub(crate) const TOMBSTONE_MARK: u8 = b't';

impl Revision {
    /// The first revision of a change.
    pub(crate) fn start(main: i64) -> Self {
        Self { main, sub: 0 }
    }

    /// The revision as the store keeps it: big-endian, so that bytes sort as revisions do.
    pub(crate) fn to_bytes(self) -> [u8; REVISION_BYTES] {
        let mut bytes = [b'_'; REVISION_BYTES];
        bytes[..8].copy_from_slice(&self.main.to_be_bytes());
        bytes[9..].copy_from_slice(&u64::from(self.sub).to_be_bytes());
        bytes
    }

    pub(crate) fn write(self, out: &mut BytesMut) {
        out.put_slice(&self.to_bytes());
    }

    /// Reads a revision, and whether it ends a key's life. Nothing when the bytes are no revision.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Self, bool)> {
        let (main, rest) = bytes.split_first_chunk()?;
        let (sub, mark) = rest.strip_prefix(b"_")?.split_first_chunk()?;
        let revision = Self {
            main: i64::from_be_bytes(*main),
            sub: u32::try_from(u64::from_be_bytes(*sub)).ok()?,
        };
        match mark {
            [] => Some((revision, false)),
            [TOMBSTONE_MARK] => Some((revision, true)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_read_as_it_was_written() {
        let revision = Revision {
            main: i64::MAX - 1,
            sub: u32::MAX,
        };
        let bytes = revision.to_bytes();
        assert_eq!(Revision::parse(&bytes), Some((revision, false)));
        assert_eq!(
            Revision::parse(&[&bytes[..], b"t"].concat()),
            Some((revision, true))
        );
        for wrong in [
            &bytes[..16],
            &[&bytes[..], b"x"].concat(),
            &[&bytes[..], b"tt"].concat(),
            b"",
        ] {
            assert_eq!(Revision::parse(wrong), None);
        }
    }

    #[test]
    fn bytes_sort_as_revisions_do() {
        let mut revisions = [(2, 0), (1, 300), (256, 0), (1, 2), (255, 256), (255, 1)]
            .map(|(main, sub)| Revision { main, sub });
        revisions.sort_unstable();
        assert!(revisions.is_sorted_by_key(|revision| revision.to_bytes()));
    }
}
