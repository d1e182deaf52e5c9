//! Ids of members and clusters: the first eight bytes of a SHA-1. Nothing is protected by them.
//!
//! Source: etcd server/etcdserver/api/membership/member.go `computeMemberID`, cluster.go `genID`; client/pkg/types/urls.go.

use crypto::identifier::sha1;
use etcd_api::Error;
use kit_cli::value;

/// Returns the id of a member of a new cluster: every one of them comes to the same.
#[must_use]
pub fn bootstrap_id(peer_urls: &[String], cluster_token: &str) -> u64 {
    id_of(peer_urls, cluster_token)
}

/// Returns the id of a member that is added, at a time in seconds since 1970.
#[must_use]
pub fn added_id(peer_urls: &[String], unix_seconds: u64) -> u64 {
    id_of(peer_urls, &unix_seconds.to_string())
}

fn id_of(peer_urls: &[String], more: &str) -> u64 {
    let mut urls: Vec<&str> = peer_urls.iter().map(String::as_str).collect();
    urls.sort_unstable();
    first_eight(&[&urls.concat(), more].concat().into_bytes())
}

/// Returns the id of a cluster whose first members are these.
#[must_use]
pub fn cluster_id(member_ids: impl IntoIterator<Item = u64>) -> u64 {
    let mut ids: Vec<u64> = member_ids.into_iter().collect();
    ids.sort_unstable();
    let bytes: Vec<u8> = ids.into_iter().flat_map(u64::to_be_bytes).collect();
    first_eight(&bytes)
}

fn first_eight(bytes: &[u8]) -> u64 {
    let hash = sha1(bytes);
    u64::from_be_bytes(*hash.first_chunk().expect("a SHA-1 has 20 bytes"))
}

/// Reads the peer URLs of a request, and returns them as Go writes them, sorted.
///
/// # Errors
/// [`Error::MemberBadUrls`] for none, and for one that is no `http`, `https`, `unix` or `unixs` URL of an address.
pub fn parse_urls(written: &[String]) -> Result<Vec<String>, Error> {
    let urls = value::parse_urls(written.iter().map(String::as_str));
    let urls = urls.map_err(|_| Error::MemberBadUrls)?;
    Ok(urls.iter().map(ToString::to_string).collect())
}
