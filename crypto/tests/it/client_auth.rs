//! Client certificates: Go's modes, and the list of allowed names.

use crypto::{
    test_util::{Authority, KeyKind, Pair, ca, client_cert, server_cert},
    tls::{ClientAuth, TlsError, Version},
};

use crate::pipe::{Failure, client, connect, identity, names, server, trust};

/// A client that shows `pair` meets a server in `mode` that trusts `authority`.
fn attempt(
    mode: ClientAuth,
    pair: Option<&Pair>,
    clients: &Authority,
    version: Version,
) -> Result<(), Failure> {
    let (authority, server) = server();
    let mut client = client(&authority).versions(None, Some(version));
    if let Some(pair) = pair {
        client = client.identity(identity(pair));
    }
    let server = server
        .client_auth(mode, Some(trust(clients)))
        .build()
        .unwrap();
    connect(
        &client.build().unwrap().config,
        &server.config,
        "server.test",
    )
    .map(|_| ())
}

#[track_caller]
fn check(mode: ClientAuth, none: bool, stranger: bool, known: bool) {
    let (clients, strangers) = (ca("clients"), ca("strangers"));
    let known_pair = client_cert(&clients, &["client.test"]);
    let strange_pair = client_cert(&strangers, &["client.test"]);
    for version in [Version::Tls12, Version::Tls13] {
        let outcome = |pair| attempt(mode, pair, &clients, version);
        assert_eq!(
            outcome(None).is_ok(),
            none,
            "{mode:?} {version:?} without a certificate"
        );
        assert_eq!(
            outcome(Some(&strange_pair)).is_ok(),
            stranger,
            "{mode:?} {version:?} with a stranger's"
        );
        assert_eq!(
            outcome(Some(&known_pair)).is_ok(),
            known,
            "{mode:?} {version:?} with a known one"
        );
    }
}

#[test]
fn request_takes_none_and_any() {
    check(ClientAuth::RequestClientCert, true, true, true);
}

#[test]
fn require_any_takes_any_but_not_none() {
    check(ClientAuth::RequireAnyClientCert, false, true, true);
}

#[test]
fn verify_if_given_takes_none_and_known_ones() {
    check(ClientAuth::VerifyClientCertIfGiven, true, false, true);
}

#[test]
fn require_and_verify_takes_known_ones_only() {
    check(ClientAuth::RequireAndVerifyClientCert, false, false, true);
}

#[test]
fn the_log_has_gos_words() {
    let clients = ca("clients");
    let verify = ClientAuth::RequireAndVerifyClientCert;
    let outcome =
        |pair: Option<&Pair>| attempt(verify, pair, &clients, Version::Tls13).unwrap_err();
    assert_eq!(
        outcome(None),
        Failure::Server("tls: client didn't provide a certificate".to_owned())
    );
    let stranger = client_cert(&ca("strangers"), &["client.test"]);
    let text = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    assert_eq!(outcome(Some(&stranger)), Failure::Server(text.to_owned()));
    let server = server_cert(&clients, &["client.test"]);
    let text =
        "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage";
    assert_eq!(outcome(Some(&server)), Failure::Server(text.to_owned()));
}

#[test]
fn a_certificate_without_usages_is_good_for_a_client() {
    let clients = ca("clients");
    let pair = clients.issue(KeyKind::P256, &["client.test"], |_| ());
    attempt(
        ClientAuth::RequireAndVerifyClientCert,
        Some(&pair),
        &clients,
        Version::Tls13,
    )
    .unwrap();
}

#[test]
fn an_authority_without_a_mode_is_an_error() {
    let (authority, server) = server();
    let error = server
        .client_auth(ClientAuth::NoClientCert, Some(trust(&authority)))
        .build()
        .unwrap_err();
    assert!(matches!(error, TlsError::ClientCaWithoutPolicy));
    assert_eq!(
        error.to_string(),
        "client CA's have been configured without a Client Auth Policy"
    );
}

#[test]
fn allowed_names_are_compared_exactly_and_by_every_kind() {
    let clients = ca("clients");
    let pair = client_cert(
        &clients,
        &[
            "client.test",
            "me@client.test",
            "10.0.0.1",
            "spiffe://client.test/me",
        ],
    );
    let attempt = |allowed: &[&str]| {
        let (authority, server) = server();
        let client = client(&authority)
            .identity(identity(&pair))
            .build()
            .unwrap();
        let server = server
            .client_auth(
                ClientAuth::RequireAndVerifyClientCert,
                Some(trust(&clients)),
            )
            .allowed_sans(names(allowed))
            .build()
            .unwrap();
        connect(&client.config, &server.config, "server.test").map(|_| ())
    };
    for allowed in [
        "client.test",
        "me@client.test",
        "10.0.0.1",
        "spiffe://client.test/me",
    ] {
        attempt(&["other.test", allowed]).unwrap();
    }
    let text = "tls: failed to verify certificate: could not find allowed SANs in client cert, found: [*.test a.test]";
    assert_eq!(
        attempt(&["*.test", "a.test"]),
        Err(Failure::Server(text.to_owned()))
    );
    assert!(attempt(&[]).is_err());
}
