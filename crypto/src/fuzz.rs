//! One function per kind of bytes that come from outside, for `fuzz/` and for the replay of its corpora. Feature
//! `test-util`; no program enables it.
//!
//! Whatever comes out is fine, as long as it comes out.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

use crate::{
    jwt, password,
    pki::{
        certificate::Certificate,
        crl::RevokedSerials,
        pem::{blocks, encode},
    },
    sign::{Curve, Hash, PrivateKey, Scheme},
    tls::{
        ClientAuth, ClientConfigBuilder, Identity, ServerConfigBuilder, TrustStore, Version,
        fuzz_certificate_path,
    },
    verify::PublicKey,
};

/// Reads bytes as PEM; what was found must be found again when it is written anew.
pub fn fuzz_pem(data: &[u8]) {
    for block in blocks(data) {
        let again = blocks(encode(&block.label, &block.bytes).as_bytes());
        assert_eq!(again, [block]);
    }
    drop(Identity::from_pem(data, data));
}

/// Reads bytes as a certificate and verifies it in every place of a chain.
pub fn fuzz_certificate(data: &[u8]) {
    if let Ok(certificate) = Certificate::parse(data) {
        assert_eq!(certificate.der, data);
        fuzz_certificate_path(&certificate);
    }
}

/// Reads bytes as a private key in any container; one that loads must be the same after it was written anew.
pub fn fuzz_private_key(data: &[u8]) {
    if let Ok(key) = PrivateKey::from_der(data) {
        for text in [Some(key.to_pkcs8_pem()), key.to_sec1_pem()]
            .into_iter()
            .flatten()
        {
            let again = PrivateKey::from_pem(text.as_bytes()).expect("written by us");
            assert_eq!(again.spki_der(), key.spki_der());
        }
    }
}

/// Reads bytes as a public key, as PEM or DER, and verifies them under it.
pub fn fuzz_public_key(data: &[u8]) {
    for key in [PublicKey::from_spki(data), PublicKey::from_pem(data)]
        .into_iter()
        .flatten()
    {
        let again = PublicKey::from_spki(&key.spki_der());
        assert_eq!(again.as_ref(), Ok(&key));
        for scheme in [Scheme::Ed25519, Scheme::Ecdsa(Curve::P256, Hash::Sha256)] {
            assert!(
                key.verify(scheme, data, data).is_err()
                    && key.verify_fixed(scheme, b"", data).is_err()
            );
        }
    }
}

/// Believes no token whose signature is not ours; the header and claims of one that is signed are read, up to a line
/// break and behind it.
pub fn fuzz_token(data: &[u8]) {
    static KEY: OnceLock<jwt::SigningKey> = OnceLock::new();

    let key = KEY.get_or_init(|| {
        let secret = crate::random::bytes::<32>(); // nobody can guess it, the fuzzer included
        jwt::SigningKey::from_secret(jwt::Algorithm::Hs256, &secret).expect("a long secret")
    });
    let verifying = key.verifying();
    if let Ok(token) = std::str::from_utf8(data) {
        assert!(verifying.verify(token, 1).is_err());
    }
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (header, claims) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let token = key
        .sign_parts(header, claims)
        .expect("HMAC signs everything");
    let _ = verifying.verify(&token, 1);
}

/// Reads bytes as a password hash of either scheme, and checks a password where that is quick.
pub fn fuzz_password_hash(data: &[u8]) {
    let Ok(hash) = std::str::from_utf8(data) else {
        return;
    };
    let is_quick = ["$2a$04$", "$pbkdf2-sha256$i=1$", "$pbkdf2-sha256$i=9$"]
        .iter()
        .any(|start| hash.starts_with(start));
    if password::check(hash).is_ok() && is_quick {
        let _ = password::verify(hash, b"a password of enough bytes");
    }
}

/// Reads bytes as a revocation list.
pub fn fuzz_revocation_list(data: &[u8]) {
    if let Ok(list) = RevokedSerials::parse(data) {
        let _ = list.contains(&[1]);
    }
}

/// Lets a server that demands client certificates read bytes.
pub fn fuzz_server_handshake(data: &[u8]) {
    let Ok(mut server) = ServerConnection::new(sides().server.clone()) else {
        return;
    };
    let mut rest = data;
    while !rest.is_empty() && server.read_tls(&mut rest).is_ok_and(|count| count > 0) {
        if server.process_new_packets().is_err() {
            return;
        }
    }
}

/// Lets a client read bytes as the answer to its hello; the first byte chooses its version.
pub fn fuzz_client_handshake(data: &[u8]) {
    let Some((choice, mut rest)) = data.split_first() else {
        return;
    };
    let Some(mut client) = client(*choice) else {
        return;
    };
    let _ = client.write_tls(&mut Vec::new());
    while !rest.is_empty() && client.read_tls(&mut rest).is_ok_and(|count| count > 0) {
        if client.process_new_packets().is_err() {
            return;
        }
    }
}

/// Runs a handshake whose flights are changed on the way. The first byte chooses the version; then come changes of four
/// bytes each: which flight, where in it (two bytes), which bits.
pub fn fuzz_changed_handshake(data: &[u8]) {
    let Some((choice, changes)) = data.split_first() else {
        return;
    };
    let changes = changes.chunks_exact(4);
    let (Some(mut client), Ok(mut server)) = (
        client(*choice),
        ServerConnection::new(sides().server.clone()),
    ) else {
        return;
    };
    for flight in 0..FLIGHTS_MAX {
        let mut wire = Vec::new();
        let is_clients = flight % 2 == 0;
        let written = if is_clients {
            client.write_tls(&mut wire)
        } else {
            server.write_tls(&mut wire)
        };
        if written.is_err() {
            return;
        }
        for change in changes.clone().filter(|change| change[0] == flight) {
            let at = usize::from(u16::from_be_bytes([change[1], change[2]]));
            if let Some(byte) = wire.get_mut(at) {
                *byte ^= change[3];
            }
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            let (read, processed) = if is_clients {
                (server.read_tls(&mut rest), server.process_new_packets())
            } else {
                (client.read_tls(&mut rest), client.process_new_packets())
            };
            if processed.is_err() || read.is_err() {
                return;
            }
        }
    }
}

struct Sides {
    server: Arc<ServerConfig>,
    clients: [Arc<ClientConfig>; 2],
}

fn client(choice: u8) -> Option<ClientConnection> {
    let config = sides().clients[usize::from(choice % 2)].clone();
    ClientConnection::new(config, "p256.test".try_into().ok()?).ok()
}

fn sides() -> &'static Sides {
    static SIDES: OnceLock<Sides> = OnceLock::new();
    SIDES.get_or_init(|| {
        let certificate = include_bytes!("../testdata/p256.crt");
        let key = include_bytes!("../testdata/p256.pem");
        let identity = Identity::from_pem(certificate, key).expect("a key of our own");
        let roots = TrustStore::from_pem(certificate);
        let mode = ClientAuth::RequireAndVerifyClientCert;
        let server = ServerConfigBuilder::new(identity.clone())
            .client_auth(mode, Some(roots.clone()))
            .build()
            .expect("a server");
        let clients = [Version::Tls12, Version::Tls13].map(|version| {
            let builder = ClientConfigBuilder::new(roots.clone()).identity(identity.clone());
            let built = builder.versions(None, Some(version)).build();
            built.expect("a client").config
        });
        Sides {
            server: server.config,
            clients,
        }
    })
}

/// A handshake has five at most.
const FLIGHTS_MAX: u8 = 8;
