//! TLS: protocols, client certificates, and files that change while the server runs.

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use crypto::{
    test_util::{Authority, Pair, ca, client_cert, server_cert},
    tls::{ClientConfigBuilder, Identity, TrustStore},
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kit_http::Limits;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    client::{Running, serve},
    web_config,
};

/// An authority, a server certificate of it, and the folder of the configuration.
struct Site {
    authority: Authority,
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        drop(crypto::install(&crypto::Settings::default())); // once per process: later calls may refuse
        let site = Self {
            authority: ca("authority"),
            folder: TempDir::new().unwrap(),
        };
        site.write_identity(&server_cert(&site.authority, &["localhost"]));
        fs::write(site.path("ca.pem"), &site.authority.certificate).unwrap();
        site
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write_identity(&self, pair: &Pair) {
        replace(&self.path("key.pem"), &pair.key);
        replace(&self.path("cert.pem"), &pair.certificate);
    }

    /// Serves with these lines in the TLS part.
    fn serve(&self, lines: &str) -> Running {
        self.serve_with(lines, "", Limits::default())
    }

    fn serve_with(&self, lines: &str, others: &str, limits: Limits) -> Running {
        let text = format!(
            "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{lines}{others}"
        );
        serve(limits, Some(web_config::write(self.folder.path(), &text)))
    }

    fn client(&self) -> ClientConfigBuilder {
        ClientConfigBuilder::new(TrustStore::from_pem(self.authority.certificate.as_bytes()))
    }

    /// A client with a certificate of an authority.
    fn client_of(&self, authority: &Authority, names: &[&str]) -> ClientConfigBuilder {
        let pair = client_cert(authority, names);
        let identity = Identity::from_pem(pair.certificate.as_bytes(), pair.key.as_bytes());
        self.client().identity(identity.unwrap())
    }
}

fn replace(path: &Path, text: &str) {
    let fresh = path.with_extension("new");
    fs::write(&fresh, text).unwrap();
    fs::rename(&fresh, path).unwrap();
}

async fn connect(
    server: &Running,
    client: ClientConfigBuilder,
) -> io::Result<TlsStream<TcpStream>> {
    let connector = TlsConnector::from(client.build().unwrap().config);
    let stream = TcpStream::connect(server.address).await?;
    connector
        .connect("localhost".try_into().unwrap(), stream)
        .await
}

/// Makes one request; an error when the server does not take the client, which TLS 1.3 tells only with the answer.
async fn ask(server: &Running, client: ClientConfigBuilder) -> io::Result<String> {
    let mut stream = connect(server, client).await?;
    let request = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn is_served(server: &Running, client: ClientConfigBuilder) -> bool {
    ask(server, client)
        .await
        .is_ok_and(|answer| answer.ends_with("\r\n\r\nGET /a\n"))
}

#[tokio::test]
async fn h2_and_http1_are_chosen_by_alpn() {
    let site = Site::new();
    let server = site.serve("");
    assert!(is_served(&server, site.client().alpn(&[b"http/1.1"])).await);
    assert!(is_served(&server, site.client()).await);
    let stream = connect(&server, site.client().alpn(&[b"h2", b"http/1.1"]))
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let requests = (0..10).map(|number| {
        let request = http::Request::post(format!("https://localhost/{number}//..?x=%zz"));
        sender.send_request(request.body(Full::new(Bytes::from("body"))).unwrap())
    });
    for (number, answer) in requests.collect::<Vec<_>>().into_iter().enumerate() {
        let body = answer
            .await
            .unwrap()
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes();
        assert_eq!(body, format!("POST /{number}//..?x=%zz\nbody"));
    }
}

#[tokio::test]
async fn without_http2_nothing_is_said_about_protocols() {
    let site = Site::new();
    let server = site.serve_with(
        "",
        "http_server_config:\n  http2: false\n",
        Limits::default(),
    );
    let stream = connect(&server, site.client().alpn(&[b"h2", b"http/1.1"]))
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), None);
    assert!(is_served(&server, site.client()).await);
}

#[tokio::test]
async fn plain_http_is_answered_in_plain_http() {
    let site = Site::new();
    let server = site.serve("");
    let answer = server.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(
        answer,
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
    );
    // Go cannot tell these from rubbish.
    assert_eq!(server.exchange("DELETE / HTTP/1.1\r\n\r\n").await, "");
    assert_eq!(server.exchange("rubbish").await, "");
}

#[tokio::test]
async fn a_client_of_an_old_version_is_told_that_it_is_the_version() {
    let site = Site::new();
    let server = site.serve("");
    for minor in [0, 1, 2] {
        let hello = [22, 3, 1, 0, 47, 1, 0, 0, 43, 3, minor];
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(&hello).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, [21, 3, 1, 0, 2, 2, 70], "3.{minor}");
    }
    assert!(is_served(&server, site.client()).await);
}

#[tokio::test]
async fn a_hello_in_pieces_is_put_together() {
    let site = Site::new();
    let server = site.serve("");
    let mut client = TcpStream::connect(server.address).await.unwrap();
    // Four bytes of a hello in one record: what follows in the next must not be taken for its version.
    client
        .write_all(&[22, 3, 1, 0, 4, 1, 0, 0, 43])
        .await
        .unwrap();
    client.write_all(&[22, 3, 1, 0, 2, 3, 2]).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_ne!(answer.last(), Some(&70), "{answer:?}");
    assert!(is_served(&server, site.client()).await);
}

#[tokio::test]
async fn a_handshake_that_stalls_is_cut_off_and_holds_up_nobody() {
    let site = Site::new();
    let limits = Limits {
        handshake: Duration::from_millis(150),
        ..Limits::default()
    };
    let server = site.serve_with("", "", limits);
    let _silent: Vec<_> = (0..50).map(|_| server.connect()).collect();
    assert!(is_served(&server, site.client()).await);
    assert_eq!(server.exchange("").await, "");
    assert_eq!(server.exchange("\x16\x03\x01").await, "");
    assert_eq!(server.exchange("\x16\x03\x01\x00\x60\x01").await, "");
}

#[tokio::test]
async fn each_client_certificate_mode_lets_in_whom_it_should() {
    let site = Site::new();
    let stranger = ca("stranger");
    for (mode, without, with_known, with_stranger) in [
        ("RequestClientCert", true, true, true),
        ("RequireAnyClientCert", false, true, true),
        ("RequireClientCert", false, true, true),
        ("VerifyClientCertIfGiven", true, true, false),
        ("RequireAndVerifyClientCert", false, true, false),
    ] {
        let server = site.serve(&format!(
            "  client_auth_type: {mode}\n  client_ca_file: ca.pem\n"
        ));
        assert_eq!(is_served(&server, site.client()).await, without, "{mode}");
        let known = site.client_of(&site.authority, &["client"]);
        assert_eq!(is_served(&server, known).await, with_known, "{mode}");
        let unknown = site.client_of(&stranger, &["client"]);
        assert_eq!(is_served(&server, unknown).await, with_stranger, "{mode}");
    }
}

#[tokio::test]
async fn only_clients_with_an_allowed_name_are_let_in() {
    let site = Site::new();
    let server = site.serve(
        "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  \
         client_allowed_sans: [good.example, 127.0.0.9]\n",
    );
    let named = |names: &[&str]| site.client_of(&site.authority, names);
    assert!(is_served(&server, named(&["other.example", "good.example"])).await);
    assert!(is_served(&server, named(&["127.0.0.9"])).await);
    assert!(!is_served(&server, named(&["other.example"])).await);
    assert!(!is_served(&server, named(&["sub.good.example"])).await);
}

#[tokio::test]
async fn a_certificate_may_be_replaced_broken_and_repaired_while_the_server_runs() {
    let site = Site::new();
    let server = site.serve("");
    let shown = async || {
        let stream = connect(&server, site.client()).await.ok()?;
        let certificates = stream.get_ref().1.peer_certificates()?;
        Some(certificates[0].to_vec())
    };
    let first = shown().await.expect("the first certificate serves");
    let second = server_cert(&site.authority, &["localhost"]);
    site.write_identity(&second);
    let replaced = shown().await.expect("the second certificate serves");
    assert_ne!(first, replaced);
    replace(&site.path("cert.pem"), "broken");
    assert_eq!(shown().await, None);
    assert_eq!(shown().await, None);
    site.write_identity(&second);
    assert_eq!(shown().await, Some(replaced));
}

#[tokio::test]
async fn a_web_configuration_that_breaks_fails_handshakes_and_requests_until_repaired() {
    let site = Site::new();
    let server = site.serve("");
    let good = fs::read_to_string(site.path("web.yml")).unwrap();
    let mut kept = connect(&server, site.client()).await.unwrap();
    for broken in ["tls_server_config: [\n", "rate_limit: {}\n"] {
        web_config::write(site.folder.path(), broken);
        assert!(ask(&server, site.client()).await.is_err(), "{broken}");
    }
    web_config::write(site.folder.path(), "broken: [\n");
    kept.write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut start = [0; 12];
    kept.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 500");
    web_config::write(site.folder.path(), &good);
    assert!(is_served(&server, site.client()).await);
}

/// Texts of the TLS part as upstream 1.11.3 logged them.
#[tokio::test]
async fn bad_tls_parts_end_the_start_in_upstreams_words() {
    let site = Site::new();
    for (lines, expected) in [
        ("  client_auth_type: X\n", "invalid ClientAuth: X"),
        (
            "  client_ca_file: ca.pem\n",
            "client CA's have been configured without a Client Auth Policy",
        ),
        (
            "  client_ca_file: /nowhere/ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n",
            "open /nowhere/ca.pem: no such file or directory",
        ),
        (
            "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n",
            "http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher (need at least one \
             of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)",
        ),
    ] {
        let error = site.serve(lines).served.await.unwrap().unwrap_err();
        assert_eq!(kit_telemetry::chain(&error), expected);
    }
}

#[tokio::test]
async fn stopping_ends_tls_connections_in_good_order() {
    let site = Site::new();
    let server = Arc::new(site.serve(""));
    let stream = connect(&server, site.client().alpn(&[b"h2"]))
        .await
        .unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get("https://localhost/a")
        .body(Full::new(Bytes::new()))
        .unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
    server.stop.trigger();
    connection.await.unwrap().unwrap();
}

/// Upstream starts with them, and then fails every handshake.
#[tokio::test]
async fn a_range_of_versions_without_a_version_ends_the_start() {
    let site = Site::new();
    let running = site.serve("  min_version: TLS13\n  max_version: TLS12\n");
    let error = running.served.await.unwrap().unwrap_err();
    assert_eq!(
        kit_telemetry::chain(&error),
        "min version (TLS13) is greater than max version (TLS12)"
    );
}
