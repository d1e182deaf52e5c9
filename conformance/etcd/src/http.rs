//! A request of HTTP/1.1 and the body of its answer, for health and for the JSON gateway.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Gets a page.
///
/// # Errors
/// When nobody answers.
pub async fn get(port: u16, target: &str) -> Result<String, String> {
    let (_, body) = ask(port, &format!("GET {target} HTTP/1.1\r\n"), "").await?;
    Ok(body)
}

/// Posts JSON, with a token of etcd if there is one, and returns the status line and the body.
///
/// # Errors
/// When nobody answers.
pub async fn post(
    port: u16,
    target: &str,
    token: Option<&str>,
    body: &str,
) -> Result<(String, String), String> {
    let token = token.map_or_else(String::new, |token| format!("Authorization: {token}\r\n"));
    let length = body.len();
    let head = format!("POST {target} HTTP/1.1\r\n{token}Content-Length: {length}\r\n");
    ask(port, &head, body).await
}

async fn ask(port: u16, head: &str, body: &str) -> Result<(String, String), String> {
    let done = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let words = format!("{head}Host: localhost\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(words.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = timeout(PATIENCE, done)
        .await
        .map_err(|_| "no answer".to_owned())?
        .map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let is_chunked = headers
        .to_lowercase()
        .contains("transfer-encoding: chunked");
    let body = if is_chunked {
        joined(body)
    } else {
        body.to_owned()
    };
    Ok((status.to_owned(), body))
}

fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or(0);
        let Some(chunk) = rest.get(..length).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        body.push_str(chunk);
        chunks = rest.get(length + 2..).unwrap_or("");
    }
    body
}
