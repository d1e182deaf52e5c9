//! A plain HTTP/1.1 client that sends what it is told, odd paths and broken requests included, one connection per request.
//!
//! It judges nothing: status, headers and body come back as they were sent (chunked framing removed).

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

mod response;

pub use response::Response;

/// How long a program may take for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Largest answer read.
const ANSWER_BYTES_MAX: usize = 512 << 20;

/// A request, ready to be sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Method token, sent as it is.
    pub method: String,
    /// Request target, sent as it is.
    pub target: String,
    /// Headers; `Host` and the body's framing are added unless they are here.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body; with a `Transfer-Encoding: chunked` header it is sent in chunks of 1,000 bytes.
    pub body: Option<Vec<u8>>,
}

/// No usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Connecting, or reading and writing, failed.
    #[error("talk to {address}")]
    Io {
        /// The program's address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The connection ended before any byte of an answer.
    #[error("connection closed without an answer")]
    Closed,
    /// The answer is not HTTP, or ends too early.
    #[error("malformed answer: {0}")]
    Malformed(String),
}

/// Sends `request` over a connection of its own and reads the answer.
///
/// # Errors
/// See [`ClientError`].
pub fn send(address: SocketAddr, request: &Request) -> Result<Response, ClientError> {
    exchange(address, &request.encode(address), request.method == "HEAD")
}

/// Sends `bytes` as they are and reads the first answer to them.
///
/// # Errors
/// See [`ClientError`].
pub fn send_raw(address: SocketAddr, bytes: &[u8]) -> Result<Response, ClientError> {
    exchange(address, bytes, bytes.starts_with(b"HEAD "))
}

fn exchange(address: SocketAddr, bytes: &[u8], bodiless: bool) -> Result<Response, ClientError> {
    let io = |source: std::io::Error| match source.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => ClientError::Closed,
        _ => ClientError::Io { address, source },
    };
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN).map_err(io)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(io)?;
    stream.set_write_timeout(Some(ANSWER_WITHIN)).map_err(io)?;
    stream.set_nodelay(true).map_err(io)?;
    // A server may answer and close before it has read a large body; its answer still counts.
    let written = stream.write_all(bytes);
    let mut received = Vec::new();
    let mut buffer = [0; 64 << 10];
    loop {
        if let Some(response) =
            Response::parse(&received, bodiless, false).map_err(ClientError::Malformed)?
        {
            return Ok(response);
        }
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => return Err(io(error)),
        }
        if received.len() > ANSWER_BYTES_MAX {
            return Err(ClientError::Malformed(format!(
                "more than {ANSWER_BYTES_MAX} bytes"
            )));
        }
    }
    if received.is_empty() {
        written.map_err(io)?;
        return Err(ClientError::Closed);
    }
    Response::parse(&received, bodiless, true)
        .map_err(ClientError::Malformed)?
        .ok_or_else(|| ClientError::Malformed("the answer ends too early".to_owned()))
}

impl Request {
    fn encode(&self, address: SocketAddr) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        if self.header("host").is_none() {
            bytes.extend_from_slice(format!("Host: {address}\r\n").as_bytes());
        }
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        let chunked = self.header("transfer-encoding").is_some();
        if let Some(body) = &self.body
            && !chunked
            && self.header("content-length").is_none()
        {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        let body = self.body.as_deref().unwrap_or_default();
        if !chunked {
            bytes.extend_from_slice(body);
            return bytes;
        }
        for chunk in body.chunks(1000) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }
}

#[cfg(test)]
mod tests;
