//! Certificates: of clients, of peers, made by the member itself, and replaced while it works.

use std::{fs, net::TcpStream, path::Path, sync::Arc};

use crypto::{
    test_util::{Authority, Pair, ca, client_cert, server_cert},
    tls::{ClientConfigBuilder, Identity, TrustStore},
};
use etcd_client::{Credentials, TlsFiles};

use crate::program::{Member, command, connect, file, get, put, refused};

/// The files of a server and of its clients' authority.
struct Files {
    authority: Authority,
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        drop(crypto::install(&crypto::Settings::default())); // once per process: later calls may refuse
        let files = Self {
            authority: ca("authority"),
            folder: tempfile::tempdir().unwrap(),
        };
        files.write(
            "server",
            &server_cert(&files.authority, &["127.0.0.1", "localhost"]),
        );
        files.write("client", &client_cert(&files.authority, &["a client"]));
        file(files.folder.path(), "ca.pem", &files.authority.certificate);
        files
    }

    fn write(&self, name: &str, pair: &Pair) {
        file(
            self.folder.path(),
            &format!("{name}.pem"),
            &pair.certificate,
        );
        file(self.folder.path(), &format!("{name}.key"), &pair.key);
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The flags of a listener with these certificates; `prefix` is empty or `peer-`.
    fn flags(&self, prefix: &str) -> Vec<String> {
        vec![
            format!("--{prefix}cert-file={}", self.path("server.pem")),
            format!("--{prefix}key-file={}", self.path("server.key")),
        ]
    }

    /// What a client is given; without a certificate of its own unless `is_known`.
    fn client(&self, is_known: bool) -> TlsFiles {
        let own = |name| {
            if is_known {
                self.path(name)
            } else {
                String::new()
            }
        };
        TlsFiles {
            certificate: own("client.pem"),
            key: own("client.key"),
            authorities: self.path("ca.pem"),
            server_name: String::new(),
            plain: true,
            skip_verify: false,
        }
    }
}

fn start(folder: &Path, flags: &[String]) -> Member {
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Member::start(folder, &flags)
}

const SECURE: &str = "--listen-client-urls=https://127.0.0.1:0";

async fn works(member: &Member, tls: &TlsFiles) -> Result<(), String> {
    let client = connect(
        &format!("https://{}", member.address),
        Credentials::None,
        Some(tls),
    )
    .await?;
    put(&client, "a", "b").await?;
    assert_eq!(get(&client, "a").await?.as_deref(), Some("b"));
    Ok(())
}

#[tokio::test]
async fn clients_with_the_right_certificates_are_served_and_others_are_told_of() {
    let files = Files::new();
    let folder = tempfile::tempdir().unwrap();
    let mut flags = files.flags("");
    flags.extend([SECURE.to_owned(), "--client-cert-auth".to_owned()]);
    flags.push(format!("--trusted-ca-file={}", files.path("ca.pem")));
    let mut member = start(folder.path(), &flags);
    works(&member, &files.client(true)).await.unwrap();
    assert!(handshake(&member.address, &files, false).is_err());
    let line = member.wait_for("rejected connection on client endpoint");
    assert!(line.contains("certificate"), "{line}");
}

#[tokio::test]
async fn certificates_may_change_while_clients_work() {
    let files = Files::new();
    let folder = tempfile::tempdir().unwrap();
    let mut flags = files.flags("");
    flags.push(SECURE.to_owned());
    let member = start(folder.path(), &flags);
    let endpoint = format!("https://{}", member.address);
    let client = connect(&endpoint, Credentials::None, Some(&files.client(false)))
        .await
        .unwrap();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = stop.clone();
    let load = tokio::spawn(async move {
        let mut count = 0;
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            put(&client, "load", &count.to_string()).await.unwrap();
            count += 1;
        }
        count
    });
    let mut seen = Vec::new();
    for _ in 0..5 {
        let certificate = handshake(&member.address, &files, true).unwrap();
        assert!(
            !seen.contains(&certificate),
            "the old certificate is still shown"
        );
        seen.push(certificate);
        // A key that does not fit for a moment harms nobody who is connected.
        files.write(
            "server",
            &server_cert(&files.authority, &["127.0.0.1", "localhost"]),
        );
        works(&member, &files.client(false)).await.unwrap();
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(load.await.unwrap() > 0);
}

/// Makes a handshake on a thread of its own, and returns the server's certificate.
fn handshake(address: &str, files: &Files, is_known: bool) -> Result<Vec<u8>, String> {
    use std::io::{Read as _, Write as _};
    let roots = TrustStore::from_pem(files.authority.certificate.as_bytes());
    let mut builder = ClientConfigBuilder::new(roots);
    if is_known {
        let read = |name| fs::read(files.path(name)).unwrap();
        builder =
            builder.identity(Identity::from_pem(&read("client.pem"), &read("client.key")).unwrap());
    }
    let config = builder.build().unwrap().config;
    let mut session =
        tokio_rustls::rustls::ClientConnection::new(config, "127.0.0.1".try_into().unwrap())
            .unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    let mut stream = tokio_rustls::rustls::Stream::new(&mut session, &mut socket);
    // With TLS 1.3 a server refuses a client after the client believes to be done.
    let asked = stream.write_all(b"GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    asked.map_err(|error| error.to_string())?;
    let mut answer = [0; 12];
    stream
        .read_exact(&mut answer)
        .map_err(|error| error.to_string())?;
    assert_eq!(&answer, b"HTTP/1.1 200");
    Ok(session.peer_certificates().unwrap()[0].to_vec())
}

#[tokio::test]
async fn peers_are_served_under_tls_and_refused_by_name() {
    let files = Files::new();
    let folder = tempfile::tempdir().unwrap();
    let mut flags = files.flags("peer-");
    flags.extend([
        "--listen-peer-urls=https://127.0.0.1:0".to_owned(),
        "--peer-client-cert-auth".to_owned(),
        format!("--peer-trusted-ca-file={}", files.path("ca.pem")),
        "--peer-cert-allowed-cn=a client".to_owned(),
    ]);
    let mut member = start(folder.path(), &flags);
    handshake(&member.peer, &files, true).unwrap();
    files.write("client", &client_cert(&files.authority, &["somebody else"]));
    assert!(handshake(&member.peer, &files, true).is_err());
    let line = member.wait_for("rejected connection on peer endpoint");
    assert!(
        line.contains("client certificate authentication failed"),
        "{line}"
    );
}

#[tokio::test]
async fn a_member_makes_its_own_certificates_once() {
    let files = Files::new();
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        SECURE,
        "--auto-tls",
        "--listen-peer-urls=https://127.0.0.1:0",
        "--peer-auto-tls",
    ]
    .map(str::to_owned);
    let member = start(folder.path(), &flags);
    let anybody = TlsFiles {
        skip_verify: true,
        authorities: String::new(),
        ..files.client(false)
    };
    works(&member, &anybody).await.unwrap();
    member.crash();
    let made = |side: &str| {
        fs::read(
            folder
                .path()
                .join("data/fixtures")
                .join(side)
                .join("cert.pem"),
        )
        .unwrap()
    };
    let before = (made("client"), made("peer"));
    let member = start(folder.path(), &flags);
    works(&member, &anybody).await.unwrap();
    assert_eq!((made("client"), made("peer")), before);
}

#[test]
fn a_secure_address_for_peers_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.arg("--listen-peer-urls=https://127.0.0.1:0");
    let (code, log) = refused(command);
    assert_eq!(code, Some(1), "{log}");
    let words = "cannot listen on TLS for 127.0.0.1:0: KeyFile and CertFile are not presented";
    assert!(log.contains(words), "{log}");
}
