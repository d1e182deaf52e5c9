//! Handshakes between our client and our server.

use crypto::{
    test_util::{KeyKind, ca, rcgen::ExtendedKeyUsagePurpose},
    tls::{Identity, ServerConfigBuilder, Version},
};
use rustls::{CipherSuite, HandshakeKind, NamedGroup, ProtocolVersion};

use crate::pipe::{client, connect, identity, names, server, without_hybrids};

const SUITES_12_AES: &[(&str, CipherSuite)] = &[
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
];

#[test]
fn the_defaults_agree_on_tls_13_and_the_best_group() {
    let (authority, server) = server();
    let client = client(&authority).build().unwrap();
    let agreed = connect(
        &client.config,
        &server.build().unwrap().config,
        "server.test",
    )
    .unwrap();
    assert_eq!(agreed.version, ProtocolVersion::TLSv1_3);
    assert_eq!(agreed.suite, CipherSuite::TLS13_AES_256_GCM_SHA384);
    let best = match crypto::provider().name() {
        "ring" => NamedGroup::X25519,
        "aws-lc" => NamedGroup::X25519MLKEM768,
        _ => NamedGroup::secp256r1MLKEM768,
    };
    assert_eq!(agreed.group, Some(best));
    assert_eq!(agreed.kind, HandshakeKind::Full);
}

#[test]
fn every_tls_12_suite_carries_data() {
    let chacha = (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    );
    let chacha = (!cfg!(feature = "fips")).then_some(&chacha);
    for (name, suite) in SUITES_12_AES.iter().chain(chacha) {
        let (authority, server) = server();
        let client = client(&authority)
            .versions(None, Some(Version::Tls12))
            .build()
            .unwrap();
        let server = server.cipher_suites(&names(&[name])).build().unwrap();
        let agreed = connect(&client.config, &server.config, "server.test").unwrap();
        assert_eq!(
            (agreed.version, agreed.suite),
            (ProtocolVersion::TLSv1_2, *suite)
        );
    }
}

#[test]
fn every_named_curve_carries_a_handshake_in_both_versions() {
    let mut curves = vec![
        ("CurveP256", NamedGroup::secp256r1),
        ("CurveP384", NamedGroup::secp384r1),
    ];
    if !cfg!(feature = "fips") {
        curves.push(("X25519", NamedGroup::X25519));
    }
    if !cfg!(feature = "ring") {
        curves.push(("CurveP521", NamedGroup::secp521r1));
    }
    for (name, group) in curves {
        for version in [Version::Tls12, Version::Tls13] {
            let (authority, server) = server();
            let client = client(&authority)
                .versions(None, Some(version))
                .build()
                .unwrap();
            let server = server.curves(&names(&[name])).build().unwrap();
            let agreed = connect(&client.config, &server.config, "server.test").unwrap();
            assert_eq!(agreed.group, Some(group), "{name} {version:?}");
        }
    }
}

#[test]
fn hybrids_are_off_when_the_operator_says_so() {
    let (authority, server) = server();
    let client = client(&authority).build().unwrap();
    let server = server.settings(without_hybrids()).build().unwrap();
    let agreed = connect(&client.config, &server.config, "server.test").unwrap();
    let expected = if cfg!(feature = "fips") {
        NamedGroup::secp256r1
    } else {
        NamedGroup::X25519
    };
    assert_eq!(agreed.group, Some(expected));
}

#[test]
fn keys_of_every_kind_sign_handshakes_in_both_versions() {
    for kind in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
        KeyKind::Rsa4096,
    ] {
        for version in [Version::Tls12, Version::Tls13] {
            let authority = ca("test authority");
            let pair = authority.issue(kind, &["server.test"], |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            });
            let server = ServerConfigBuilder::new(identity(&pair)).build().unwrap();
            let client = client(&authority)
                .versions(None, Some(version))
                .build()
                .unwrap();
            let agreed = connect(&client.config, &server.config, "server.test");
            assert!(agreed.is_ok(), "{kind:?} {version:?}: {agreed:?}");
        }
    }
}

#[cfg(not(feature = "ring"))]
#[test]
fn a_p521_key_signs_handshakes() {
    let (certificate, key) = (
        include_bytes!("../../testdata/p521.crt"),
        include_bytes!("../../testdata/p521.pem"),
    );
    for version in [Version::Tls12, Version::Tls13] {
        let server = ServerConfigBuilder::new(Identity::from_pem(certificate, key).unwrap())
            .build()
            .unwrap();
        let roots = crypto::tls::TrustStore::from_pem(certificate);
        let client = crypto::tls::ClientConfigBuilder::new(roots)
            .versions(None, Some(version))
            .build()
            .unwrap();
        connect(&client.config, &server.config, "p521.test").unwrap();
    }
}

#[cfg(feature = "ring")]
#[test]
fn ring_says_that_it_has_no_p521() {
    let (certificate, key) = (
        include_bytes!("../../testdata/p521.crt"),
        include_bytes!("../../testdata/p521.pem"),
    );
    let error = Identity::from_pem(certificate, key)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "provider ring does not implement P-521; build with aws-lc or fips"
    );
}

#[test]
fn a_session_is_resumed_in_both_versions() {
    for version in [Version::Tls12, Version::Tls13] {
        let (authority, server) = server();
        let client = client(&authority)
            .versions(None, Some(version))
            .build()
            .unwrap();
        let server = server.build().unwrap();
        assert_eq!(
            connect(&client.config, &server.config, "server.test")
                .unwrap()
                .kind,
            HandshakeKind::Full
        );
        assert_eq!(
            connect(&client.config, &server.config, "server.test")
                .unwrap()
                .kind,
            HandshakeKind::Resumed
        );
    }
}

#[test]
fn a_configuration_built_anew_resumes_nothing_of_the_old_one() {
    let (authority, server) = server();
    let client = client(&authority).build().unwrap();
    let (old, new) = (server.clone().build().unwrap(), server.build().unwrap());
    connect(&client.config, &old.config, "server.test").unwrap();
    assert_eq!(
        connect(&client.config, &new.config, "server.test")
            .unwrap()
            .kind,
        HandshakeKind::Full
    );
}

#[test]
fn the_servers_first_common_protocol_wins() {
    let (authority, server) = server();
    let client = client(&authority)
        .alpn(&[b"http/1.1", b"h2"])
        .build()
        .unwrap();
    let server = server.alpn(&[b"h2", b"http/1.1"]).build().unwrap();
    let agreed = connect(&client.config, &server.config, "server.test").unwrap();
    assert_eq!(agreed.alpn.as_deref(), Some(b"h2".as_slice()));
}

#[cfg(feature = "fips")]
#[test]
fn a_strict_client_does_not_talk_to_an_ed25519_server() {
    let authority = ca("test authority");
    let pair = authority.issue(KeyKind::Ed25519, &["server.test"], |_| ());
    let server = ServerConfigBuilder::new(identity(&pair)).build().unwrap();
    let settings = |strict| crypto::Settings {
        strict,
        ..crypto::Settings::default()
    };
    let attempt = |strict| {
        let client = client(&authority)
            .settings(settings(strict))
            .build()
            .unwrap();
        connect(&client.config, &server.config, "server.test")
    };
    assert!(attempt(false).is_ok());
    assert!(attempt(true).is_err());
}
