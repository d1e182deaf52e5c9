//! The certificate replaced, broken and repaired while the program runs.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    sync::Arc,
};

use crypto::{
    Settings,
    test_util::{Authority, Pair, ca, server_cert},
    tls::{ClientConfigBuilder, TrustStore},
};
use rustls::{
    ClientConfig, ClientConnection, StreamOwned,
    pki_types::{CertificateDer, ServerName},
};

use crate::{
    client::{Client, Request},
    gateway::{Gateway, PATIENCE},
};

type Secured = StreamOwned<ClientConnection, TcpStream>;

/// A gateway under TLS, its files, and an authority that issues for it.
struct Scene {
    directory: tempfile::TempDir,
    authority: Authority,
    trusting: Arc<ClientConfig>,
    gateway: Gateway,
}

impl Scene {
    fn new() -> Self {
        // Harmless when another test was first.
        crypto::install(&Settings::default()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let authority = ca("tests");
        install(directory.path(), &server_cert(&authority, &["127.0.0.1"]));
        let web = directory.path().join("web.yml");
        fs::write(
            &web,
            "tls_server_config:\n  cert_file: tls.crt\n  key_file: tls.key\n",
        )
        .unwrap();
        let roots = TrustStore::from_pem(authority.certificate.as_bytes());
        let trusting = ClientConfigBuilder::new(roots).build().unwrap().config;
        let gateway = Gateway::start(&[&format!("--web.config.file={}", web.display())]);
        Self {
            directory,
            authority,
            trusting,
            gateway,
        }
    }

    /// Makes a handshake; returns the connection and the certificate that was shown.
    fn handshake(&self) -> io::Result<(Client<Secured>, CertificateDer<'static>)> {
        let stream = TcpStream::connect(self.gateway.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::from(self.gateway.address.ip());
        let client =
            ClientConnection::new(Arc::clone(&self.trusting), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(client, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        let shown = stream.conn.peer_certificates().unwrap()[0]
            .clone()
            .into_owned();
        Ok((Client::over(stream), shown))
    }
}

fn install(directory: &Path, pair: &Pair) {
    fs::write(directory.join("tls.crt"), &pair.certificate).unwrap();
    fs::write(directory.join("tls.key"), &pair.key).unwrap();
}

#[test]
fn a_certificate_may_be_replaced_broken_and_repaired() {
    let scene = Scene::new();
    let push = Request::new("PUT", "/metrics/job/a").body("a 1\n");
    let (mut first, old) = scene.handshake().unwrap();
    assert_eq!(first.send(&push).status, 200);

    let second = server_cert(&scene.authority, &["127.0.0.1"]);
    install(scene.directory.path(), &second);
    let (mut client, new) = scene.handshake().unwrap();
    assert_ne!(new, old, "the next handshake shows the new certificate");
    assert_eq!(client.send(&push).status, 200);

    // The key of another certificate, no key at all, no file at all: nobody gets in, and the log says why.
    let other = server_cert(&scene.authority, &["127.0.0.1"]);
    let key = scene.directory.path().join("tls.key");
    fs::write(&key, &other.key).unwrap();
    assert!(scene.handshake().is_err());
    scene
        .gateway
        .log
        .wait_for("tls: private key does not match public key");
    fs::write(&key, "no key").unwrap();
    assert!(scene.handshake().is_err());
    scene
        .gateway
        .log
        .wait_for("failed to find any PEM data in key input");
    fs::remove_file(&key).unwrap();
    assert!(scene.handshake().is_err());
    scene.gateway.log.wait_for("no such file or directory");

    // Connections from before are served all the while.
    assert_eq!(first.send(&push).status, 200);
    assert_eq!(client.send(&push).status, 200);

    install(scene.directory.path(), &second);
    let (mut client, repaired) = scene.handshake().unwrap();
    assert_eq!(repaired, new);
    assert!(
        client
            .send(&Request::new("GET", "/metrics"))
            .text(200)
            .contains("\na{")
    );
    assert!(scene.gateway.stop().0.success());
}

#[test]
fn plain_http_on_the_tls_port_is_told_so() {
    let scene = Scene::new();
    let mut client = scene.gateway.connect();
    client
        .write(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let answer = client.answer().unwrap().text(400);
    assert_eq!(answer, "Client sent an HTTP request to an HTTPS server.\n");
}

/// Opens a connection whose handshake stalls: before its first byte, within the client's hello, or after the server's
/// answer to it.
fn stalled(scene: &Scene, hello: &[u8], number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(scene.gateway.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    match number % 3 {
        0 => {}
        1 => stream.write_all(&hello[..hello.len() / 2]).unwrap(),
        _ => {
            stream.write_all(hello).unwrap();
            stream.read_exact(&mut [0]).unwrap();
        }
    }
    stream
}

#[test]
fn a_thousand_stalled_handshakes_take_less_than_64_mb_and_keep_nobody_out() {
    let scene = Scene::new();
    let name = ServerName::from(scene.gateway.address.ip());
    let mut hello = Vec::new();
    let mut client = ClientConnection::new(Arc::clone(&scene.trusting), name).unwrap();
    client.write_tls(&mut hello).unwrap();
    let ready = Request::new("GET", "/-/ready");
    assert_eq!(scene.handshake().unwrap().0.send(&ready).status, 200);

    let before = scene.gateway.peak_memory();
    let mut stuck = Vec::new();
    for number in 0..1000 {
        stuck.push(stalled(&scene, &hello, number));
        if number % 100 == 99 {
            // Accepted after all of those before it, so all of them are there.
            assert_eq!(scene.handshake().unwrap().0.send(&ready).status, 200);
        }
    }
    let taken = scene.gateway.peak_memory() - before;
    assert!(taken < 64 << 20, "{taken} bytes");
    eprintln!("1,000 stalled handshakes took {} kB", taken >> 10);
    drop(stuck);
}
