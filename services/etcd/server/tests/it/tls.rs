//! TLS: gRPC and pages on the same listener, and who the client is.

use std::{fs, sync::Arc};

use bytes::Bytes;
use crypto::{
    test_util::{Authority, ca, client_cert, server_cert},
    tls::{ClientAuth, ClientConfigBuilder, Identity, TrustStore, reload::ServerFiles},
};
use etcd_api::etcdserverpb::{PutRequest, PutResponse};
use etcd_server::Traffic;
use http::Request;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    client::Client,
    server::{Running, config, serve},
};

fn start(authority: &Authority, folder: &TempDir) -> Running {
    drop(crypto::install(&crypto::Settings::default())); // once per process: later calls may refuse
    let path = |name: &str| folder.path().join(name);
    let pair = server_cert(authority, &["localhost"]);
    fs::write(path("cert.pem"), &pair.certificate).unwrap();
    fs::write(path("key.pem"), &pair.key).unwrap();
    fs::write(path("ca.pem"), &authority.certificate).unwrap();
    let files = ServerFiles {
        certificate: path("cert.pem"),
        key: path("key.pem"),
        client_ca: Some(path("ca.pem")),
    };
    let auth = ClientAuth::RequireAndVerifyClientCert;
    let watched = files.watch(auth, |builder| builder.alpn(&[b"h2", b"http/1.1"]));
    let mut config = config();
    config.has_client_cert_auth = true;
    serve(config, Some(Arc::new(watched.unwrap())), Traffic::All)
}

async fn connect(server: &Running, authority: &Authority) -> TlsStream<TcpStream> {
    let pair = client_cert(authority, &["a client"]);
    let identity = Identity::from_pem(pair.certificate.as_bytes(), pair.key.as_bytes()).unwrap();
    let roots = TrustStore::from_pem(authority.certificate.as_bytes());
    let built = ClientConfigBuilder::new(roots)
        .identity(identity)
        .alpn(&[b"h2"])
        .build()
        .unwrap();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(built.config)
        .connect(name, stream)
        .await
        .unwrap()
}

#[tokio::test]
async fn grpc_and_pages_share_a_connection_and_the_client_is_known() {
    let authority = ca("authority");
    let folder = TempDir::new().unwrap();
    let server = start(&authority, &folder);
    let client = Client::over(connect(&server, &authority).await).await;
    let put = PutRequest {
        key: Bytes::from_static(b"a"),
        ..PutRequest::default()
    };
    client
        .unary::<PutResponse>("/etcdserverpb.KV/Put", &put)
        .await
        .unwrap();
    let seen = server.seen.callers.lock().pop().unwrap();
    assert_eq!(seen.2.as_deref(), Some("a client"));
    let page = client
        .call(Request::get("https://localhost/version"), Bytes::new())
        .await;
    assert_eq!(page.http, 200);
    let date = page.headers.get("date").unwrap().to_str().unwrap();
    assert!(date.ends_with(" GMT"), "{date}");
    assert!(
        page.data.starts_with(b"{\"etcdserver\":\"3.7.3\""),
        "{page:?}"
    );
    let put = client
        .call(
            Request::post("https://localhost/v3/kv/put"),
            Bytes::from_static(b"{\"key\":\"YQ==\"}"),
        )
        .await;
    assert_eq!(put.http, 200, "{put:?}");
    let seen = server.seen.callers.lock().pop().unwrap();
    assert_eq!(seen.2, None);
    server.board.set_auth_enabled(true);
    let refused = client
        .call(
            Request::post("https://localhost/v3/kv/put"),
            Bytes::from_static(b"{}"),
        )
        .await;
    assert_eq!(refused.http, 400);
    assert!(
        refused.data.starts_with(b"CommonName of client"),
        "{refused:?}"
    );
}
