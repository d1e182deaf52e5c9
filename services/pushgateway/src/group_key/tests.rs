use super::*;

#[track_caller]
fn labels(path: &str, scheme: NameScheme) -> Result<Vec<(String, String)>, String> {
    let (job, tail) = path.split_at(path.find('/').unwrap_or(path.len()));
    let (job, is_base64) = job
        .strip_prefix("@")
        .map_or((job, false), |job| (job, true));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    parse(job.as_bytes(), is_base64, tail.as_bytes(), scheme)
        .map(|key| {
            key.labels()
                .map(|label| (text(label.name), text(label.value)))
                .collect()
        })
        .map_err(|error| error.to_string())
}

#[track_caller]
fn check(path: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    assert_eq!(labels(path, NameScheme::Legacy), Ok(expected), "{path}");
}

#[track_caller]
fn check_error(path: &str, expected: &str) {
    assert_eq!(
        labels(path, NameScheme::Legacy),
        Err(expected.to_owned()),
        "{path}"
    );
}

#[test]
fn labels_come_sorted_and_the_later_wins() {
    check("a", &[("job", "a")]);
    check("a/", &[("job", "a")]);
    check("a/z/1/b/2", &[("b", "2"), ("job", "a"), ("z", "1")]);
    check("a/x/1/x/2", &[("job", "a"), ("x", "2")]);
    check("a/job/b", &[("job", "a")]);
    check("a/x/+", &[("job", "a"), ("x", "+")]);
}

#[test]
fn values_may_be_base64() {
    check("@L3Zhci90bXA=", &[("job", "/var/tmp")]);
    check("a/l@base64/=", &[("job", "a"), ("l", "")]);
    check("a/l@base64/YQ", &[("job", "a"), ("l", "a")]);
    check("a/l@base64/YR====", &[("job", "a"), ("l", "a")]);
    check(
        "a/l@base64/-_8\n",
        &[("job", "a"), ("l", "\u{fffd}\u{fffd}")],
    );
    check_error(
        "a/l@base64/YQ+",
        "invalid base64 encoding for label l=\"YQ+\": illegal base64 data at input byte 2",
    );
    check_error(
        "a/l@base64/YWJjY",
        "invalid base64 encoding for label l=\"YWJjY\": illegal base64 data at input byte 4",
    );
    check_error(
        "@YWJj!",
        "invalid base64 encoding in job name \"abc\": illegal base64 data at input byte 4",
    );
}

#[test]
fn faults_are_named_as_upstream_does() {
    check_error("a/b", "odd number of components in label string \"/b\"");
    check_error(
        "a/b/c/",
        "odd number of components in label string \"/b/c/\"",
    );
    check_error("a/1b/c", "improper label name \"1b\"");
    check_error("a/__b/c", "improper label name \"__b\"");
    check_error("a//c", "improper label name \"\"");
    check_error("@=", "job name is required");
    check_error("a/b.c@base64/YQ", "improper label name \"b.c\"");
}

#[test]
fn with_utf8_names_escaped_ones_are_unescaped() {
    let utf8 = |path| {
        labels(path, NameScheme::Utf8)
            .map(|labels| labels.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
    };
    assert_eq!(
        utf8("a/U__foo_2e_bar@base64/YmF6").unwrap(),
        ["foo.bar", "job"]
    );
    assert_eq!(utf8("a/ä/1").unwrap(), ["job", "ä"]);
    assert_eq!(
        labels("a/U__foo_2e_bar/1", NameScheme::Legacy).unwrap()[0].0,
        "U__foo_2e_bar"
    );
    assert!(utf8("a//1").is_err());
}
