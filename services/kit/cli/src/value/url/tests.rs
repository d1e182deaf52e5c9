//! Expected texts come from a Go program that prints `url.Parse(text).String()` or the error.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, printed: &str, path: &str) {
    let url = Url::parse(text).unwrap();
    assert_eq!(url.to_string(), printed);
    assert_eq!(url.path(), path.as_bytes());
}

proptest! {
    #[test]
    fn printing_is_stable(text in "[a-z:/?#@%\\[\\]0-9. é]{0,24}") {
        if let Ok(url) = Url::parse(&text) {
            let printed = url.to_string();
            prop_assert_eq!(Url::parse(&printed).map(|url| url.to_string()), Ok(printed));
        }
    }
}
