//! Expected texts come from a Go 1.26 program that prints `url.Parse(text).String()` or the error.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, printed: &str, path: impl AsRef<[u8]>) {
    let url = Url::parse(text).unwrap();
    assert_eq!(url.to_string(), printed);
    assert_eq!(url.path(), path.as_ref());
}

#[track_caller]
fn refused(text: &str, error: &str) {
    assert_eq!(Url::parse(text).unwrap_err().to_string(), error);
}

#[test]
fn absolute_urls_print_normalised() {
    check(
        "HTTP://Host:80/a/b?q=1#f",
        "http://Host:80/a/b?q=1#f",
        "/a/b",
    );
    check("http://h/a b", "http://h/a%20b", "/a b");
    check("http://h/a%2fb", "http://h/a%2fb", "/a/b");
    check("http://h", "http://h", "");
    check("http://h?", "http://h?", "");
    check("http://u:p%40@h/", "http://u:p%40@h/", "/");
    check("http://[::1]:80/", "http://[::1]:80/", "/");
    check("http://[fe80::1%25en0]/", "http://[fe80::1%25en0]/", "/");
    check("http://h/%ff", "http://h/%ff", b"/\xff");
}

#[test]
fn references_and_opaque_urls_are_urls_too() {
    check("", "", "");
    check("*", "*", "*");
    check("/a/", "/a/", "/a/");
    check("a/b", "a/b", "a/b");
    check("//h/a", "//h/a", "/a");
    check("///a", "///a", "///a");
    check("./a:b", "./a:b", "./a:b");
    check("mailto:x@y", "mailto:x@y", "");
    check("file:/a", "file:/a", "/a");
    check("x:///a", "x:///a", "/a");
    check("?", "?", "");
}

#[test]
fn refused_urls_have_gos_texts() {
    refused(":x", r#"parse ":x": missing protocol scheme"#);
    refused(
        "a:b:c/d\u{7f}",
        r#"parse "a:b:c/d\x7f": net/url: invalid control character in URL"#,
    );
    refused(
        "1:2",
        r#"parse "1:2": first path segment in URL cannot contain colon"#,
    );
    refused(
        "http://h/%zz",
        r#"parse "http://h/%zz": invalid URL escape "%zz""#,
    );
    refused(
        "http://a b/",
        r#"parse "http://a b/": invalid character " " in host name"#,
    );
    refused(
        "http://h:x/",
        r#"parse "http://h:x/": invalid port ":x" after host"#,
    );
    refused(
        "http://[::1/",
        r#"parse "http://[::1/": missing ']' in host"#,
    );
    refused(
        "http://a[::1]/",
        r#"parse "http://a[::1]/": invalid IP-literal"#,
    );
    refused(
        "http://[1.2.3.4]/",
        r#"parse "http://[1.2.3.4]/": invalid IP-literal"#,
    );
    refused(
        "http://%41/",
        r#"parse "http://%41/": invalid URL escape "%41""#,
    );
    refused(
        "http://a^@h/",
        r#"parse "http://a^@h/": net/url: invalid userinfo"#,
    );
    refused("/#%q", r#"parse "/#%q": invalid URL escape "%q""#);
}

#[test]
fn refused_ip_literals_say_where() {
    let check = |literal: &str, reason: &str| {
        let text = format!("http://[{literal}]/");
        refused(
            &text,
            &format!(
                "parse {}: invalid host: ParseAddr({}): {reason}",
                quote(&text),
                quote(literal)
            ),
        );
    };
    check("x", "unable to parse IP");
    check("::1::", r#"multiple :: in address (at ":")"#);
    check(
        "12345::",
        r#"each group must have 4 or less digits (at "12345::")"#,
    );
    check("1:2", "address string too short");
    check(
        "1:2:3:4:5:6:7:8:9",
        r#"trailing garbage after address (at "9")"#,
    );
    check(
        "1:2:3:4:5:6:7::8",
        "the :: must expand to at least one field of zeros",
    );
    check("::1.2.3.256", "IPv4 field has value >255");
    check(
        "::g",
        r#"each colon-separated field must have at least one digit (at "g")"#,
    );
}

proptest! {
    #[test]
    fn what_is_printed_parses_back_to_the_same(text in "[a-z:/?#@%\\[\\]0-9. é]{0,24}") {
        if let Ok(url) = Url::parse(&text) {
            let printed = url.to_string();
            prop_assert_eq!(Url::parse(&printed).map(|url| url.to_string()), Ok(printed));
        }
    }
}
