//! Certificates, keys and authorities replaced while a server runs.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use crypto::{
    test_util::{Authority, Pair, ca, client_cert, server_cert},
    tls::{
        Built, ClientAuth, TlsError,
        reload::{ServerFiles, Watched},
    },
};
use rustls::ServerConfig;
use tempfile::TempDir;

use crate::pipe::{client, connect, identity};

type Server = Watched<Built<ServerConfig>, TlsError>;

fn write(folder: &Path, pair: &Pair) {
    fs::write(folder.join("tls.crt"), &pair.certificate).unwrap();
    fs::write(folder.join("tls.key"), &pair.key).unwrap();
}

fn files(folder: &Path) -> ServerFiles {
    ServerFiles {
        certificate: folder.join("tls.crt"),
        key: folder.join("tls.key"),
        client_ca: None,
    }
}

fn start() -> (TempDir, Authority, Server) {
    let (folder, authority) = (tempfile::tempdir().unwrap(), ca("first"));
    write(folder.path(), &server_cert(&authority, &["server.test"]));
    let server = files(folder.path())
        .watch(ClientAuth::NoClientCert, |server| server)
        .unwrap();
    (folder, authority, server)
}

/// Whether a client that trusts `authority` gets through to the server as it is now.
fn reaches(authority: &Authority, server: &Server) -> bool {
    let config = server.get().unwrap().config.clone();
    connect(
        &client(authority).build().unwrap().config,
        &config,
        "server.test",
    )
    .is_ok()
}

#[test]
fn a_replaced_certificate_is_shown_to_the_next_client() {
    let (folder, first, server) = start();
    assert!(reaches(&first, &server));
    let second = ca("second");
    write(folder.path(), &server_cert(&second, &["server.test"]));
    assert!(reaches(&second, &server));
    assert!(!reaches(&first, &server));
}

#[test]
fn a_new_key_is_never_paired_with_the_old_certificate() {
    let (folder, first, server) = start();
    let next = server_cert(&first, &["server.test"]);
    fs::write(folder.path().join("tls.key"), &next.key).unwrap();
    assert_eq!(
        server.get().unwrap_err().to_string(),
        "tls: private key does not match public key"
    );
    let (last, error) = server.get_or_last();
    assert!(matches!(error, Some(TlsError::Identity(_))));
    assert!(
        connect(
            &client(&first).build().unwrap().config,
            &last.config,
            "server.test"
        )
        .is_ok()
    );
    fs::write(folder.path().join("tls.crt"), &next.certificate).unwrap();
    assert!(reaches(&first, &server));
}

#[test]
fn a_broken_file_fails_until_it_is_repaired() {
    let (folder, first, server) = start();
    let whole = fs::read(folder.path().join("tls.crt")).unwrap();
    fs::write(folder.path().join("tls.crt"), "broken").unwrap();
    for _ in 0..2 {
        let text = server.get().unwrap_err().to_string();
        assert_eq!(
            text,
            "tls: failed to find any PEM data in certificate input"
        );
    }
    fs::remove_file(folder.path().join("tls.crt")).unwrap();
    assert!(server.get().unwrap_err().to_string().starts_with("open "));
    fs::write(folder.path().join("tls.crt"), whole).unwrap();
    assert!(reaches(&first, &server));
}

#[test]
fn a_swapped_link_is_a_change_as_kubernetes_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let authorities = [ca("one"), ca("two")];
    for (name, authority) in ["..one", "..two"].iter().zip(&authorities) {
        fs::create_dir(folder.path().join(name)).unwrap();
        write(
            &folder.path().join(name),
            &server_cert(authority, &["server.test"]),
        );
    }
    let data = folder.path().join("..data");
    symlink("..one", &data).unwrap();
    for file in ["tls.crt", "tls.key"] {
        symlink(format!("..data/{file}"), folder.path().join(file)).unwrap();
    }
    let server = files(folder.path())
        .watch(ClientAuth::NoClientCert, |server| server)
        .unwrap();
    assert!(reaches(&authorities[0], &server));
    symlink("..two", folder.path().join("..next")).unwrap();
    fs::rename(folder.path().join("..next"), data).unwrap();
    assert!(reaches(&authorities[1], &server));
}

#[test]
fn a_replaced_client_authority_decides_about_the_next_client() {
    let (folder, authority, _) = start();
    let (old, new) = (ca("old clients"), ca("new clients"));
    let path = folder.path().join("ca.crt");
    fs::write(&path, &old.certificate).unwrap();
    let server = ServerFiles {
        client_ca: Some(path.clone()),
        ..files(folder.path())
    };
    let server = server
        .watch(ClientAuth::RequireAndVerifyClientCert, |server| server)
        .unwrap();
    let attempt = |clients: &Authority| {
        let pair = client_cert(clients, &["client.test"]);
        let client = client(&authority)
            .identity(identity(&pair))
            .build()
            .unwrap();
        connect(&client.config, &server.get().unwrap().config, "server.test").is_ok()
    };
    assert!(attempt(&old) && !attempt(&new));
    fs::write(&path, &new.certificate).unwrap();
    assert!(attempt(&new) && !attempt(&old));
}

#[test]
fn untouched_files_are_read_once_and_changed_ones_again() {
    static LOADS: AtomicUsize = AtomicUsize::new(0);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value");
    let write_old = |text: &str, seconds: u64| {
        fs::write(&path, text).unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
    };
    write_old("one", 1_000_000);
    let from = path.clone();
    let watched = Watched::new(vec![path.clone()], move || {
        LOADS.fetch_add(1, Ordering::Relaxed);
        fs::read_to_string(&from)
    })
    .unwrap();
    for _ in 0..5 {
        assert_eq!(*watched.get().unwrap(), "one");
    }
    assert_eq!(LOADS.load(Ordering::Relaxed), 1);
    write_old("two", 1_000_001);
    assert_eq!(*watched.get().unwrap(), "two");
    assert_eq!(LOADS.load(Ordering::Relaxed), 2);
}
