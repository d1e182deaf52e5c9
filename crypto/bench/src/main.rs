//! Our configurations under `worker`.

mod worker;

use std::sync::Arc;

use crypto::tls::{ClientConfigBuilder, Identity, ServerConfigBuilder, TrustStore};

fn main() {
    crypto::install(&crypto::Settings::default()).expect("the module is in order");
    worker::run(|files, only_p256| {
        let identity = Identity::from_pem(&files.certificate, &files.key).expect("an identity");
        let curves = if only_p256 { &["CurveP256".to_owned()][..] } else { &[] };
        let client = ClientConfigBuilder::new(TrustStore::from_pem(&files.authority)).curves(curves);
        let server = ServerConfigBuilder::new(identity).curves(curves);
        let (client, server) = (client.build().expect("a client"), server.build().expect("a server"));
        (Arc::unwrap_or_clone(client.config), Arc::unwrap_or_clone(server.config))
    });
}
