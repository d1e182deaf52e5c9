use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    let error = Document::parse(text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), expected, "{text}");
}

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes()).unwrap()
}

#[test]
fn every_key_is_read() {
    let document = parse(
        r#"
tls_server_config:
  cert: c
  key: k
  cert_file: c.pem
  key_file: k.pem
  client_auth_type: RequireAndVerifyClientCert
  client_ca: a
  client_ca_file: a.pem
  client_allowed_sans: [one, "two"]
  cipher_suites:
    - TLS_AES_128_GCM_SHA256
    - TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA
  curve_preferences: [CurveP256, X25519]
  min_version: TLS10
  max_version: TLS13
  prefer_server_cipher_suites: no
http_server_config:
  http2: off
  headers:
    X-Frame-Options: deny
    Content-Security-Policy: default-src 'self'
basic_auth_users:
  alice: $2y$10$hash
  12: yes
rate_limit:
  burst: 0x10
  interval: 1.5s
"#,
    );
    let texts = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let expected = TlsSection {
        cert: "c".to_owned(),
        key: "k".to_owned(),
        client_ca: "a".to_owned(),
        cert_file: "c.pem".to_owned(),
        key_file: "k.pem".to_owned(),
        client_auth_type: "RequireAndVerifyClientCert".to_owned(),
        client_ca_file: "a.pem".to_owned(),
        cipher_suites: texts(&[
            "TLS_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        ]),
        curve_preferences: texts(&["CurveP256", "X25519"]),
        min_version: Some(Version::Tls10),
        max_version: Some(Version::Tls13),
        client_allowed_sans: Some(texts(&["one", "two"])),
    };
    assert_eq!(document.tls, expected);
    assert!(!document.http2);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        document.headers,
        [
            header("X-Frame-Options", "deny"),
            header("Content-Security-Policy", "default-src 'self'")
        ]
    );
    assert_eq!(
        document.users,
        [header("alice", "$2y$10$hash"), header("12", "yes")]
    );
    assert_eq!(
        document.rate_limit,
        RateLimit {
            burst: 16,
            interval_ns: 1_500_000_000
        }
    );
}

#[test]
fn files_that_say_nothing_are_the_defaults() {
    for text in [
        "",
        "\n",
        "# comment\n",
        "~\n",
        "tls_server_config: {}\n",
        "tls_server_config:\n",
    ] {
        assert_eq!(parse(text), Document::default(), "{text:?}");
    }
    let two_documents = parse("rate_limit:\n  burst: 1\n---\nfoo: 1\n");
    assert_eq!(two_documents.rate_limit.burst, 1);
}

#[test]
fn numbers_for_an_interval_are_nanoseconds() {
    assert_eq!(parse("rate_limit: {interval: 5}").rate_limit.interval_ns, 5);
    assert_eq!(parse("rate_limit: {burst: 1.5}").rate_limit.burst, 1);
    assert_eq!(parse("rate_limit: {burst: -1}").rate_limit.burst, -1);
    assert_eq!(
        parse("rate_limit: {burst: ~, interval: ~}").rate_limit,
        RateLimit::default()
    );
}

#[test]
fn a_merged_mapping_counts_as_written_there() {
    let text = "rate_limit: &r\n  burst: 1\n<<: *r\n";
    check(
        text,
        "yaml: unmarshal errors:\n  line 2: field burst not found in type web.Config",
    );
}

/// Every text was printed by upstream 1.11.3 for the same file.
#[test]
fn wrong_types_and_unknown_fields_have_upstreams_texts() {
    for (text, problems) in [
        ("foo: 1\n", "line 1: field foo not found in type web.Config"),
        ("1: 2\n", "line 1: field 1 not found in type web.Config"),
        (
            "tls_server_config:\n  foo: 1\n  bar: x\nbaz: 2\n",
            "line 2: field foo not found in type web.TLSConfig\n  \
             line 3: field bar not found in type web.TLSConfig\n  \
             line 4: field baz not found in type web.Config",
        ),
        (
            "- a\n- b\n",
            "line 1: cannot unmarshal !!seq into web.Config",
        ),
        (
            "hello\n",
            "line 1: cannot unmarshal !!str `hello` into web.Config",
        ),
        (
            "http_server_config:\n  http2: maybe\n",
            "line 2: cannot unmarshal !!str `maybe` into bool",
        ),
        (
            "http_server_config:\n  http2: \"true\"\n",
            "line 2: cannot unmarshal !!str `true` into bool",
        ),
        (
            "http_server_config:\n  headers: [a]\n",
            "line 2: cannot unmarshal !!seq into map[string]string",
        ),
        (
            "basic_auth_users:\n  a: $2y$10$QOauhQNbBCuQDKes6eFzPe\n  a: x\n",
            "line 3: key \"a\" already set in map",
        ),
        (
            "basic_auth_users:\n  a: [b]\n",
            "line 2: cannot unmarshal !!seq into config.plain",
        ),
        (
            "rate_limit:\n  burst: 1\nrate_limit:\n  burst: 2\n",
            "line 3: field rate_limit already set in type web.Config",
        ),
        (
            "rate_limit:\n  burst: many\n  interval: 1s\n",
            "line 2: cannot unmarshal !!str `many` into int",
        ),
        (
            "rate_limit:\n  burst: !!str 1\n",
            "line 2: cannot unmarshal !!str `1` into int",
        ),
        (
            "rate_limit:\n  burst: 99999999999999999999\n  interval: 1s\n",
            "line 2: cannot unmarshal !!float `9999999...` into int",
        ),
        (
            "rate_limit:\n  burst: 1\n  interval: soon\n",
            "line 3: cannot unmarshal !!str `soon` into time.Duration",
        ),
        (
            "tls_server_config:\n  cipher_suites: TLS_AES_128_GCM_SHA256\n  cert: x\n",
            "line 2: cannot unmarshal !!str `TLS_AES...` into []web.Cipher",
        ),
        (
            "tls_server_config:\n  cert: [a]\n  key: {a: b}\n",
            "line 2: cannot unmarshal !!seq into string\n  line 3: cannot unmarshal !!map into config.plain",
        ),
        (
            "tls_server_config:\n  client_allowed_sans: abc\n",
            "line 2: cannot unmarshal !!str `abc` into []string",
        ),
        (
            "tls_server_config:\n  prefer_server_cipher_suites: 1\n",
            "line 2: cannot unmarshal !!int `1` into bool",
        ),
        (
            "tls_server_config: abc\n",
            "line 1: cannot unmarshal !!str `abc` into web.TLSConfig",
        ),
    ] {
        check(text, &format!("yaml: unmarshal errors:\n  {problems}"));
    }
}

/// Every text was printed by upstream 1.11.3 for the same file.
#[test]
fn values_that_mean_nothing_have_upstreams_texts() {
    check(
        "tls_server_config:\n  cipher_suites: [a, b]\n",
        "unknown cipher: a",
    );
    check(
        "tls_server_config:\n  curve_preferences: [X]\n",
        "unknown curve: X",
    );
    check(
        "tls_server_config:\n  min_version: TLS9\n",
        "unknown TLS version: TLS9",
    );
    check(
        "tls_server_config:\n  min_version: 12\n",
        "unknown TLS version: 12",
    );
    check(
        "http_server_config:\n  headers:\n    X-Foo: a\n",
        r#"HTTP header "X-Foo" can not be configured"#,
    );
    check(
        "http_server_config:\n  headers:\n    X-Frame-Options: a\"b\n",
        r#"invalid value for X-Frame-Options. Expected one of: ["deny" "sameorigin"], but got: "a\"b""#,
    );
    check(
        "http_server_config:\n  headers:\n    X-Frame-Options:\n",
        r#"invalid value for X-Frame-Options. Expected one of: ["deny" "sameorigin"], but got: """#,
    );
}

/// Every text was printed by upstream 1.11.3 for the same file.
#[test]
fn broken_yaml_has_upstreams_texts() {
    for (text, problem) in [
        (
            "a: b: c\n",
            "mapping values are not allowed in this context",
        ),
        (
            "a: 1\n b: 2\n",
            "line 2: mapping values are not allowed in this context",
        ),
        (
            "tls_server_config:\n\tcert: x\n",
            "line 2: found character that cannot start any token",
        ),
        ("@a: 1\n", "found character that cannot start any token"),
        ("a: [1, 2\n", "line 1: did not find expected ',' or ']'"),
        ("{a: 1\nb: 2\n", "line 1: did not find expected ',' or '}'"),
        ("a: \"x\n", "line 2: found unexpected end of stream"),
        ("a: &x\n  b: *y\n", "unknown anchor 'y' referenced"),
        ("a:\n- b\n c\nd\n", "line 5: could not find expected ':'"),
        ("%YAML 9.9\n---\na: 1\n", "found incompatible YAML document"),
        ("\u{1}\n", "control characters are not allowed"),
    ] {
        check(text, &format!("yaml: {problem}"));
    }
    let error = Document::parse(b"a: \xff\n").unwrap_err();
    assert_eq!(error.to_string(), "yaml: invalid leading UTF-8 octet");
}

#[test]
fn aliases_and_depth_cannot_exhaust_memory() {
    let bomb: String = (1..12)
        .map(|level| {
            let of = if level == 1 {
                "x".to_owned()
            } else {
                format!("*l{}", level - 1)
            };
            let nine = [of.as_str(); 9].join(", ");
            format!("k{level}: &l{level} [{nine}]\n")
        })
        .collect();
    check(&bomb, "yaml: document contains excessive aliasing");
    let deep = format!("a: {}{}\n", "[".repeat(200), "]".repeat(200));
    check(&deep, "yaml: exceeded max depth of 64");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "([a-z_]{1,8}|[:&*!|>%@`'\"{}\\[\\],#~-]| |\n|  |\t|[0-9.]|<<)*") {
        let _ = Document::parse(text.as_bytes());
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(&bytes);
    }

    #[test]
    fn users_are_read_back(users in prop::collection::btree_map("[a-zA-Z]{1,10}", "[a-zA-Z0-9$./]{1,60}", 0..5)) {
        let lines: String = users.iter().map(|(name, hash)| format!("  \"{name}\": \"{hash}\"\n")).collect();
        let document = Document::parse(format!("basic_auth_users:\n{lines}").as_bytes()).unwrap();
        prop_assert_eq!(document.users, users.into_iter().collect::<Vec<_>>());
    }
}
