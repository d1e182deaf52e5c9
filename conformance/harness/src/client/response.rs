//! Reads one HTTP/1.1 answer out of bytes, as strictly as a client that depends on it would.

/// An answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers in the order they came, names as they were spelt.
    pub headers: Vec<(String, String)>,
    /// Body without chunked framing.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the value of the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Reads an answer from `bytes`; `None` when more must come. `ended`: nothing more will.
    pub(super) fn parse(bytes: &[u8], bodiless: bool, ended: bool) -> Result<Option<Self>, String> {
        let Some(head_end) = find(bytes, b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&bytes[..head_end])
            .map_err(|_| "the head is not UTF-8".to_owned())?;
        let rest = &bytes[head_end + 4..];
        let mut response = Self::parse_head(head)?;
        if (100..200).contains(&response.status) && response.status != 101 {
            return Self::parse(rest, bodiless, ended);
        }
        if bodiless || matches!(response.status, 204 | 304) {
            return Ok(Some(response));
        }
        let body = if response.header("transfer-encoding").is_some() {
            unchunk(rest)?
        } else if let Some(length) = response.header("content-length") {
            let length: usize = length
                .parse()
                .map_err(|_| format!("Content-Length `{length}`"))?;
            rest.get(..length).map(<[u8]>::to_vec)
        } else {
            ended.then(|| rest.to_vec())
        };
        Ok(body.map(|body| {
            response.body = body;
            response
        }))
    }

    fn parse_head(head: &str) -> Result<Self, String> {
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.get(2..5))
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| format!("status line `{first}`"))?;
        let headers = lines
            .map(|line| {
                let (name, value) = line
                    .split_once(':')
                    .ok_or_else(|| format!("header line `{line}`"))?;
                Ok((name.to_owned(), value.trim().to_owned()))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            status,
            headers,
            body: Vec::new(),
        })
    }
}

/// Removes chunked framing; `None` when the last chunk has not come yet.
fn unchunk(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut body = Vec::new();
    loop {
        let Some(line_end) = find(bytes, b"\r\n") else {
            return Ok(None);
        };
        let line = String::from_utf8_lossy(&bytes[..line_end]).into_owned();
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| format!("chunk size `{line}`"))?;
        bytes = &bytes[line_end + 2..];
        if size == 0 {
            return Ok(
                (bytes.starts_with(b"\r\n") || find(bytes, b"\r\n\r\n").is_some()).then_some(body),
            );
        }
        let Some(chunk) = bytes.get(..size) else {
            return Ok(None);
        };
        let Some(end) = bytes.get(size..size + 2) else {
            return Ok(None);
        };
        if end != b"\r\n" {
            return Err("a chunk is longer than it says".to_owned());
        }
        body.extend_from_slice(chunk);
        bytes = &bytes[size + 2..];
    }
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}
