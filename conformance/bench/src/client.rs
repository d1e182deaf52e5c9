//! A client that keeps its connection and adds as little as possible to what is measured.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What has arrived and not been taken.
    buffer: Vec<u8>,
}

/// Longest wait for any answer; upstream needs seconds for a big push into a full store.
const PATIENCE: Duration = Duration::from_secs(120);

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Sends a request and reads its answer to the end; returns the status and the length of the body.
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<(u16, usize)> {
        self.stream.write_all(request)?;
        let head_end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.fill()?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).to_ascii_lowercase();
        let status = head
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .ok_or(io::ErrorKind::InvalidData)?;
        self.buffer.drain(..head_end);
        let field = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let length = match field("content-length:").and_then(|length| length.parse().ok()) {
            Some(length) => self.skip(length)?,
            None if field("transfer-encoding:") == Some("chunked") => self.skip_chunks()?,
            None => 0,
        };
        Ok((status, length))
    }

    fn skip_chunks(&mut self) -> io::Result<usize> {
        let mut total = 0;
        loop {
            let line_end = loop {
                match self.buffer.windows(2).position(|two| two == b"\r\n") {
                    Some(at) => break at,
                    None => self.fill()?,
                }
            };
            let size = std::str::from_utf8(&self.buffer[..line_end])
                .ok()
                .and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.ok_or(io::ErrorKind::InvalidData)?;
            self.skip(line_end + 2 + size + 2)?;
            total += size;
            if size == 0 {
                return Ok(total);
            }
        }
    }

    fn skip(&mut self, length: usize) -> io::Result<usize> {
        let mut missing = length.saturating_sub(self.buffer.len());
        self.buffer.drain(..length.min(self.buffer.len()));
        let mut scratch = [0; 1 << 16];
        while missing > 0 {
            let room = missing.min(scratch.len());
            missing -= some(self.stream.read(&mut scratch[..room])?)?;
        }
        Ok(length)
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut scratch = [0; 1 << 14];
        let read = some(self.stream.read(&mut scratch)?)?;
        self.buffer.extend_from_slice(&scratch[..read]);
        Ok(())
    }
}

fn some(read: usize) -> io::Result<usize> {
    if read == 0 {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(read)
    }
}

/// Returns the bytes of a request.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
