//! How members and clusters get their numbers.
//!
//! Source: etcd v3.7 server/etcdserver/api/membership/member.go `computeMemberID`, cluster.go `genID`.

/// Returns the number of a member of a new cluster, from its peer URLs and the token of the cluster.
#[must_use]
pub fn member_of_new_cluster(peer_urls: &[String], token: &str) -> u64 {
    member(peer_urls, token)
}

/// Returns the number of a member that is added to a cluster at a time, in seconds since 1970.
#[must_use]
pub fn member_added_at(peer_urls: &[String], unix_seconds: i64) -> u64 {
    member(peer_urls, &unix_seconds.to_string())
}

/// Returns the number of a cluster that begins with these members.
#[must_use]
pub fn cluster(members: &[u64]) -> u64 {
    let mut members = members.to_vec();
    members.sort_unstable();
    let bytes: Vec<u8> = members.into_iter().flat_map(u64::to_be_bytes).collect();
    first_eight(&bytes)
}

fn member(peer_urls: &[String], suffix: &str) -> u64 {
    let mut urls: Vec<&str> = peer_urls.iter().map(String::as_str).collect();
    urls.sort_unstable();
    first_eight((urls.concat() + suffix).as_bytes())
}

fn first_eight(bytes: &[u8]) -> u64 {
    let digest = crypto::identifier::sha1(bytes);
    let (first, _) = digest
        .split_first_chunk()
        .expect("a digest is longer than eight bytes");
    u64::from_be_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_upstream() {
        // What `etcd --name default` logs as local-member-id and cluster-id.
        let urls = ["http://localhost:2380".to_owned()];
        let id = member_of_new_cluster(&urls, "etcd-cluster");
        assert_eq!(format!("{id:x}"), "8e9e05c52164694d");
        assert_eq!(format!("{:x}", cluster(&[id])), "cdf818194e3a8c32");
    }

    #[test]
    fn the_order_of_urls_and_members_does_not_matter() {
        let (a, b) = ("http://a:1".to_owned(), "http://b:1".to_owned());
        let of = |urls: &[String]| member_added_at(urls, 1_700_000_000);
        assert_eq!(of(&[a.clone(), b.clone()]), of(&[b, a]));
        assert_eq!(cluster(&[1, 2]), cluster(&[2, 1]));
    }
}
