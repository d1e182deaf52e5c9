//! Host names against the names of a certificate.
//!
//! Source: Go crypto/x509 verify.go `VerifyHostname`, `HostnameError`.

use std::net::IpAddr;

use super::VerifyError;
use crate::pki::{certificate::Certificate, extensions::AlternativeNames};

/// Checks that `leaf` is valid for `host`, a DNS name or an IP address (`[::1]` may keep its brackets). Only
/// alternative names count, never the common name.
pub(super) fn check(leaf: &Certificate, host: &str) -> Result<(), VerifyError> {
    let none = AlternativeNames::default();
    let names = leaf.extensions.alternative_names.as_ref().unwrap_or(&none);
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    if let Ok(ip) = address.parse::<IpAddr>() {
        if names.ips.contains(&ip.to_canonical()) {
            return Ok(());
        }
        return Err(VerifyError::HostName(ip_mismatch(names, address)));
    }
    let wanted = host.to_ascii_lowercase();
    if names.dns.iter().any(|pattern| matches(pattern, &wanted)) {
        return Ok(());
    }
    Err(VerifyError::HostName(name_mismatch(leaf, names, host)))
}

/// Wildcards apply between well-formed names only; anything else must be equal.
fn matches(pattern: &str, host: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    if !is_valid(host.strip_suffix('.').unwrap_or(host), false) || !is_valid(&pattern, true) {
        return !matches!(pattern.as_str(), "" | ".") && pattern == host;
    }
    matches_labels(&pattern, host)
}

fn matches_labels(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let (patterns, labels): (Vec<_>, Vec<_>) =
        (pattern.split('.').collect(), host.split('.').collect());
    patterns.len() == labels.len()
        && patterns
            .iter()
            .zip(&labels)
            .enumerate()
            .all(|(at, (pattern, label))| (at == 0 && *pattern == "*") || pattern == label)
}

/// A host name as people use them: underscores are not legal, but common.
fn is_valid(name: &str, is_pattern: bool) -> bool {
    if name.is_empty() || name == "*" {
        return false;
    }
    name.split('.').enumerate().all(|(at, label)| {
        if is_pattern && at == 0 && label == "*" {
            return true;
        }
        !label.is_empty()
            && !label.starts_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    })
}

fn ip_mismatch(names: &AlternativeNames, host: &str) -> String {
    match names.ips.len() {
        0 => format!(
            "x509: cannot validate certificate for {host} because it doesn't contain any IP SANs"
        ), // Go's text
        NAMES_PRINTED_MAX.. => {
            // Go's text
            format!(
                "x509: certificate is valid for {} IP SANs, but none matched {host}",
                names.ips.len()
            )
        }
        _ => {
            let list: Vec<_> = names.ips.iter().map(ToString::to_string).collect();
            format!(
                "x509: certificate is valid for {}, not {host}",
                list.join(", ")
            ) // Go's text
        }
    }
}

fn name_mismatch(leaf: &Certificate, names: &AlternativeNames, host: &str) -> String {
    let common_name = leaf
        .common_name
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if leaf.extensions.alternative_names.is_none()
        && matches_labels(&common_name, &host.to_ascii_lowercase())
    {
        return "x509: certificate relies on legacy Common Name field, use SANs instead".to_owned(); // Go's text
    }
    match names.dns.len() {
        0 => format!("x509: certificate is not valid for any names, but wanted to match {host}"), // Go's text
        NAMES_PRINTED_MAX.. => {
            // Go's text
            format!(
                "x509: certificate is valid for {} names, but none matched {host}",
                names.dns.len()
            )
        }
        _ => format!(
            "x509: certificate is valid for {}, not {host}",
            names.dns.join(", ")
        ), // Go's text
    }
}

const NAMES_PRINTED_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::matches;

    #[track_caller]
    fn check(pattern: &str, host: &str, expected: bool) {
        assert_eq!(matches(pattern, host), expected, "{pattern} {host}");
    }

    #[test]
    fn a_wildcard_stands_for_exactly_one_left_most_label() {
        check("*.example.com", "a.example.com", true);
        check("*.example.com", "a.b.example.com", false);
        check("*.example.com", "example.com", false);
        check("a*.example.com", "ab.example.com", false);
        check("b.*.com", "b.example.com", false);
        check("*", "example", false);
    }

    #[test]
    fn case_and_a_trailing_dot_of_the_host_do_not_matter() {
        check("Example.COM", "example.com", true);
        check("example.com", "example.com.", true);
        check("example.com.", "example.com", false);
    }

    #[test]
    fn odd_names_match_only_themselves() {
        check("a b", "a b", true);
        check("-x.example", "-x.example", true);
        check("", "", false);
        check("under_score.example", "under_score.example", true);
    }
}
