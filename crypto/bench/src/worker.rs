//! What is measured, the same for ours and for stock: handshakes and bulk data between a client and a server in memory.
//!
//! One command a line: `CASE MILLISECONDS`; one answer a line: how much was done per second of processor time. Time of
//! the processor, because neighbours on the machine must not decide.

use std::{
    fmt::Display,
    fs,
    io::{self, BufRead as _, Read as _, Write as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use nix::time::{ClockId, clock_gettime};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, ServerConfig, ServerConnection, client::Resumption};

/// The PEM files of one server.
pub(crate) struct Files {
    pub(crate) authority: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// Makes both sides' configurations; the flag asks for P-256 as the only group.
pub(crate) type Make = fn(&Files, bool) -> (ClientConfig, ServerConfig);

/// Answers commands from standard input until it ends. The argument is the folder of the certificates.
pub(crate) fn run(make: Make) {
    let folder = std::env::args().nth(1).expect("usage: worker FOLDER");
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line.expect("a command");
        let (case, milliseconds) = line.split_once(' ').expect("CASE MILLISECONDS");
        let time = Duration::from_millis(milliseconds.parse().expect("a number"));
        let rate = measure(make, Path::new(&folder), case, time);
        writeln!(out, "{rate}").and_then(|()| out.flush()).expect("somebody reads");
    }
}

/// A case is `KIND-KEY[-p256]`: kind `full`, `resumed`, `bulk` or `share` (one ephemeral key of the preferred group), key `rsa`
/// or `ecdsa`.
fn measure(make: Make, folder: &Path, case: &str, time: Duration) -> f64 {
    let mut words = case.split('-');
    let (kind, key) = (words.next().expect("a kind"), words.next().expect("a key"));
    let only_p256 = words.next() == Some("p256");
    let read = |name: String| fs::read(folder.join(name)).expect("a certificate");
    let files = Files {
        authority: read("ca.crt".to_owned()),
        certificate: read(format!("{key}.crt")),
        key: read(format!("{key}.key")),
    };
    let (mut client, server) = make(&files, only_p256);
    if kind == "full" {
        client.resumption = Resumption::disabled();
    }
    let (client, server) = (Arc::new(client), Arc::new(server));
    let warm = handshake(&client, &server);
    match kind {
        "full" | "resumed" => repeat(time, || {
            let pair = handshake(&client, &server);
            let expected = if kind == "full" { HandshakeKind::Full } else { HandshakeKind::Resumed };
            assert_eq!(pair.1.handshake_kind(), Some(expected));
            1.0
        }),
        "share" => {
            let group = client.crypto_provider().kx_groups[0];
            repeat(time, || {
                group.start().or_panic();
                1.0
            })
        }
        "bulk" => {
            let (mut client, mut server) = warm;
            let (data, mut wire, mut received) = (vec![7; CHUNK_BYTES], Vec::new(), vec![0; CHUNK_BYTES]);
            repeat(time, || {
                client.writer().write_all(&data).or_panic();
                wire.clear();
                while client.wants_write() {
                    client.write_tls(&mut wire).or_panic();
                }
                let (mut left, mut at) = (wire.as_slice(), 0);
                while !left.is_empty() || at < CHUNK_BYTES {
                    server.read_tls(&mut left).or_panic();
                    server.process_new_packets().or_panic();
                    at += match server.reader().read(&mut received[at..]) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                        count => count.or_panic(),
                    };
                }
                CHUNK_BYTES as f64 / 1e6
            })
        }
        _ => panic!("no case {case}"),
    }
}

/// Repeats `step` for this long and returns the sum of what it did per second.
fn repeat(time: Duration, mut step: impl FnMut() -> f64) -> f64 {
    let (start, mut done) = (now(), 0.0);
    loop {
        done += step();
        let elapsed = now() - start;
        if elapsed >= time {
            return done / elapsed.as_secs_f64();
        }
    }
}

fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock").into()
}

/// A handshake until both sides are done and the client has its tickets.
fn handshake(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> (ClientConnection, ServerConnection) {
    let name = "server.test".try_into().expect("a name");
    let mut client = ClientConnection::new(client.clone(), name).expect("a client");
    let mut server = ServerConnection::new(server.clone()).expect("a server");
    let mut wire = Vec::with_capacity(8192);
    while client.is_handshaking() || server.is_handshaking() || server.wants_write() {
        wire.clear();
        while client.wants_write() {
            client.write_tls(&mut wire).or_panic();
        }
        let mut left = wire.as_slice();
        while !left.is_empty() {
            server.read_tls(&mut left).or_panic();
            server.process_new_packets().or_panic();
        }
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).or_panic();
        }
        let mut left = wire.as_slice();
        while !left.is_empty() {
            client.read_tls(&mut left).or_panic();
            client.process_new_packets().or_panic();
        }
    }
    (client, server)
}

trait OrPanic<T> {
    fn or_panic(self) -> T;
}

impl<T, E: Display> OrPanic<T> for Result<T, E> {
    fn or_panic(self) -> T {
        self.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// What is sent before it is received: 48 KiB, below rustls' default limit of its buffers.
const CHUNK_BYTES: usize = 48 << 10;
