use std::collections::BTreeSet;

use super::*;

#[test]
fn every_default_is_one_its_flag_lets_pass() {
    for setting in SETTINGS {
        if setting.default.is_empty() {
            continue;
        }
        let checked = setting.flag().kind.check(setting.default);
        assert_eq!(checked, Ok(()), "{}", setting.name);
    }
}

#[test]
fn names_and_places_in_the_file_are_there_once() {
    let names: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    assert_eq!(names.len(), SETTINGS.len());
    let places: Vec<_> = SETTINGS
        .iter()
        .filter_map(|setting| setting.in_file)
        .collect();
    assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len());
}

/// Settings that upstream's help does not mention, besides those of old.
const UNTOLD: [&str; 0] = [];

/// What help says differently from what counts; upstream's is the same.
const TOLD_OTHERWISE: [(&str, &str); 9] = [
    ("data-dir", "${name}.etcd"),
    ("backend-bbolt-freelist-type", "map"),
    ("backend-batch-interval", ""),
    ("max-concurrent-streams", "math.MaxUint32"),
    ("grpc-keepalive-interval", "2h"),
    ("compact-hash-check-time", "1m"),
    ("watch-progress-notify-interval", "10m"),
    ("discovery-proxy", ""),
    ("discovery", ""),
];

#[test]
fn help_tells_of_every_flag_with_its_default() {
    let help = include_str!("../help.txt");
    for setting in SETTINGS
        .iter()
        .filter(|setting| setting.has_flag && setting.kind != Kind::Ignored)
    {
        let name = setting.name;
        let start = format!("  --{name}");
        let line = help.lines().find(|line| {
            line.strip_prefix(&start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        let Some(line) = line else {
            assert!(UNTOLD.contains(&name), "{name} is not in the help");
            continue;
        };
        let told = line[start.len()..].trim().trim_matches('\'');
        let otherwise = TOLD_OTHERWISE.iter().find(|(known, _)| *known == name);
        let expected = otherwise.map_or(setting.default, |(_, told)| told);
        let is_untold = told.is_empty() && !line.ends_with('\'');
        // Numbers of the store are told as they count.
        let counts = ["compaction-batch-limit"].contains(&name);
        assert!(
            is_untold || counts || told == expected,
            "{line:?} and {expected:?}"
        );
    }
}

#[test]
fn a_number_of_32_bits_is_refused_in_strconvs_words() {
    let check = |written| uint32(written).unwrap_err();
    assert_eq!(
        check("x"),
        "strconv.ParseUint: parsing \"x\": invalid syntax"
    );
    assert_eq!(
        check("4294967296"),
        "strconv.ParseUint: parsing \"4294967296\": value out of range"
    );
}

#[test]
fn words_of_a_few_are_refused_in_upstreams_words() {
    assert_eq!(cluster_state("new"), Ok(()));
    assert_eq!(cluster_state("x").unwrap_err(), "invalid value");
    assert_eq!(deprecation("gone,write-only"), Ok(()));
    assert_eq!(
        deprecation("not-yet").unwrap_err(),
        "invalid value \"not-yet\""
    );
    assert_eq!(origins("*"), Ok(()));
    assert!(origins("x").is_err());
}

#[test]
fn urls_are_there_once_and_nothing_means_the_default() {
    let urls = |written: &str| match Setting::named("listen-peer-urls").parse(written) {
        Value::Urls(urls) => urls.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        urls("http://b:1,http://a:1,http://b:1"),
        ["http://a:1", "http://b:1"]
    );
    assert_eq!(urls(""), ["http://localhost:2380"]);
}
