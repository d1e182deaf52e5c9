//! Peers that cannot be served are told so with the alert the standards name. OpenSSL is the other side: it can be made
//! to offer what no peer should, and prints the number of the alert it got.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
};

use crypto::{
    test_util::{KeyKind, Pair, ca, client_cert, rcgen::date_time_ymd, server_cert},
    tls::{ClientAuth, ClientConfigBuilder, ServerConfigBuilder, TrustStore},
};
use rustls::{ClientConnection, StreamOwned};

use crate::{
    openssl::{NO_EMS, s_client, s_client_against},
    pipe::trust,
};

// RFC 8446 section 6.
const HANDSHAKE_FAILURE: u8 = 40;
const CERTIFICATE_EXPIRED: u8 = 45;
const CERTIFICATE_UNKNOWN: u8 = 46;
const UNKNOWN_CA: u8 = 48;
const CERTIFICATE_REQUIRED: u8 = 116;

fn has_alert(text: &str, alert: u8) -> bool {
    text.lines()
        .any(|line| line.ends_with(&format!("SSL alert number {alert}")))
}

/// A client that offers only this is refused with `handshake_failure`, in a fips build or everywhere.
#[track_caller]
fn unserved(arguments: &[&str], configuration: Option<&str>, in_fips_only: bool) {
    // An RSA key, because OpenSSL wants the curve of a key among its groups too.
    let outcome = s_client(KeyKind::Rsa2048, arguments, configuration);
    if in_fips_only && !cfg!(feature = "fips") {
        assert_eq!(outcome.server, Ok(()), "{}", outcome.client);
        return;
    }
    assert!(outcome.server.is_err());
    assert!(
        has_alert(&outcome.client, HANDSHAKE_FAILURE),
        "{}",
        outcome.client
    );
}

#[test]
fn a_client_with_chacha_alone_is_unserved_in_fips() {
    unserved(
        &["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        None,
        true,
    );
    unserved(
        &["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"],
        None,
        true,
    );
}

#[test]
fn a_client_with_x25519_alone_is_unserved_in_fips() {
    unserved(&["-tls1_3", "-groups", "X25519"], None, true);
    unserved(&["-tls1_2", "-groups", "X25519"], None, true);
}

#[test]
fn a_tls_12_client_without_extended_master_secret_is_unserved_in_fips() {
    unserved(&["-tls1_2"], Some(NO_EMS), true);
}

#[test]
fn a_client_with_cbc_or_rsa_key_transport_alone_is_unserved() {
    unserved(
        &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"],
        None,
        false,
    );
    unserved(&["-tls1_2", "-cipher", "AES128-GCM-SHA256"], None, false);
}

/// A client that shows `pair` to a server in `mode` gets this alert.
#[track_caller]
fn client_refused(mode: ClientAuth, pair: Option<&Pair>, version: &str, alert: u8) {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c.crt"), folder.path().join("c.key"));
    // The lowest level of security, or OpenSSL would not even show a small key.
    let mut arguments = vec![version, "-cipher", "DEFAULT:@SECLEVEL=0"];
    if let Some(pair) = pair {
        fs::write(&certificate, &pair.certificate).unwrap();
        fs::write(&key, &pair.key).unwrap();
        arguments.extend([
            "-cert",
            certificate.to_str().unwrap(),
            "-key",
            key.to_str().unwrap(),
        ]);
    }
    let demand = |server: ServerConfigBuilder| {
        let roots = mode.verifies().then(|| trust(&clients().0));
        server.client_auth(mode, roots)
    };
    let outcome = s_client_against(KeyKind::P256, demand, &arguments, None);
    let text = outcome.client;
    assert!(
        outcome.server.is_err() && has_alert(&text, alert),
        "{version} {alert}: {text}"
    );
}

/// The one authority of clients here, and an expired certificate of it.
fn clients() -> &'static (crypto::test_util::Authority, Pair) {
    static CLIENTS: std::sync::OnceLock<(crypto::test_util::Authority, Pair)> =
        std::sync::OnceLock::new();
    CLIENTS.get_or_init(|| {
        let authority = ca("clients");
        let expired = authority.issue(KeyKind::P256, &["client.test"], |params| {
            params.not_after = date_time_ymd(2001, 2, 3);
        });
        (authority, expired)
    })
}

#[test]
fn clients_are_told_what_is_wrong_with_their_certificate() {
    let (any, verify) = (
        ClientAuth::RequireAnyClientCert,
        ClientAuth::RequireAndVerifyClientCert,
    );
    let stranger = client_cert(&ca("strangers"), &["client.test"]);
    let small = Pair {
        certificate: include_str!("../../testdata/rsa1024.crt").to_owned(),
        key: include_str!("../../testdata/rsa1024.pem").to_owned(),
    };
    client_refused(verify, None, "-tls1_3", CERTIFICATE_REQUIRED);
    client_refused(verify, None, "-tls1_2", CERTIFICATE_REQUIRED); // rustls' choice; Go says handshake_failure
    for version in ["-tls1_2", "-tls1_3"] {
        client_refused(verify, Some(&stranger), version, UNKNOWN_CA);
        client_refused(verify, Some(&clients().1), version, CERTIFICATE_EXPIRED);
        client_refused(any, Some(&small), version, CERTIFICATE_UNKNOWN);
    }
}

/// Our client visits `s_server` with this certificate and returns its reason and what the server said.
fn visit(roots: TrustStore, pair: &Pair, skip_verify: bool) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("tls.crt"), &pair.certificate).unwrap();
    fs::write(path("tls.key"), &pair.key).unwrap();
    let mut server = s_server(folder.path());
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("ACCEPT ") {
        line.clear();
        assert!(
            stdout.read_line(&mut line).unwrap() > 0,
            "s_server does not listen"
        );
    }
    let port: u16 = line.trim_end().rsplit(':').next().unwrap().parse().unwrap();
    let config = ClientConfigBuilder::new(roots).insecure_skip_verify(skip_verify);
    let config = config.build().unwrap().config;
    let connection = ClientConnection::new(config, "server.test".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port)).unwrap());
    let error = stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap_err();
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref());
    let reason = crypto::tls::handshake_error_text(reason.unwrap());
    drop(stream);
    let mut said = String::new();
    server
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    server.wait().unwrap();
    (reason, said)
}

fn s_server(folder: &Path) -> std::process::Child {
    let mut command = Command::new("openssl");
    command
        .current_dir(folder)
        .args(["s_server", "-www", "-naccept", "1"]);
    command.args([
        "-accept",
        "127.0.0.1:0",
        "-cert",
        "tls.crt",
        "-key",
        "tls.key",
    ]);
    command.args(["-cipher", "DEFAULT:@SECLEVEL=0"]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("OpenSSL's program")
}

#[track_caller]
fn server_refused(roots: TrustStore, pair: &Pair, reason: &str, alert: u8) {
    let (why, said) = visit(roots, pair, false);
    assert!(why.contains(reason), "{why}");
    assert!(has_alert(&said, alert), "{alert}: {said}");
}

#[test]
fn servers_are_told_what_is_wrong_with_their_certificate() {
    let root = ca("root");
    let good = server_cert(&root, &["server.test"]);
    let expired = root.issue(KeyKind::P256, &["server.test"], |params| {
        params.not_after = date_time_ymd(2001, 2, 3);
    });
    let sha1 = Pair {
        certificate: include_str!("../../testdata/sha1.crt").to_owned(),
        key: include_str!("../../testdata/p256.pem").to_owned(),
    };
    let rsa = TrustStore::from_pem(include_bytes!("../../testdata/rsa2048.crt"));
    let other = server_cert(&root, &["other.test"]);
    server_refused(
        TrustStore::default(),
        &good,
        "signed by unknown authority",
        UNKNOWN_CA,
    );
    server_refused(trust(&root), &expired, "has expired", CERTIFICATE_EXPIRED);
    server_refused(
        trust(&root),
        &other,
        "is valid for other.test",
        CERTIFICATE_UNKNOWN,
    );
    server_refused(rsa, &sha1, "sha1.test", CERTIFICATE_UNKNOWN);
}

#[test]
fn a_server_with_a_small_rsa_key_is_refused_even_unverified() {
    let certificate = include_str!("../../testdata/rsa1024.crt").to_owned();
    let roots = TrustStore::from_pem(certificate.as_bytes());
    let pair = Pair {
        certificate,
        key: include_str!("../../testdata/rsa1024.pem").to_owned(),
    };
    for skip_verify in [false, true] {
        let (why, said) = visit(roots.clone(), &pair, skip_verify);
        assert!(why.contains("crypto policy POL-003 ("), "{why}");
        assert!(has_alert(&said, CERTIFICATE_UNKNOWN), "{said}");
    }
}
