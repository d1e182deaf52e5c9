//! Digests that only name things: no protection rests on them, and every provider gives the same bytes.

use crate::{imp::digest, report};

/// Returns the SHA-1 of `bytes`, as etcd names its members and clusters. The report lists it once used.
///
/// Whatever protects anything takes [`digest`](crate::digest), which has no SHA-1.
#[must_use]
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    report::declare_non_approved("sha1-identifier");
    let mut output = [0; 20];
    output.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    output
}

#[cfg(test)]
mod tests {
    use crate::{digest::hex, report::report};

    #[test]
    fn sha1_of_abc_is_the_published_one_and_the_report_tells() {
        // FIPS 180-4, example "abc".
        let expected = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(hex(&super::sha1(b"abc")), expected);
        let report: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
        let listed = report["non_approved_in_use"].as_array().unwrap();
        assert!(listed.contains(&"sha1-identifier".into()), "{listed:?}");
    }
}
