//! Name constraints: which names an authority may sign for.
//!
//! The number of comparisons is bounded by the size of the certificates, which rustls bounds (64 kB a message), and by
//! [`COMPARISONS_MAX`].
//!
//! Source: Go crypto/x509 constraints.go.

use std::net::IpAddr;

use crate::pki::{
    certificate::Certificate,
    extensions::{AlternativeNames, IpRange, Subtrees},
    name_syntax::{is_domain, mailbox},
};

/// Checks every certificate of a chain, leaf first, against the constraints of those above it. The text says which
/// name was not allowed.
pub(super) fn check(chain: &[&Certificate]) -> Result<(), String> {
    let mut comparisons_left = COMPARISONS_MAX;
    for (at, certificate) in chain.iter().enumerate() {
        let mut above = chain[at + 1..]
            .iter()
            .filter_map(|above| above.name_constraints())
            .peekable();
        let Some(names) = &certificate.extensions.alternative_names else {
            continue;
        };
        if above.peek().is_none() {
            continue;
        }
        let names = Names::read(names)?;
        for constraints in above {
            let comparisons =
                names.count() * (constraints.permitted.count() + constraints.excluded.count());
            comparisons_left = comparisons_left
                .checked_sub(comparisons)
                .ok_or("too many constraints")?;
            names.check(&constraints.permitted, &constraints.excluded)?;
        }
    }
    Ok(())
}

/// The names of a certificate, as constraints look at them.
struct Names<'a> {
    ips: &'a [IpAddr],
    dns: &'a [String],
    /// With the host of each.
    uris: Vec<(&'a str, String)>,
    /// Local part and domain, the domain in lower case.
    emails: Vec<(String, String)>,
}

impl<'a> Names<'a> {
    /// Names that cannot be compared are an error as soon as there is any constraint, of whatever kind.
    fn read(names: &'a AlternativeNames) -> Result<Self, String> {
        let uris = names
            .uris
            .iter()
            .map(|uri| Ok((uri.as_str(), uri_host(uri)?)));
        let emails = names.emails.iter().map(|email| match mailbox(email) {
            Some(found) => Ok((found.local, found.domain.to_ascii_lowercase())),
            None => Err(format!("cannot parse rfc822Name {email:?}")), // Go's text
        });
        Ok(Self {
            ips: &names.ips,
            dns: &names.dns,
            uris: uris.collect::<Result<_, String>>()?,
            emails: emails.collect::<Result<_, String>>()?,
        })
    }

    fn count(&self) -> usize {
        self.ips.len() + self.dns.len() + self.uris.len() + self.emails.len()
    }

    fn check(&self, permitted: &Subtrees, excluded: &Subtrees) -> Result<(), String> {
        for ip in self.ips {
            let matches = |range: &IpRange, _| ip_matches(range, *ip);
            check_one(
                "IP address",
                &ip.to_string(),
                &permitted.ips,
                &excluded.ips,
                matches,
            )?;
        }
        for dns in self.dns {
            if !is_domain(dns, false) {
                return Err(format!("x509: cannot parse dnsName {dns:?}")); // Go's text
            }
            let matches = |domain: &String, is_exclusion| domain_matches(domain, dns, is_exclusion);
            check_one("DNS name", dns, &permitted.dns, &excluded.dns, matches)?;
        }
        for (uri, host) in &self.uris {
            let matches =
                |domain: &String, is_exclusion| domain_matches(domain, host, is_exclusion);
            check_one("URI", uri, &permitted.uris, &excluded.uris, matches)?;
        }
        for (local, domain) in &self.emails {
            let matches = |constraint: &String, _| mailbox_matches(constraint, local, domain);
            check_one(
                "email address",
                &format!("{local}@{domain}"),
                &permitted.emails,
                &excluded.emails,
                matches,
            )?;
        }
        Ok(())
    }
}

/// Checks one name against the constraints of its kind. The flag of `matches` is set for exclusions.
fn check_one<T: ToString>(
    kind: &str,
    name: &str,
    permitted: &[T],
    excluded: &[T],
    matches: impl Fn(&T, bool) -> bool,
) -> Result<(), String> {
    if !permitted.is_empty() && !permitted.iter().any(|one| matches(one, false)) {
        return Err(format!(
            "{kind} {name:?} is not permitted by any constraint"
        )); // Go's text
    }
    match excluded.iter().find(|one| matches(one, true)) {
        // Go's text
        Some(one) => Err(format!(
            "{kind} {name:?} is excluded by constraint {:?}",
            one.to_string()
        )),
        None => Ok(()),
    }
}

fn ip_matches(range: &IpRange, ip: IpAddr) -> bool {
    let bytes = match ip {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    };
    let masked = |bytes: &[u8]| {
        bytes
            .iter()
            .zip(&range.mask)
            .map(|(byte, mask)| byte & mask)
            .collect::<Vec<_>>()
    };
    range.address.len() == bytes.len() && masked(&range.address) == masked(&bytes)
}

/// True when `name` is the domain or lies below it; a domain with a leading dot means only below. An exclusion also
/// covers a wildcard that could become the excluded name.
fn domain_matches(domain: &str, name: &str, excluded: bool) -> bool {
    let (domain, name) = (domain.to_ascii_lowercase(), name.to_ascii_lowercase());
    if domain.is_empty() {
        return true;
    }
    if let Some(rest) = name.strip_suffix(&domain)
        && (rest.is_empty() || domain.starts_with('.') || rest.ends_with('.'))
    {
        return true;
    }
    let parent = |name: &str| name.split_once('.').map(|(_, parent)| parent.to_owned());
    excluded
        && name.starts_with("*.")
        && parent(&domain).is_some_and(|above| parent(&name) == Some(above))
}

/// A whole address is compared with its domain in any case; without `@` the constraint is about the domain.
fn mailbox_matches(constraint: &str, local: &str, domain: &str) -> bool {
    match mailbox(constraint).filter(|_| constraint.contains('@')) {
        Some(wanted) => local == wanted.local && domain.eq_ignore_ascii_case(wanted.domain),
        None => domain_matches(constraint, domain, false),
    }
}

/// The host of a URI; one without a host, or with an address for a host, cannot be checked.
fn uri_host(uri: &str) -> Result<String, String> {
    let authority = uri.split_once("://").map_or("", |(_, rest)| {
        rest.split(['/', '?', '#']).next().unwrap_or("")
    });
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = if host.starts_with('[') {
        host
    } else {
        host.split(':').next().unwrap_or("")
    };
    if host.is_empty() {
        return Err(format!(
            "URI with empty host ({uri:?}) cannot be matched against constraints"
        )); // Go's text
    }
    if host.starts_with('[') || host.parse::<IpAddr>().is_ok() {
        return Err(format!(
            "URI with IP ({uri:?}) cannot be matched against constraints"
        )); // Go's text
    }
    Ok(host.to_owned())
}

/// Most comparisons of names with constraints in one chain.
const COMPARISONS_MAX: usize = 250_000;

#[cfg(test)]
mod tests {
    use super::{domain_matches, ip_matches, mailbox_matches, uri_host};
    use crate::pki::extensions::IpRange;

    #[test]
    fn a_domain_covers_itself_and_what_is_below() {
        assert!(domain_matches("example.com", "Example.com", false));
        assert!(domain_matches("example.com", "a.example.com", false));
        assert!(!domain_matches("example.com", "badexample.com", false));
        assert!(domain_matches(".example.com", "a.example.com", false));
        assert!(!domain_matches(".example.com", "example.com", false));
        assert!(domain_matches("", "anything", false));
    }

    #[test]
    fn an_exclusion_covers_the_wildcard_that_could_become_it() {
        assert!(domain_matches("secret.example.com", "*.example.com", true));
        assert!(!domain_matches(
            "secret.example.com",
            "*.example.com",
            false
        ));
        assert!(!domain_matches("secret.example.com", "*.example.org", true));
    }

    #[test]
    fn addresses_are_compared_under_the_mask_and_in_their_own_family() {
        let range = IpRange {
            address: vec![10, 1, 0, 0],
            mask: vec![255, 255, 0, 0],
        };
        assert!(ip_matches(&range, "10.1.2.3".parse().unwrap()));
        assert!(!ip_matches(&range, "10.2.2.3".parse().unwrap()));
        assert!(!ip_matches(&range, "::1".parse().unwrap()));
    }

    #[test]
    fn mailboxes_match_whole_or_by_domain() {
        assert!(mailbox_matches("a@example.com", "a", "EXAMPLE.com"));
        assert!(!mailbox_matches("a@example.com", "A", "example.com"));
        assert!(mailbox_matches("example.com", "x", "example.com"));
    }

    #[test]
    fn the_host_of_a_uri_is_found_and_an_address_refused() {
        assert_eq!(
            uri_host("spiffe://user@example.org:8443/x").unwrap(),
            "example.org"
        );
        assert!(uri_host("urn:uuid:1").is_err());
        assert!(uri_host("https://[::1]/").is_err());
        assert!(uri_host("https://10.0.0.1/").is_err());
    }
}
