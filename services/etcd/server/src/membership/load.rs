//! Members as the backend has them.
//!
//! Source: etcd server/storage/schema/membership.go.

use etcd_backend::{Bucket, View};

use super::{
    Cluster, DOWNGRADE_KEY, Downgrade, VERSION_KEY, Version,
    member::{Member, Stored},
};

/// Why stored members cannot be read. The store is damaged, or written by something else.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] etcd_backend::ReadError),
    /// A member is stored under what is no id.
    #[error("failed to parse member id {0:?} from key")] // upstream's text, with the key
    Id(String),
    /// A member is not what is stored for members.
    #[error("couldn't read member {id:x} from backend")] // upstream's text, with the id
    Member {
        /// The id it is stored under.
        id: u64,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The version of the cluster is none.
    #[error("the stored cluster version {0:?} is not a version")]
    Version(String),
    /// The downgrade is not what is stored for one.
    #[error("failed to unmarshal downgrade information: {0:?}")]
    // upstream's text, with the value
    Downgrade(String),
    /// The cluster speaks a version that is newer than this member.
    #[error("invalid downgrade; server version is lower than determined cluster version {0}")]
    // upstream's text
    TooOld(Version),
}

impl Cluster {
    /// Reads what is stored: at the start of a member, and after a snapshot of another one. The ids are those of the
    /// write-ahead log.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn load(
        view: &View,
        id: u64,
        local_id: u64,
        learners_max: usize,
    ) -> Result<Self, MembershipError> {
        let mut cluster = Self::new(id, local_id, learners_max, []);
        for entry in view.iter(Bucket::Members)? {
            let (key, value) = entry?;
            let id = parse_id(&key)?;
            let stored =
                Stored::parse(&value).map_err(|source| MembershipError::Member { id, source })?;
            let member = Member {
                id,
                ..stored.into_member()
            };
            cluster.members.insert(id, member);
        }
        for entry in view.iter(Bucket::MembersRemoved)? {
            let (key, _) = entry?;
            cluster.removed.insert(parse_id(&key)?);
        }
        if let Some(stored) = view.get(Bucket::Cluster, VERSION_KEY)? {
            let text = String::from_utf8_lossy(&stored);
            let version = text
                .parse()
                .map_err(|_| MembershipError::Version(text.into_owned()))?;
            if Version::OURS.to_minor() < version {
                return Err(MembershipError::TooOld(version));
            }
            cluster.version = Some(version);
        }
        if let Some(stored) = view.get(Bucket::Cluster, DOWNGRADE_KEY)? {
            let refused =
                || MembershipError::Downgrade(String::from_utf8_lossy(&stored).into_owned());
            cluster.downgrade = Downgrade::parse(&stored).ok_or_else(refused)?;
        }
        Ok(cluster)
    }
}

fn parse_id(key: &[u8]) -> Result<u64, MembershipError> {
    let text = std::str::from_utf8(key).ok();
    let id = text.and_then(|text| u64::from_str_radix(text, 16).ok());
    id.ok_or_else(|| MembershipError::Id(String::from_utf8_lossy(key).into_owned()))
}
