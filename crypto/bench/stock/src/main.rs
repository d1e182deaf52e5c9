//! rustls as it comes, under the same worker as ours.

#[path = "../../src/worker.rs"]
mod worker;

use std::sync::Arc;

#[cfg(feature = "aws-lc")]
use rustls::crypto::aws_lc_rs as stock;
#[cfg(feature = "ring")]
use rustls::crypto::ring as stock;
use rustls::{
    ClientConfig, NamedGroup, RootCertStore, ServerConfig, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};

fn main() {
    worker::run(|files, only_p256| {
        let mut provider = stock::default_provider();
        if only_p256 {
            provider.kx_groups.retain(|group| group.name() == NamedGroup::secp256r1);
        }
        let provider = Arc::new(provider);
        let chain: Result<_, _> = CertificateDer::pem_slice_iter(&files.certificate).collect();
        let key = PrivateKeyDer::from_pem_slice(&files.key).expect("a key");
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(&files.authority) {
            roots.add(root.expect("a root")).expect("a root");
        }
        let client = ClientConfig::builder_with_provider(provider.clone());
        let client = client.with_protocol_versions(VERSIONS).expect("versions");
        let client = client.with_root_certificates(roots).with_no_client_auth();
        let server = ServerConfig::builder_with_provider(provider);
        let server = server.with_protocol_versions(VERSIONS).expect("versions").with_no_client_auth();
        let mut server = server.with_single_cert(chain.expect("a chain"), key).expect("an identity");
        server.ticketer = stock::Ticketer::new().expect("tickets");
        (client, server)
    });
}

const VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
