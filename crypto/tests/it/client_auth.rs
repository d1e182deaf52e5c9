//! Client certificates: Go's modes, and the list of allowed names.

use crypto::{
    test_util::{Authority, KeyKind, Pair, ca, client_cert, server_cert},
    tls::{AllowedClients, ClientAuth, ServerConfigBuilder, TlsError, Version},
};
use rustls::HandshakeKind;

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

/// A client that shows `pair` meets a server that verifies clients and was changed by `change`.
fn meet(
    clients: &Authority,
    pair: &Pair,
    change: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
) -> Result<(), Failure> {
    let (authority, server) = server();
    let verify = ClientAuth::RequireAndVerifyClientCert;
    let server = server.client_auth(verify, Some(trust(clients)));
    let client = client(&authority).identity(identity(pair)).build().unwrap();
    let server = change(server).build().unwrap();
    connect(&client.config, &server.config, "server.test").map(|_| ())
}

fn refused(text: &str) -> Result<(), Failure> {
    Err(Failure::Server(text.to_owned()))
}

#[test]
fn allowed_names_are_compared_exactly_and_by_every_kind() {
    let clients = ca("clients");
    let kinds = [
        "client.test",
        "me@client.test",
        "10.0.0.1",
        "spiffe://client.test/me",
    ];
    let pair = client_cert(&clients, &kinds);
    let attempt = |allowed: &[&str]| {
        let allowed = AllowedClients::Sans(names(allowed));
        meet(&clients, &pair, |server| server.allowed_clients(allowed))
    };
    for allowed in kinds {
        attempt(&["other.test", allowed]).unwrap();
    }
    let text = "could not find allowed SANs in client cert, found: [*.test a.test]";
    assert_eq!(attempt(&["*.test", "a.test"]), refused(text));
    assert!(attempt(&[]).is_err());
}

#[test]
fn allowed_common_names_are_compared_exactly() {
    let clients = ca("clients");
    let pair = client_cert(&clients, &["client.test", "other.test"]);
    let attempt = |allowed: &[&str]| {
        let allowed = AllowedClients::CommonNames(names(allowed));
        meet(&clients, &pair, |server| server.allowed_clients(allowed))
    };
    attempt(&["someone", "client.test"]).unwrap();
    let text = "client certificate authentication failed";
    for allowed in [&["other.test"][..], &["Client.test"], &["*"], &[""], &[]] {
        assert_eq!(attempt(allowed), refused(text), "{allowed:?}");
    }
}

#[test]
fn allowed_host_names_are_matched_as_a_servers_name_is() {
    let clients = ca("clients");
    let pair = client_cert(&clients, &["*.client.test", "10.0.0.1"]);
    let attempt = |allowed: &[&str]| {
        let allowed = AllowedClients::HostNames(names(allowed));
        meet(&clients, &pair, |server| server.allowed_clients(allowed))
    };
    attempt(&["other.test", "A.client.test"]).unwrap();
    attempt(&["10.0.0.1"]).unwrap();
    let text = "client certificate authentication failed";
    assert_eq!(attempt(&["client.test", "a.b.client.test"]), refused(text));
}

#[test]
fn a_list_of_allowed_clients_leaves_nobody_out_of_the_question() {
    let clients = ca("clients");
    let (authority, server) = server();
    let server = server
        .client_auth(ClientAuth::VerifyClientCertIfGiven, Some(trust(&clients)))
        .allowed_clients(AllowedClients::CommonNames(names(&["client.test"])))
        .build()
        .unwrap();
    let nobody = client(&authority).build().unwrap();
    assert_eq!(
        connect(&nobody.config, &server.config, "server.test").unwrap_err(),
        Failure::Server("tls: client didn't provide a certificate".to_owned())
    );
}

#[test]
fn a_client_on_the_revocation_list_is_refused_from_the_moment_it_stands_there() {
    let clients = ca("clients");
    let middle = clients.intermediate("middle", |params| {
        params.serial_number = Some(vec![0x0a, 0xbc].into());
    });
    let mut pair = middle.issue(KeyKind::P256, &["client.test"], |params| {
        params.serial_number = Some(vec![0x00, 0x9f, 0x01].into());
    });
    pair.certificate.push_str(&middle.certificate);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.crl");
    let (authority, server) = server();
    let verify = ClientAuth::RequireAndVerifyClientCert;
    let server = server
        .client_auth(verify, Some(trust(&clients)))
        .revocation_list(path.clone())
        .build()
        .unwrap();
    let client = client(&authority)
        .identity(identity(&pair))
        .build()
        .unwrap();
    let attempt = |list: Option<Vec<u8>>| {
        if let Some(list) = list {
            std::fs::write(&path, list).unwrap();
        }
        connect(&client.config, &server.config, "server.test").map(|_| ())
    };
    // Whoever signed the list: etcd does not ask.
    let list = |serials: &[&[u8]]| Some(ca("anybody").revocation_list(serials));
    let missing = format!("open {}: no such file or directory", path.display());
    assert_eq!(attempt(None), refused(&missing));
    assert_eq!(attempt(list(&[])), Ok(()));
    assert_eq!(attempt(list(&[&[0x01], &[0x9f]])), Ok(()));
    let text = "transport: certificate serial 9f01 revoked";
    assert_eq!(attempt(list(&[&[0x9f, 0x01]])), refused(text));
    let text = "transport: certificate serial 0abc revoked";
    assert_eq!(attempt(list(&[&[0x0a, 0xbc]])), refused(text));
    let text = "x509: malformed crl";
    assert_eq!(attempt(Some(b"no list".to_vec())), refused(text));
    assert_eq!(attempt(list(&[])), Ok(()));
}

#[test]
fn a_client_that_is_judged_is_judged_at_every_connection() {
    let clients = ca("clients");
    let pair = client_cert(&clients, &["client.test"]);
    for version in [Version::Tls12, Version::Tls13] {
        let (authority, server) = server();
        let client = client(&authority)
            .identity(identity(&pair))
            .versions(None, Some(version))
            .build()
            .unwrap();
        let verify = ClientAuth::RequireAndVerifyClientCert;
        let server = server.client_auth(verify, Some(trust(&clients)));
        let server = server.build().unwrap();
        for _ in 0..3 {
            let agreed = connect(&client.config, &server.config, "server.test").unwrap();
            assert_eq!(agreed.kind, HandshakeKind::Full, "{version:?}");
        }
    }
}
