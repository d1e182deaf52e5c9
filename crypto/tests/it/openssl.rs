//! The other side is OpenSSL: `s_client` against our server, our client against `s_server`.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use crypto::{
    test_util::{KeyKind, ca, rcgen::ExtendedKeyUsagePurpose, server_cert},
    tls::{ServerConfigBuilder, handshake_error_text},
};
use rustls::{ServerConnection, StreamOwned};

use crate::pipe::{client, identity};

/// What both sides said about one connection.
pub(crate) struct Outcome {
    pub(crate) client: String,
    pub(crate) server: Result<(), String>,
}

/// Runs `openssl s_client` with `arguments` against a server of ours with a key of `kind`.
pub(crate) fn s_client(kind: KeyKind, arguments: &[&str], configuration: Option<&str>) -> Outcome {
    s_client_against(kind, |server| server, arguments, configuration)
}

/// As [`s_client`], where `change` says what else the server wants.
pub(crate) fn s_client_against(
    kind: KeyKind,
    change: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
    arguments: &[&str],
    configuration: Option<&str>,
) -> Outcome {
    let authority = ca("openssl's root");
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    fs::write(&root, &authority.certificate).unwrap();
    let pair = authority.issue(kind, &["server.test"], |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let (listener, port) = listen();
    let config = change(ServerConfigBuilder::new(identity(&pair)))
        .build()
        .unwrap()
        .config;
    let server = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
        let mut line = [0; 5];
        stream
            .read_exact(&mut line)
            .map_err(|error| match error.get_ref() {
                Some(inner) => inner
                    .downcast_ref()
                    .map_or_else(|| error.to_string(), handshake_error_text),
                None => error.to_string(),
            })?;
        assert_eq!(&line, b"ping\n");
        stream
            .write_all(b"pong from our server\n")
            .map_err(|error| error.to_string())?;
        stream.conn.send_close_notify();
        stream.flush().map_err(|error| error.to_string())
    });
    let mut command = Command::new("openssl");
    command.args([
        "s_client",
        "-connect",
        &format!("127.0.0.1:{port}"),
        "-servername",
        "server.test",
    ]);
    command
        .args([
            "-verify_return_error",
            "-verify_hostname",
            "server.test",
            "-CAfile",
        ])
        .arg(&root);
    command.args(["-ign_eof"]).args(arguments);
    if let Some(text) = configuration {
        let path = folder.path().join("openssl.cnf");
        fs::write(&path, text).unwrap();
        command.env("OPENSSL_CONF", path);
    }
    let output = run(&mut command, b"ping\n");
    let client = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    Outcome {
        client,
        server: server.join().unwrap(),
    }
}

fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A client that is refused may be gone before it reads.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test server on a port of the system's choice"
)]
pub(crate) fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[track_caller]
fn served(kind: KeyKind, arguments: &[&str], expected: &[&str]) {
    let outcome = s_client(kind, arguments, None);
    assert_eq!(outcome.server, Ok(()), "{}", outcome.client);
    assert!(
        outcome.client.contains("pong from our server"),
        "{}",
        outcome.client
    );
    for text in expected {
        assert!(
            outcome.client.contains(text),
            "{text} is missing in {}",
            outcome.client
        );
    }
}

#[track_caller]
fn refused(arguments: &[&str], configuration: Option<&str>, reason: &str) {
    let outcome = s_client(KeyKind::P256, arguments, configuration);
    let error = outcome.server.unwrap_err();
    assert!(error.contains(reason), "{error}");
    assert!(
        !outcome.client.contains("pong from our server"),
        "{}",
        outcome.client
    );
}

#[test]
fn s_client_speaks_tls_13_and_tls_12_with_keys_of_every_kind() {
    for kind in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
    ] {
        served(
            kind,
            &["-tls1_3"],
            &[
                "TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384",
                "Verify return code: 0 (ok)",
            ],
        );
        served(
            kind,
            &["-tls1_2"],
            &["TLSv1.2, Cipher is ECDHE-", "Verify return code: 0 (ok)"],
        );
    }
}

#[test]
fn s_client_gets_every_aes_gcm_suite() {
    for (kind, suite) in [
        (KeyKind::P256, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (KeyKind::P256, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (KeyKind::Rsa2048, "ECDHE-RSA-AES128-GCM-SHA256"),
        (KeyKind::Rsa2048, "ECDHE-RSA-AES256-GCM-SHA384"),
    ] {
        served(
            kind,
            &["-tls1_2", "-cipher", suite],
            &[&format!("Cipher is {suite}")],
        );
    }
    served(
        KeyKind::P256,
        &["-ciphersuites", "TLS_AES_128_GCM_SHA256"],
        &["Cipher is TLS_AES_128_GCM_SHA256"],
    );
}

#[test]
fn s_client_gets_every_nist_curve() {
    served(
        KeyKind::P256,
        &["-groups", "P-256"],
        &["Server Temp Key: ECDH, prime256v1, 256 bits"],
    );
    served(
        KeyKind::P256,
        &["-groups", "P-384"],
        &["Server Temp Key: ECDH, secp384r1, 384 bits"],
    );
    if cfg!(feature = "ring") {
        refused(&["-groups", "P-521"], None, "NoKxGroupsInCommon");
    } else {
        served(
            KeyKind::P256,
            &["-groups", "P-521"],
            &["Server Temp Key: ECDH, secp521r1, 521 bits"],
        );
    }
}

#[test]
fn old_versions_and_cbc_are_refused() {
    refused(
        &["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        None,
        "SignatureAlgorithmsExtensionRequired",
    );
    refused(
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
        None,
        "NoCipherSuitesInCommon",
    );
}

#[cfg(not(feature = "fips"))]
#[test]
fn s_client_gets_chacha_and_x25519_outside_fips() {
    let chacha13 = "TLS_CHACHA20_POLY1305_SHA256";
    served(
        KeyKind::P256,
        &["-ciphersuites", chacha13],
        &["Cipher is TLS_CHACHA20_POLY1305_SHA256"],
    );
    let chacha12 = "ECDHE-ECDSA-CHACHA20-POLY1305";
    served(
        KeyKind::P256,
        &["-tls1_2", "-cipher", chacha12],
        &["Cipher is ECDHE-ECDSA-CHACHA20-POLY1305"],
    );
    served(
        KeyKind::P256,
        &["-groups", "X25519"],
        &["Server Temp Key: X25519, 253 bits"],
    );
    let without_ems = s_client(KeyKind::P256, &["-tls1_2"], Some(NO_EMS));
    assert_eq!(without_ems.server, Ok(()), "{}", without_ems.client);
    assert!(
        without_ems.client.contains("Extended master secret: no"),
        "{}",
        without_ems.client
    );
}

#[cfg(feature = "fips")]
#[test]
fn a_fips_server_refuses_chacha_x25519_and_tls_12_without_ems() {
    refused(
        &["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        None,
        "NoCipherSuitesInCommon",
    );
    refused(
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
        None,
        "NoCipherSuitesInCommon",
    );
    refused(&["-groups", "X25519"], None, "NoKxGroupsInCommon");
    refused(&["-tls1_2", "-groups", "X25519"], None, "");
    refused(
        &["-tls1_2"],
        Some(NO_EMS),
        "ExtendedMasterSecretExtensionRequired",
    );
}

pub(crate) const NO_EMS: &str = "openssl_conf = main\n[main]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n\
                      [tls]\nOptions = -ExtendedMasterSecret\n";

#[test]
fn our_client_speaks_to_s_server() {
    for version in ["-tls1_3", "-tls1_2"] {
        let authority = ca("root");
        let folder = tempfile::tempdir().unwrap();
        let pair = server_cert(&authority, &["server.test"]);
        let path = |name: &str| folder.path().join(name);
        fs::write(path("tls.crt"), &pair.certificate).unwrap();
        fs::write(path("tls.key"), &pair.key).unwrap();
        let port = listen().1; // free again once the listener is dropped
        let mut server = s_server(folder.path(), port, version);
        let answer = fetch(&client(&authority).build().unwrap().config, port);
        server.kill().unwrap();
        server.wait().unwrap();
        let expected = if version == "-tls1_3" {
            "New, TLSv1.3"
        } else {
            "New, TLSv1.2"
        };
        assert!(answer.contains(expected), "{answer}");
    }
}

/// Starts `s_server` and returns once it listens.
fn s_server(folder: &Path, port: u16, version: &str) -> std::process::Child {
    let mut command = Command::new("openssl");
    command
        .current_dir(folder)
        .args(["s_server", "-accept", &port.to_string(), "-www", version]);
    command
        .args(["-cert", "tls.crt", "-key", "tls.key"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.as_mut().unwrap();
    let (mut said, mut byte) = (String::new(), [0; 1]);
    while !said.contains("ACCEPT") {
        stdout.read_exact(&mut byte).unwrap();
        said.push(char::from(byte[0]));
    }
    child
}

/// Asks for the status page of `s_server -www`.
fn fetch(config: &std::sync::Arc<rustls::ClientConfig>, port: u16) -> String {
    let name = rustls::pki_types::ServerName::try_from("server.test").unwrap();
    let connection = rustls::ClientConnection::new(config.clone(), name).unwrap();
    let socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut page = Vec::new();
    // s_server closes without a close_notify now and then; what came before is what counts.
    let _ = stream.read_to_end(&mut page);
    String::from_utf8_lossy(&page).into_owned()
}
