//! Takes out of an answer what differs from run to run: `${name}` placeholders are filled in before comparing, and what
//! the program says about itself is left out of expositions.

use std::collections::BTreeMap;

use crate::service::Service;

/// Values that stand for `${name}` in a case.
pub type Values = BTreeMap<String, String>;

/// Replaces every known `${name}`; an unknown one stays, so that it shows in the diff.
#[must_use]
pub fn fill(text: &str, values: &Values) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = rest
            .find('}')
            .and_then(|end| Some((end, values.get(&rest[2..end])?)));
        let (taken, value) = known.map_or((2, "${"), |(end, value)| (end + 1, value.as_str()));
        filled.push_str(value);
        rest = &rest[taken..];
    }
    filled + rest
}

/// Returns whether `family` speaks of the program itself and `wanted` (the case's text) does not ask for it.
#[must_use]
pub fn is_own(service: &Service, family: &str, wanted: &str) -> bool {
    service
        .own_families
        .iter()
        .any(|own| family.starts_with(own))
        && !wanted.contains(family)
}

/// Leaves the families out of an exposition that [`is_own`] names, and keeps everything else byte by byte.
#[must_use]
pub fn without_own_families(service: &Service, exposition: &str, wanted: &str) -> String {
    let mut kept = String::new();
    let mut dropping = false;
    for line in exposition.split_inclusive('\n') {
        let comment = line
            .strip_prefix("# HELP ")
            .or_else(|| line.strip_prefix("# TYPE "));
        if let Some(name) = comment.and_then(|rest| rest.split([' ', '\n']).next()) {
            dropping = is_own(service, name.trim_matches('"'), wanted);
        }
        if !dropping {
            kept.push_str(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Values, fill, without_own_families};
    use crate::service::Service;

    const SERVICE: Service = Service {
        name: "x",
        own_families: &["go_", "push_time_seconds"],
        ..Service::EMPTY
    };

    #[test]
    fn only_known_names_are_filled() {
        let values = Values::from([("port".to_owned(), "80".to_owned())]);
        assert_eq!(
            fill(":${port}/{job=\"a\"} ${x} ${", &values),
            ":80/{job=\"a\"} ${x} ${"
        );
    }

    #[test]
    fn own_families_go_unless_they_are_asked_for() {
        let text = "# HELP go_threads n\n# TYPE go_threads gauge\ngo_threads 7\n# TYPE m gauge\nm 1\n# TYPE push_time_seconds gauge\npush_time_seconds 5\n";
        assert_eq!(
            without_own_families(&SERVICE, text, ""),
            "# TYPE m gauge\nm 1\n"
        );
        assert!(
            without_own_families(&SERVICE, text, "push_time_seconds 5")
                .ends_with("push_time_seconds 5\n")
        );
    }
}
