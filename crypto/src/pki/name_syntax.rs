//! What Go takes for a domain and for a mailbox when names are held against constraints.
//!
//! Source: Go crypto/x509 parser.go `domainNameValid`, verify.go `parseRFC2821Mailbox`.

/// Says whether a domain can be compared: no empty labels, no blanks, no dot at the end. One that stands in a constraint
/// may begin with a dot.
pub(crate) fn is_domain(text: &str, in_constraint: bool) -> bool {
    let text = match text.strip_prefix('.') {
        Some(rest) if in_constraint => rest,
        _ if text.is_empty() => return true,
        _ => text,
    };
    let mut labels = text.split('.');
    text.bytes().all(|byte| byte.is_ascii_graphic()) && labels.all(|label| !label.is_empty())
}

/// An e-mail address, taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Mailbox<'a> {
    /// Without quotes and escapes.
    pub(crate) local: String,
    pub(crate) domain: &'a str,
}

/// Reads `local@domain`; the local part ends at the first `@` that is neither quoted nor escaped.
pub(crate) fn mailbox(text: &str) -> Option<Mailbox<'_>> {
    let (local, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted_local(quoted)?,
        None => plain_local(text)?,
    };
    let domain = rest.strip_prefix('@')?;
    is_domain(domain, false).then_some(Mailbox { local, domain })
}

/// Up to the closing quote.
fn quoted_local(text: &str) -> Option<(String, &str)> {
    let mut local = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((local, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                '\0' | '\n' | '\r' => return None,
                escaped => local.push(escaped),
            },
            '\0' | '\t' | '\n' | '\r' => return None,
            other if other.is_ascii() => local.push(other),
            _ => return None,
        }
    }
    None
}

/// Atoms joined by single dots.
fn plain_local(text: &str) -> Option<(String, &str)> {
    let mut local = String::new();
    let mut characters = text.char_indices();
    let mut end = text.len();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => local.push(characters.next()?.1),
            _ if character.is_ascii_alphanumeric() || ATOM.contains(character) => {
                local.push(character);
            }
            _ => {
                end = at;
                break;
            }
        }
    }
    let is_odd =
        local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains("..");
    (!is_odd).then(|| (local, &text[end..]))
}

/// Go's `atext` beyond letters and digits, and the dot.
const ATOM: &str = "!#$%&'*+-/=?^_`{|}~.";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_domain, mailbox};

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let found = mailbox(text);
        let found = found
            .as_ref()
            .map(|found| (found.local.as_str(), found.domain));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_mailbox_is_split_at_the_first_free_at_sign() {
        check("a.b@c.test", Some(("a.b", "c.test")));
        check("a@b@c.test", Some(("a", "b@c.test")));
        check(r#""a@b"@c.test"#, Some(("a@b", "c.test")));
        check(r"a\@b@c.test", Some(("a@b", "c.test")));
        check(r#""a\"b"@c.test"#, Some((r#"a"b"#, "c.test")));
    }

    #[test]
    fn what_is_no_mailbox_is_none() {
        for text in [
            "", "a", "@b", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b..c", "\"a@b", "a\\",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_domain_has_no_empty_labels_and_only_a_constraint_begins_with_a_dot() {
        assert!(is_domain("a.test", false) && is_domain("", false) && is_domain("_a", false));
        assert!(is_domain(".a.test", true) && !is_domain(".a.test", false));
        for text in ["a.", "a..b", "a b", "..a", "."] {
            assert!(!is_domain(text, true) && !is_domain(text, false), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = (mailbox(&text), is_domain(&text, true));
        }
    }
}
