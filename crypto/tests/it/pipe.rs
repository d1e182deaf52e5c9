//! A client and a server joined in memory.

use std::sync::Arc;

use crypto::{
    Settings,
    test_util::{Authority, Pair, ca, server_cert},
    tls::{ClientConfigBuilder, Identity, ServerConfigBuilder, TrustStore, handshake_error_text},
};
use rustls::{CipherSuite, pki_types::ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, NamedGroup, ProtocolVersion, ServerConfig,
    ServerConnection,
};

/// What a finished handshake agreed on.
#[derive(Debug)]
pub(crate) struct Agreed {
    pub(crate) version: ProtocolVersion,
    pub(crate) suite: CipherSuite,
    pub(crate) group: Option<NamedGroup>,
    pub(crate) kind: HandshakeKind,
    pub(crate) alpn: Option<Vec<u8>>,
}

/// Who ended the handshake, and with which words for the log.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    Client(String),
    Server(String),
}

/// Runs a handshake and one message each way.
pub(crate) fn connect(
    client: &Arc<ClientConfig>,
    server: &Arc<ServerConfig>,
    host: &'static str,
) -> Result<Agreed, Failure> {
    let name = ServerName::try_from(host).unwrap();
    let mut client = ClientConnection::new(client.clone(), name).unwrap();
    let mut server = ServerConnection::new(server.clone()).unwrap();
    std::io::Write::write_all(&mut client.writer(), b"ping").unwrap();
    let mut received = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        feed(&wire, |bytes| server.read_tls(bytes)).unwrap();
        let state = server
            .process_new_packets()
            .map_err(|error| Failure::Server(handshake_error_text(&error)))?;
        let ready = state.plaintext_bytes_to_read();
        let mut chunk = vec![0; ready];
        std::io::Read::read_exact(&mut server.reader(), &mut chunk).unwrap();
        received.extend(chunk);
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        feed(&wire, |bytes| client.read_tls(bytes)).unwrap();
        client
            .process_new_packets()
            .map_err(|error| Failure::Client(handshake_error_text(&error)))?;
    }
    assert_eq!(received, b"ping", "the handshake went on for ever");
    Ok(Agreed {
        version: server.protocol_version().unwrap(),
        suite: server.negotiated_cipher_suite().unwrap().suite(),
        group: server
            .negotiated_key_exchange_group()
            .map(rustls::crypto::SupportedKxGroup::name),
        kind: server.handshake_kind().unwrap(),
        alpn: server.alpn_protocol().map(<[u8]>::to_vec),
    })
}

fn feed(
    mut wire: &[u8],
    mut read: impl FnMut(&mut dyn std::io::Read) -> std::io::Result<usize>,
) -> std::io::Result<()> {
    while !wire.is_empty() {
        read(&mut wire)?;
    }
    Ok(())
}

pub(crate) fn identity(pair: &Pair) -> Identity {
    Identity::from_pem(pair.certificate.as_bytes(), pair.key.as_bytes()).unwrap()
}

pub(crate) fn trust(authority: &Authority) -> TrustStore {
    TrustStore::from_pem(authority.certificate.as_bytes())
}

/// A server for `server.test` under a fresh authority.
pub(crate) fn server() -> (Authority, ServerConfigBuilder) {
    let authority = ca("test authority");
    let pair = server_cert(&authority, &["server.test", "127.0.0.1"]);
    (authority, ServerConfigBuilder::new(identity(&pair)))
}

pub(crate) fn client(authority: &Authority) -> ClientConfigBuilder {
    ClientConfigBuilder::new(trust(authority))
}

pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn without_hybrids() -> Settings {
    Settings {
        post_quantum: false,
        ..Settings::default()
    }
}

/// A handshake with client certificates takes fewer.
const ROUNDS_MAX: usize = 6;
