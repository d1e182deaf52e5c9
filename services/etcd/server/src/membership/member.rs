//! One member: as it is known, stored, and shown.
//!
//! Source: etcd server/etcdserver/api/membership/member.go; server/storage/schema/membership.go.

use etcd_api::etcdserverpb as pb;
use etcd_backend::{Batch, Bucket};
use serde::{Deserialize, Deserializer, Serialize};

/// A member of a cluster.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Member {
    /// Its id, which is never used again.
    pub id: u64,
    /// Where its peers reach it.
    pub peer_urls: Vec<String>,
    /// Whether it follows without a vote.
    pub is_learner: bool,
    /// Its name; empty until it has started.
    pub name: String,
    /// Where clients reach it.
    pub client_urls: Vec<String>,
}

impl Member {
    /// Returns whether the member has told the others its name.
    #[must_use]
    pub fn is_started(&self) -> bool {
        !self.name.is_empty()
    }

    /// Returns the member as clients see it.
    #[must_use]
    pub fn to_wire(&self) -> pb::Member {
        pb::Member {
            id: self.id,
            name: self.name.clone(),
            peer_ur_ls: self.peer_urls.clone(),
            client_ur_ls: self.client_urls.clone(),
            is_learner: self.is_learner,
        }
    }

    /// Returns the member as it is stored, proposed, and shown to peers.
    #[must_use]
    pub fn to_json(&self) -> String {
        let stored = Stored {
            id: self.id,
            peer_urls: Some(self.peer_urls.clone()),
            is_learner: self.is_learner,
            name: self.name.clone(),
            client_urls: self.client_urls.clone(),
            is_promote: None,
        };
        stored.to_json()
    }

    pub(super) fn put(&self, batch: &mut Batch) {
        batch.put(Bucket::Members, key(self.id), self.to_json());
    }
}

impl From<pb::Member> for Member {
    fn from(member: pb::Member) -> Self {
        Self {
            id: member.id,
            peer_urls: member.peer_ur_ls,
            is_learner: member.is_learner,
            name: member.name,
            client_urls: member.client_ur_ls,
        }
    }
}

/// The key of a member in the buckets `members` and `members_removed`.
pub(super) fn key(id: u64) -> String {
    format!("{id:x}")
}

/// What Go writes for a member, and for a change that carries one.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Stored {
    #[serde(deserialize_with = "nullable")]
    pub(super) id: u64,
    #[serde(rename = "peerURLs")]
    pub(super) peer_urls: Option<Vec<String>>,
    #[serde(
        rename = "isLearner",
        deserialize_with = "nullable",
        skip_serializing_if = "is_default"
    )]
    pub(super) is_learner: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub(super) name: String,
    #[serde(
        rename = "clientURLs",
        deserialize_with = "nullable",
        skip_serializing_if = "is_default"
    )]
    pub(super) client_urls: Vec<String>,
    /// Only in a change that makes a learner a voter.
    #[serde(rename = "isPromote", skip_serializing_if = "Option::is_none")]
    pub(super) is_promote: Option<bool>,
}

impl Stored {
    pub(super) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// As Go writes it, who escapes what means something to HTML.
    pub(super) fn to_json(&self) -> String {
        let json = serde_json::to_string(self).expect("numbers, flags and texts");
        json.replace('&', "\\u0026")
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029")
    }

    pub(super) fn into_member(self) -> Member {
        Member {
            id: self.id,
            peer_urls: self.peer_urls.unwrap_or_default(),
            is_learner: self.is_learner,
            name: self.name,
            client_urls: self.client_urls,
        }
    }
}

/// Reads `null` as nothing, as Go does.
fn nullable<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
