//! Our side of a cell: one connection, one request, one answer.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

use crypto::tls::{
    ClientAuth, ClientConfigBuilder, Identity, ServerConfigBuilder, TrustStore,
    handshake_error_text,
};
use rustls::{ClientConnection, ServerConnection, StreamOwned};

use super::{
    Result,
    credentials::{Credentials, Files},
    table::Cell,
};
use crate::openssl::listen;

/// Serves one client, which `visit` lets come to the port, and returns what it said of the answer.
pub(crate) fn serve(
    cell: &Cell,
    credentials: &Credentials,
    visit: impl FnOnce(u16) -> Result,
) -> Result {
    let mut builder = ServerConfigBuilder::new(load(&credentials.server(cell.key))?);
    if cell.mutual {
        let roots = TrustStore::from_file(&credentials.authority()).unwrap();
        builder = builder.client_auth(ClientAuth::RequireAndVerifyClientCert, Some(roots));
    }
    let config = builder.build().map_err(|error| error.to_string())?.config;
    let (listener, port) = listen();
    let server = thread::spawn(move || -> Result {
        let (socket, _) = listener.accept().map_err(|error| words(&error))?;
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream
                .read_exact(&mut byte)
                .map_err(|error| words(&error))?;
            request.push(byte[0]);
        }
        let version = format!("{:?}", stream.conn.protocol_version().unwrap());
        let mutual = stream.conn.peer_certificates().is_some();
        let body = format!("{version} mutual={mutual}");
        write!(stream, "HTTP/1.0 200 OK\r\n\r\n{body}").map_err(|error| words(&error))?;
        stream.conn.send_close_notify();
        stream.flush().map_err(|error| words(&error))?;
        Ok(body)
    });
    let visited = visit(port);
    let sent = server.join().unwrap();
    // A client that never came would leave the server waiting; all of them come, or fail before.
    let (sent, got) = (sent?, visited?);
    let expected = body(cell);
    if sent == expected && got.contains(&expected) {
        Ok(got)
    } else {
        Err(format!("sent {sent:?}, got {got:?}, expected {expected:?}"))
    }
}

fn body(cell: &Cell) -> String {
    format!(
        "TLSv{} mutual={}",
        cell.version.replace('.', "_"),
        cell.mutual
    )
}

/// Visits a peer's server and returns what it answered.
pub(crate) fn visit(cell: &Cell, credentials: &Credentials, port: u16) -> Result {
    let mut builder =
        ClientConfigBuilder::new(TrustStore::from_file(&credentials.authority()).unwrap());
    if cell.mutual {
        builder = builder.identity(load(&credentials.client(cell.key))?);
    }
    let config = builder.build().map_err(|error| error.to_string())?.config;
    let name = "server.test".try_into().unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).map_err(|error| words(&error))?;
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), socket);
    stream
        .write_all(b"GET / HTTP/1.0\r\n\r\n")
        .map_err(|error| words(&error))?;
    let mut page = Vec::new();
    match stream.read_to_end(&mut page) {
        // OpenSSL's server may close without a close_notify; what came before is what counts.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !page.is_empty() => {}
        Err(error) => return Err(words(&error)),
        Ok(_) => {}
    }
    let version = stream.conn.protocol_version().unwrap();
    let page = String::from_utf8_lossy(&page).into_owned();
    let expected = format!("TLSv{}", cell.version.replace('.', "_"));
    // OpenSSL's page has no such words; its server lets nobody in without a certificate when it wants one.
    let denied = page.contains(&format!("mutual={}", !cell.mutual));
    if page.starts_with("HTTP/1.0 200") && format!("{version:?}") == expected && !denied {
        Ok(page)
    } else {
        Err(format!("{version:?}: {page}"))
    }
}

fn load(files: &Files) -> std::result::Result<Identity, String> {
    Identity::from_files(&files.certificate, &files.key).map_err(|error| error.to_string())
}

fn words(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    inner.map_or_else(|| error.to_string(), handshake_error_text)
}

/// Nobody waits longer for the other side.
const LIMIT: Duration = Duration::from_secs(10);
