//! Certificates, keys and authorities replaced while a server runs.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use crypto::{
    test_util::{Authority, Pair, ca, client_cert, server_cert},
    tls::{
        Built, ClientAuth, IdentityError, OnBrokenFiles, TlsError,
        reload::{ServerFiles, Watched},
    },
};
use rustls::ServerConfig;
use tempfile::TempDir;

use crate::pipe::{Failure, client, connect, identity, server, trust, without_hybrids};

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

/// Both files of an identity behind one link, as a Secret's volume has them.
struct Volume(TempDir);

impl Volume {
    fn new(pair: &Pair) -> Self {
        let volume = Self(tempfile::tempdir().unwrap());
        volume.swap(0, pair);
        for file in ["tls.crt", "tls.key"] {
            symlink(format!("..data/{file}"), volume.0.path().join(file)).unwrap();
        }
        volume
    }

    fn swap(&self, round: usize, pair: &Pair) {
        let folder = self.0.path();
        let name = format!("..round{round}");
        fs::create_dir(folder.join(&name)).unwrap();
        write(&folder.join(&name), pair);
        symlink(&name, folder.join("..next")).unwrap();
        fs::rename(folder.join("..next"), folder.join("..data")).unwrap();
    }
}

/// Runs `work` in `threads`, as often as `times` in all, and `change` with 1, 2, … after every ten of them, so that
/// changes fall into the middle of the others. Returns the number of changes.
fn race(
    times: usize,
    threads: usize,
    work: impl Fn() + Sync,
    change: impl Fn(usize) + Sync,
) -> usize {
    let (begun, changes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let turn = begun.fetch_add(1, Ordering::Relaxed);
                    if turn >= times {
                        return;
                    }
                    if turn % 10 == 9 {
                        change(changes.fetch_add(1, Ordering::Relaxed) + 1);
                    }
                    work();
                }
            });
        }
    });
    changes.into_inner()
}

fn some_identities(authority: &Authority) -> Vec<Pair> {
    let make = |_| server_cert(authority, &["server.test"]);
    (0..8).map(make).collect()
}

#[test]
fn ten_thousand_handshakes_race_with_reloads_and_none_sees_half_an_identity() {
    let authority = ca("authority");
    let pairs = some_identities(&authority);
    let volume = Volume::new(&pairs[0]);
    let server = files(volume.0.path())
        .watch(ClientAuth::NoClientCert, |server| server)
        .unwrap();
    let client = client(&authority).settings(without_hybrids());
    let client = client.build().unwrap().config;
    let swapping = Mutex::new(());
    let swaps = race(
        10_000,
        4,
        || {
            // A key with another's certificate would be an error here, or a bad signature at the client.
            let built = server.get().unwrap();
            connect(&client, &built.config, "server.test").unwrap();
        },
        |round| {
            let _one_at_a_time = swapping.lock().unwrap();
            volume.swap(round, &pairs[round % pairs.len()]);
        },
    );
    assert_eq!(swaps, 1_000);
}

#[test]
fn files_written_one_by_one_are_refused_or_whole_but_never_mixed() {
    let authority = ca("authority");
    let pairs = some_identities(&authority);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &pairs[0]);
    let server = files(folder.path())
        .watch(ClientAuth::NoClientCert, |server| server)
        .unwrap();
    let client = client(&authority).build().unwrap().config;
    let writing = Mutex::new(());
    race(
        1_000,
        2,
        || {
            let (last, _) = server.get_or_last();
            connect(&client, &last.config, "server.test").unwrap();
        },
        |round| {
            let _one_at_a_time = writing.lock().unwrap();
            write(folder.path(), &pairs[round % pairs.len()]);
        },
    );
    assert!(server.get().is_ok(), "what was written last is whole");
}

/// A client whose identity follows files meets a server that must see one.
struct Follower {
    folder: TempDir,
    clients: Authority,
    server: std::sync::Arc<ServerConfig>,
    client: std::sync::Arc<rustls::ClientConfig>,
}

impl Follower {
    fn new(on_broken: OnBrokenFiles) -> Self {
        let (folder, clients) = (tempfile::tempdir().unwrap(), ca("clients"));
        write(folder.path(), &client_cert(&clients, &["first.test"]));
        let (authority, server) = server();
        let server = server.client_auth(
            ClientAuth::RequireAndVerifyClientCert,
            Some(trust(&clients)),
        );
        let client = client(&authority).identity_files(
            folder.path().join("tls.crt"),
            folder.path().join("tls.key"),
            on_broken,
        );
        Self {
            folder,
            clients,
            server: server.build().unwrap().config,
            client: client.build().unwrap().config,
        }
    }

    fn attempt(&self) -> Result<(), Failure> {
        connect(&self.client, &self.server, "server.test").map(|_| ())
    }
}

#[test]
fn a_clients_broken_identity_ends_its_handshakes_with_the_reason() {
    let it = Follower::new(OnBrokenFiles::FailHandshake);
    it.attempt().unwrap();
    let next = client_cert(&it.clients, &["second.test"]);
    fs::write(it.folder.path().join("tls.key"), &next.key).unwrap();
    let text = "tls: private key does not match public key";
    assert_eq!(it.attempt(), Err(Failure::Client(text.to_owned())));
    fs::remove_file(it.folder.path().join("tls.key")).unwrap();
    let Err(Failure::Client(text)) = it.attempt() else {
        panic!("a handshake without a key");
    };
    assert!(
        text.starts_with("open ") && text.contains("tls.key: "),
        "{text}"
    );
    write(it.folder.path(), &next);
    it.attempt().unwrap();
}

#[test]
fn a_client_may_keep_its_last_identity_and_hears_why() {
    let told = std::sync::Arc::new(Mutex::new(Vec::new()));
    let tell = {
        let told = told.clone();
        move |error: &IdentityError| told.lock().unwrap().push(error.to_string())
    };
    let it = Follower::new(OnBrokenFiles::KeepLast(std::sync::Arc::new(tell)));
    fs::write(it.folder.path().join("tls.crt"), "broken").unwrap();
    it.attempt().unwrap();
    let text = "tls: failed to find any PEM data in certificate input";
    assert_eq!(*told.lock().unwrap(), [text]);
}

#[test]
fn a_client_does_not_start_with_a_broken_identity() {
    let nowhere = std::path::PathBuf::from("/nonexistent/tls.crt");
    let builder = client(&ca("authority")).identity_files(
        nowhere.clone(),
        nowhere,
        OnBrokenFiles::FailHandshake,
    );
    let error = builder.build().unwrap_err().to_string();
    assert_eq!(error, "open /nonexistent/tls.crt");
}
