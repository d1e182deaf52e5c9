use proptest::prelude::*;

use super::*;

const TTL: Duration = Duration::from_secs(10);

fn second(start: Instant, second: u64) -> Instant {
    start + Duration::from_secs(second)
}

#[test]
fn a_token_counts_for_its_time_after_each_use() {
    let start = Instant::now();
    let mut tokens = SimpleTokens::new(TTL);
    tokens.assign("alice", "a.1", start);
    assert_eq!(
        tokens.user_of("a.1", second(start, 10)).as_deref(),
        Some("alice")
    );
    assert_eq!(
        tokens.user_of("a.1", second(start, 20)).as_deref(),
        Some("alice")
    );
    assert_eq!(tokens.user_of("a.1", second(start, 31)), None);
}

#[test]
fn an_unused_token_is_forgotten_and_a_used_one_is_not() {
    let start = Instant::now();
    let mut tokens = SimpleTokens::new(TTL);
    tokens.assign("alice", "a.1", start);
    tokens.assign("bob", "b.2", start);
    tokens.user_of("a.1", second(start, 5)).unwrap();
    tokens.expire(second(start, 11));
    assert_eq!(tokens.len(), 1);
    assert_eq!(
        tokens.user_of("a.1", second(start, 12)).as_deref(),
        Some("alice")
    );
    tokens.expire(second(start, 30));
    assert_eq!(tokens.len(), 0);
}

#[test]
fn all_tokens_of_a_user_are_forgotten_and_no_others() {
    let start = Instant::now();
    let mut tokens = SimpleTokens::new(TTL);
    tokens.assign("alice", "a.1", start);
    tokens.assign("alice", "b.2", start);
    tokens.assign("bob", "c.3", start);
    tokens.forget_user("alice");
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens.user_of("c.3", start).as_deref(), Some("bob"));
}

#[test]
fn one_token_too_many_forgets_the_one_unused_for_longest() {
    let start = Instant::now();
    let mut tokens = SimpleTokens::new(TTL);
    for index in 0..TOKENS_MAX {
        tokens.assign("alice", &format!("t.{index}"), start);
    }
    // The first one is used, the second is not.
    tokens.user_of("t.0", second(start, 1)).unwrap();
    tokens.assign("alice", "new.1", second(start, 2));
    assert_eq!(tokens.len(), TOKENS_MAX);
    assert!(tokens.user_of("t.0", second(start, 3)).is_some());
    assert!(tokens.user_of("t.1", second(start, 3)).is_none());
    assert!(tokens.user_of("new.1", second(start, 3)).is_some());
}

#[test]
fn no_time_means_five_minutes() {
    let start = Instant::now();
    let mut tokens = SimpleTokens::new(Duration::ZERO);
    tokens.assign("alice", "a.1", start);
    assert!(tokens.user_of("a.1", second(start, 300)).is_some());
    assert!(tokens.user_of("a.1", second(start, 601)).is_none());
}

#[track_caller]
fn check_index(token: &str, expected: Option<u64>) {
    assert_eq!(index_of(token), expected, "{token:?}");
}

#[test]
fn a_token_names_its_index_in_digits_only() {
    check_index("QrDYGHPhCUKQGvoD.7", Some(7));
    check_index(".18446744073709551615", Some(u64::MAX));
    check_index("a.007", Some(7));
    check_index("a.18446744073709551616", None);
    check_index("a.+7", None);
    check_index("a.-7", None);
    check_index("a.7.7", None);
    check_index("a.", None);
    check_index("a", None);
    check_index("", None);
}

#[test]
fn drawn_letters_are_sixteen_and_never_twice_the_same() {
    let prefix = draw_prefix();
    assert_eq!(prefix.len(), 16);
    assert!(
        prefix.bytes().all(|byte| byte.is_ascii_alphabetic()),
        "{prefix}"
    );
    assert_ne!(prefix, draw_prefix());
}

proptest! {
    #[test]
    fn whatever_is_written_has_an_index_or_none(token in ".*") {
        if let Some(index) = index_of(&token) {
            let (_, digits) = token.split_once('.').unwrap();
            let index = index.to_string();
            prop_assert_eq!(digits.trim_start_matches('0'), index.trim_start_matches('0'));
        }
    }

    /// The model: a map of ends, from which the least recently used goes.
    #[test]
    fn tokens_live_as_a_map_of_ends_says(
        steps in prop::collection::vec((0u64..4, 0u64..8, 0usize..6, any::<bool>()), 1..60),
    ) {
        let start = Instant::now();
        let mut tokens = SimpleTokens::new(TTL);
        let mut ends = std::collections::BTreeMap::new();
        let mut clock = 0;
        for (pause, long_pause, name, assign) in steps {
            clock += pause + if long_pause == 7 { 9 } else { 0 };
            let now = second(start, clock);
            let token = format!("t.{name}");
            if assign {
                tokens.assign("alice", &token, now);
                ends.insert(name, clock + 10);
            } else {
                let expected = ends.get(&name).is_some_and(|end| *end >= clock);
                prop_assert_eq!(tokens.user_of(&token, now).is_some(), expected);
                if expected {
                    ends.insert(name, clock + 10);
                }
            }
            tokens.expire(now);
            ends.retain(|_, end| *end >= clock);
            prop_assert_eq!(tokens.len(), ends.len());
        }
    }
}
