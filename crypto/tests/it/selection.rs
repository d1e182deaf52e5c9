//! Configured lists: what is an error, what is dropped with a warning, what is left.

use crypto::tls::{Dialect, ServerConfigBuilder, Version};
use rustls::{CipherSuite, ProtocolVersion};

use crate::pipe::{client, connect, names, server};

#[track_caller]
fn refused(change: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder, expected: &str) {
    let error = change(server().1).build().unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[track_caller]
fn warned(change: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder, expected: &[&str]) {
    let warnings = change(server().1).build().unwrap().warnings;
    assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
    for (warning, expected) in warnings.iter().zip(expected) {
        assert!(warning.contains(expected), "{warning}");
    }
}

const GCM: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
const CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
const CHACHA: &str = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";

#[test]
fn names_go_does_not_know_have_upstreams_texts() {
    refused(
        |server| server.cipher_suites(&names(&["X"])),
        "unknown cipher: X",
    );
    refused(|server| server.curves(&names(&["X"])), "unknown curve: X");
    refused(
        |server| server.dialect(Dialect::Etcd).cipher_suites(&names(&["X"])),
        r#"unexpected TLS cipher suite "X""#,
    );
}

#[test]
fn names_go_knows_and_nobody_should_use_are_dropped_with_one_warning() {
    warned(
        |server| server.cipher_suites(&names(&[CBC, GCM, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"])),
        &[
            "cipher suites dropped: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: CBC",
        ],
    );
    warned(|server| server.cipher_suites(&names(&[GCM])), &[]);
}

#[test]
fn a_list_with_nothing_usable_is_an_error_only_without_tls_13() {
    warned(
        |server| server.cipher_suites(&names(&[CBC])),
        &["cipher suites dropped"],
    );
    refused(
        |server| {
            server
                .cipher_suites(&names(&[CBC]))
                .versions(None, Some(Version::Tls12))
        },
        "crypto policy POL-004 (",
    );
}

#[test]
fn tls_13_suites_cannot_be_chosen() {
    let (authority, server) = server();
    let server = server
        .cipher_suites(&names(&["TLS_AES_128_GCM_SHA256", GCM]))
        .build()
        .unwrap();
    assert_eq!(server.warnings, Vec::<String>::new());
    let agreed = connect(
        &client(&authority).build().unwrap().config,
        &server.config,
        "server.test",
    )
    .unwrap();
    assert_eq!(agreed.suite, CipherSuite::TLS13_AES_256_GCM_SHA384);
}

#[test]
fn old_versions_are_raised_as_a_minimum_and_refused_as_a_maximum() {
    warned(
        |server| server.versions(Some(Version::Tls10), None),
        &["minimum TLS version TLS10 raised to TLS12"],
    );
    refused(
        |server| server.versions(None, Some(Version::Tls11)),
        "maximum TLS version TLS11 is not allowed",
    );
    refused(
        |server| server.versions(None, Some(Version::Tls11)),
        "crypto policy POL-006 (",
    );
}

#[test]
fn a_minimum_above_the_maximum_is_an_error() {
    refused(
        |server| {
            server
                .dialect(Dialect::Etcd)
                .versions(Some(Version::Tls13), Some(Version::Tls12))
        },
        "min version (TLS1.3) is greater than max version (TLS1.2)",
    );
}

#[test]
fn etcd_refuses_suites_that_could_have_no_effect() {
    let change = |dialect| {
        move |server: ServerConfigBuilder| {
            server
                .dialect(dialect)
                .versions(Some(Version::Tls13), None)
                .cipher_suites(&names(&[GCM]))
        }
    };
    refused(
        change(Dialect::Etcd),
        "cipher suites cannot be configured when only TLS1.3 is enabled",
    );
    warned(change(Dialect::Toolkit), &[]);
}

#[test]
fn a_version_that_is_not_shared_ends_the_handshake() {
    let (authority, server) = server();
    let client = client(&authority)
        .versions(None, Some(Version::Tls12))
        .build()
        .unwrap();
    let only_13 = server
        .clone()
        .versions(Some(Version::Tls13), None)
        .build()
        .unwrap();
    assert!(connect(&client.config, &only_13.config, "server.test").is_err());
    let agreed = connect(
        &client.config,
        &server.build().unwrap().config,
        "server.test",
    )
    .unwrap();
    assert_eq!(agreed.version, ProtocolVersion::TLSv1_2);
}

#[cfg(feature = "ring")]
#[test]
fn a_curve_ring_lacks_is_dropped_and_its_absence_explained() {
    warned(
        |server| server.curves(&names(&["CurveP521", "CurveP256"])),
        &[
            "curve dropped: provider ring does not implement curve CurveP521; build with aws-lc or fips",
        ],
    );
    refused(
        |server| server.curves(&names(&["CurveP521"])),
        "crypto policy POL-005 (",
    );
}

#[cfg(feature = "fips")]
#[test]
fn what_is_not_approved_is_dropped_with_its_rule() {
    warned(
        |server| server.cipher_suites(&names(&[CHACHA, GCM])),
        &[
            "cipher suites dropped: crypto policy POL-010 (fips): cipher suite TLS_ECDHE_ECDSA_WITH_CHACHA20",
        ],
    );
    warned(
        |server| server.curves(&names(&["X25519", "CurveP256"])),
        &["curve dropped: crypto policy POL-002 (fips): curve X25519"],
    );
    refused(
        |server| server.curves(&names(&["X25519"])),
        "crypto policy POL-005 (fips)",
    );
    refused(
        |server| {
            server
                .cipher_suites(&names(&[CHACHA]))
                .versions(None, Some(Version::Tls12))
        },
        "crypto policy POL-004 (fips)",
    );
}

#[cfg(not(feature = "fips"))]
#[test]
fn chacha_may_be_chosen_outside_fips() {
    warned(|server| server.cipher_suites(&names(&[CHACHA])), &[]);
}
