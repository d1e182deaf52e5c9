//! The buckets, their names, and how their keys lie in the one tree of the store: a byte for the bucket, then the key.
//!
//! Bucket `key` comes last, so that a new revision is always the greatest key of the tree and is appended.
//!
//! Source: etcd v3.7 server/storage/schema/bucket.go (the names).

/// A named part of the store, with keys of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Bucket {
    /// What the member must know about the store itself: consistent index, term, compactions.
    Meta = 1,
    /// Leases, by id.
    Lease = 2,
    /// Alarms that are raised.
    Alarm = 3,
    /// The version of the cluster and a downgrade that is under way.
    Cluster = 4,
    /// Members, by id.
    Members = 5,
    /// Members that were removed, by id.
    MembersRemoved = 6,
    /// Whether users are asked for, and the revision of users and roles.
    Auth = 7,
    /// Users, by name.
    AuthUsers = 8,
    /// Roles, by name.
    AuthRoles = 9,
    /// Every revision of every key: 17 bytes, or 18 for the end of a key's life, to an encoded `KeyValue`.
    Key = 10,
}

impl Bucket {
    /// All buckets, in byte order of their names, as a snapshot or a hash walks them.
    pub const BY_NAME: [Self; 10] = [
        Self::Alarm,
        Self::Auth,
        Self::AuthRoles,
        Self::AuthUsers,
        Self::Cluster,
        Self::Key,
        Self::Lease,
        Self::Members,
        Self::MembersRemoved,
        Self::Meta,
    ];

    /// Returns the bucket's name, as snapshots and hashes have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Meta => "meta",
            Self::Lease => "lease",
            Self::Alarm => "alarm",
            Self::Cluster => "cluster",
            Self::Members => "members",
            Self::MembersRemoved => "members_removed",
            Self::Auth => "auth",
            Self::AuthUsers => "authUsers",
            Self::AuthRoles => "authRoles",
        }
    }

    /// The first byte of all of the bucket's keys in the tree.
    pub(crate) fn tag(self) -> u8 {
        self as u8
    }
}

/// A key and its value as they lie in the tree. Keys longer than the tree can hold are cut, and stand whole before the value.
#[derive(Debug)]
pub(crate) struct Stored;

impl Stored {
    /// Longest key that is kept as it is. LMDB takes 511 bytes; the tag and, for longer keys, a checksum need room.
    const PLAIN_KEY_BYTES_MAX: usize = 480;

    /// The key as it lies in the tree.
    pub(crate) fn key(bucket: Bucket, key: &[u8]) -> Vec<u8> {
        let mut stored = Vec::with_capacity(1 + key.len().min(Self::PLAIN_KEY_BYTES_MAX + 16));
        stored.push(bucket.tag());
        if key.len() <= Self::PLAIN_KEY_BYTES_MAX {
            stored.extend_from_slice(key);
        } else {
            stored.extend_from_slice(&key[..Self::PLAIN_KEY_BYTES_MAX]);
            stored.extend_from_slice(&fnv1a_128(key).to_be_bytes());
        }
        stored
    }

    /// The value as it lies in the tree, when that is not the value itself.
    pub(crate) fn long_value(key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        if key.len() <= Self::PLAIN_KEY_BYTES_MAX {
            return None;
        }
        let length =
            u32::try_from(key.len()).expect("a key came in a request, which is far below 4 GiB");
        Some([&length.to_be_bytes(), key, value].concat())
    }

    /// Where the value is in what lies in the tree.
    pub(crate) fn value<'a>(stored_key: &[u8], stored_value: &'a [u8]) -> &'a [u8] {
        if stored_key.len() <= 1 + Self::PLAIN_KEY_BYTES_MAX {
            return stored_value;
        }
        Self::split_long(stored_value).1
    }

    /// Where key and value are in what lies in the tree: the whole key when it had to be cut, and the start of the value.
    pub(crate) fn split<'a>(stored_key: &'a [u8], stored_value: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        if stored_key.len() <= 1 + Self::PLAIN_KEY_BYTES_MAX {
            return (&stored_key[1..], stored_value);
        }
        Self::split_long(stored_value)
    }

    fn split_long(stored_value: &[u8]) -> (&[u8], &[u8]) {
        let (length, rest) = stored_value
            .split_first_chunk()
            .expect("a value under a cut key starts with the key's length");
        rest.split_at(u32::from_be_bytes(*length) as usize)
    }
}

/// A checksum that tells cut keys apart. It has to stay as it is: it is on disk.
fn fnv1a_128(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}
