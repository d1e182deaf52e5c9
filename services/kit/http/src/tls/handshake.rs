//! One handshake, in the task of its connection: under a deadline, with Go's words for what goes wrong.
//!
//! Source: Go net/http server.go `conn.serve`, `tlsRecordHeaderLooksLikeHTTP`.

use std::{io, time::Duration};

use crypto::tls::handshake_error_text;
use kit_telemetry::chain;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{Tls, replay::Replay};

/// A stream under TLS.
pub(crate) type Secured<S> = TlsStream<Replay<S>>;

/// Makes the handshake with a client.
///
/// # Errors
/// The words Go logs after `http: TLS handshake error from <peer>: `.
pub(crate) async fn accept<S>(tls: &Tls, stream: S, limit: Duration) -> Result<Secured<S>, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match timeout(limit, negotiate(tls, stream)).await {
        Ok(outcome) => outcome,
        Err(_) => Err("i/o timeout".to_owned()), // Go's text, without its addresses
    }
}

async fn negotiate<S>(tls: &Tls, stream: S) -> Result<Secured<S>, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = Replay::new(stream)
        .await
        .map_err(|error| io_words(&error))?;
    if stream.head().is_empty() {
        return Err("EOF".to_owned()); // Go's text
    }
    if looks_like_http(stream.head()) {
        answer(&mut stream, PLAIN_HTTP).await;
        return Err("client sent an HTTP request to an HTTPS server".to_owned()); // Go's text
    }
    if !looks_like_tls(stream.head()) {
        answer(&mut stream, b"").await;
        return Err("tls: first record does not look like a TLS handshake".to_owned()); // Go's text
    }
    if let Some(text) = refuse_old_version(&mut stream).await? {
        return Err(text);
    }
    match tls.config() {
        Ok(config) => {
            let secured = TlsAcceptor::from(config).accept(stream).await;
            secured.map_err(|error| io_words(&error))
        }
        Err(error) => {
            answer(&mut stream, INTERNAL_ERROR_ALERT).await;
            Err(chain(&error))
        }
    }
}

/// Refuses a client that knows nothing newer than TLS 1.1 and returns Go's text. rustls would look for its signature
/// algorithms first, which such a client does not send, and its alert would speak of those instead of the version.
async fn refuse_old_version<S>(stream: &mut Replay<S>) -> Result<Option<String>, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !holds_hello_head(stream.head()) {
        return Ok(None);
    }
    let read = stream.read_hello().await;
    read.map_err(|error| io_words(&error))?;
    let offered = match (stream.head().get(5), stream.head().get(9..11)) {
        (Some(&CLIENT_HELLO), Some([3, 0])) => "[]",
        (Some(&CLIENT_HELLO), Some([3, 1])) => "[301]",
        (Some(&CLIENT_HELLO), Some([3, 2])) => "[302 301]",
        _ => return Ok(None),
    };
    answer(stream, PROTOCOL_VERSION_ALERT).await;
    let text = format!("tls: client offered only unsupported versions: {offered}"); // Go's text
    Ok(Some(text))
}

/// Whether a record, by its head, is a handshake message with its version in it: an alert is none, and a hello that
/// comes in smaller pieces is left to rustls.
fn holds_hello_head(head: &[u8]) -> bool {
    matches!(head, [HANDSHAKE, _, _, high, low] if u16::from_be_bytes([*high, *low]) >= 6)
}

/// Says a last word, heard or not, and takes what the client has sent: closing with bytes unread would make the kernel
/// take the word back.
async fn answer<S>(stream: &mut S, bytes: &[u8])
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
        let _ = timeout(LINGER, tokio::io::copy(stream, &mut tokio::io::sink())).await;
    }
}

/// Go's list: only these five can be told from the first five bytes, and `DELETE` is not among them.
fn looks_like_http(head: &[u8]) -> bool {
    [b"GET /", b"HEAD ", b"POST ", b"PUT /", b"OPTIO"]
        .into_iter()
        .any(|method| head == method)
}

/// A handshake or alert record of any version.
fn looks_like_tls(head: &[u8]) -> bool {
    matches!(head, [0x15 | HANDSHAKE, 3, ..] | [0x15 | HANDSHAKE])
}

fn io_words(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|it| it.downcast_ref());
    match (inner, error.kind()) {
        (Some(error), _) => handshake_error_text(error),
        (None, io::ErrorKind::UnexpectedEof) => "EOF".to_owned(), // Go's text
        (None, _) => {
            let words = error.to_string();
            let words = words.split(" (os error ").next().unwrap_or_default();
            words.to_lowercase()
        }
    }
}

/// Time to take what a client still sends.
const LINGER: Duration = Duration::from_millis(500);

const PLAIN_HTTP: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"; // Go's text

/// The record of a handshake message.
const HANDSHAKE: u8 = 0x16;

/// The handshake message that begins a handshake.
const CLIENT_HELLO: u8 = 1;

/// A fatal alert `protocol_version`.
const PROTOCOL_VERSION_ALERT: &[u8] = &[21, 3, 1, 0, 2, 2, 70];

/// A fatal alert `internal_error` in a record of its own, as Go sends it when it has no configuration for the client.
const INTERNAL_ERROR_ALERT: &[u8] = &[21, 3, 1, 0, 2, 2, 80];
