use proptest::prelude::*;

use super::{EscapingScheme, unescape};
use crate::name::{NameScheme, is_legacy_metric_name};

#[track_caller]
fn check(name: &str, underscores: &str, dots: &str, values: &str) {
    let escaped = |scheme: EscapingScheme| {
        String::from_utf8(scheme.escape(name.as_bytes()).into_owned()).unwrap()
    };
    assert_eq!(escaped(EscapingScheme::AllowUtf8), name);
    assert_eq!(escaped(EscapingScheme::Underscores), underscores);
    assert_eq!(escaped(EscapingScheme::Dots), dots);
    assert_eq!(escaped(EscapingScheme::Values), values);
}

#[track_caller]
fn check_unescaped(escaped: &str, name: &str) {
    assert_eq!(String::from_utf8_lossy(&unescape(escaped.as_bytes())), name);
}

#[test]
fn classic_names_stay_as_they_are() {
    check(
        "no:escaping_required",
        "no:escaping_required",
        "no:escaping_required",
        "no:escaping_required",
    );
    check("", "", "", "");
}

#[test]
fn other_characters_are_replaced_as_each_scheme_says() {
    check("my.name", "my_name", "my_dot_name", "U__my_2e_name");
    check("a_b.c", "a_b_c", "a__b_dot_c", "U__a__b_2e_c");
    check(
        "with space",
        "with_space",
        "with__space",
        "U__with_20_space",
    );
    check("0digit", "_digit", "__digit", "U___30_digit");
    check("花火", "__", "____", "U___82b1__706b_");
    check(
        "label with 😱",
        "label_with__",
        "label__with____",
        "U__label_20_with_20__1f631_",
    );
}

#[test]
fn recorded_names_are_shown_as_upstream_showed_them() {
    let recorded = include_str!("../../testdata/name.txt");
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let mut names = line.split(' ');
        let mut name = || names.next().unwrap();
        check(name(), name(), name(), name());
    }
}

#[test]
fn a_byte_that_is_not_utf8_counts_as_one_replacement_character() {
    assert_eq!(*EscapingScheme::Underscores.escape(b"a\xff\xfe"), *b"a__");
    assert_eq!(
        *EscapingScheme::Values.escape(b"a\xe2\x82"),
        *b"U__a_fffd__fffd_"
    );
}

#[test]
fn escaped_values_are_read_back() {
    check_unescaped("U__my_2e_name", "my.name");
    check_unescaped("U___55_____foo__2e__bar", "U__foo_2e_bar");
    check_unescaped("U__label_20_with_20__1F631_", "label with 😱");
    check_unescaped("U__", "");
    check_unescaped("plain", "plain");
}

#[test]
fn what_the_scheme_cannot_have_written_comes_back_unchanged() {
    for name in [
        "U__a_",
        "U__a_2e",
        "U__a_2g_",
        "U___10ffff_",
        "U___d800_",
        "U___bad",
        "U__a_ 2e_",
        "u__my_2e_name",
    ] {
        check_unescaped(name, name);
    }
}

proptest! {
    #[test]
    fn every_scheme_but_utf8_makes_classic_names(name in ".{1,20}") {
        for scheme in [EscapingScheme::Underscores, EscapingScheme::Dots, EscapingScheme::Values] {
            prop_assert!(is_legacy_metric_name(&scheme.escape(name.as_bytes())), "{scheme:?} {name:?}");
        }
    }

    #[test]
    fn values_lose_nothing(name in "[a-z._\u{80}-\u{ff}\u{4e00}-\u{4e20}😱]{1,20}") {
        let escaped = EscapingScheme::Values.escape(name.as_bytes());
        prop_assert_eq!(&*unescape(&escaped), name.as_bytes());
    }

    #[test]
    fn any_bytes_are_escaped_and_unescaped_without_panic(name in proptest::collection::vec(any::<u8>(), 0..40)) {
        for scheme in EscapingScheme::ALL {
            let _ = scheme.escape(&name);
        }
        let _ = unescape(&name);
    }

    #[test]
    fn a_classic_name_is_also_a_utf8_name(name in "[a-zA-Z0-9_:.]{0,6}") {
        let name = name.as_bytes();
        prop_assert!(!NameScheme::Legacy.is_metric_name(name) || NameScheme::Utf8.is_metric_name(name));
        prop_assert!(!NameScheme::Legacy.is_label_name(name) || NameScheme::Legacy.is_metric_name(name));
    }
}
