//! The head of a request by Go's rules: taken, taken in another form, or refused with Go's answer.
//!
//! Source: Go net/http request.go `readRequest`, server.go `conn.readRequest`, transfer.go `readTransfer`;
//! net/textproto reader.go `ReadMIMEHeader`; net/url `ParseRequestURI`.

use bytes::Bytes;

use self::target::Target;

mod target;

pub(super) use self::target::has_good_escapes;

/// How the body behind a head is delimited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// A head Go takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Accepted {
    pub(super) framing: Framing,
    /// Whether the connection ends after this request.
    pub(super) is_last: bool,
    /// Whether blank lines may follow the body, which old clients send after a POST.
    pub(super) is_post: bool,
    /// The form hyper takes, where it does not take the one that was sent.
    pub(super) rewritten: Option<Vec<u8>>,
    /// The target, where the rewritten head does not carry it.
    pub(super) target: Option<Bytes>,
}

/// A head Go refuses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// Broken beyond words.
    Malformed,
    /// Broken in a way Go names.
    BadRequest(&'static str),
    /// A protocol that is not HTTP/1.
    Version,
    /// A transfer encoding other than `chunked`.
    TransferEncoding,
    /// Too long, or too many lines.
    TooLarge,
}

impl Refusal {
    /// Returns Go's whole answer.
    pub(super) fn answer(self) -> Bytes {
        let (status, body) = match self {
            Self::Malformed => ("400 Bad Request".to_owned(), None),
            Self::BadRequest(words) => (format!("400 Bad Request: {words}"), None),
            Self::Version => (
                "505 HTTP Version Not Supported: unsupported protocol version".to_owned(),
                None,
            ),
            Self::TransferEncoding => (
                "501 Not Implemented".to_owned(),
                Some("Unsupported transfer encoding"),
            ),
            Self::TooLarge => ("431 Request Header Fields Too Large".to_owned(), None),
        };
        let body = body.unwrap_or(&status);
        let headers = "Content-Type: text/plain; charset=utf-8\r\nConnection: close";
        format!("HTTP/1.1 {status}\r\n{headers}\r\n\r\n{body}").into()
    }
}

/// Returns the length of the head at the start of `bytes`, its empty line included; none when its end has not arrived.
/// The first `searched` bytes are known to hold no end.
pub(super) fn find_end(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(2);
    memchr::memchr_iter(b'\n', &bytes[from..]).find_map(|at| match &bytes[from + at + 1..] {
        [b'\n', ..] => Some(from + at + 2),
        [b'\r', b'\n', ..] => Some(from + at + 3),
        _ => None,
    })
}

/// Judges the first line of a head whose rest may not have arrived.
pub(super) fn check_first_line(bytes: &[u8]) -> Result<(), Refusal> {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => RequestLine::parse(without_cr(&bytes[..end])).map(drop),
        None => Ok(()),
    }
}

/// Judges a complete head, its empty line included.
pub(super) fn examine(head: &[u8]) -> Result<Accepted, Refusal> {
    let mut lines = head.split(|byte| *byte == b'\n').map(without_cr);
    let line = RequestLine::parse(lines.next().unwrap_or_default())?;
    let mut fields = Fields::default();
    for (index, text) in lines.take_while(|text| !text.is_empty()).enumerate() {
        if index >= HEADERS_MAX {
            return Err(Refusal::TooLarge);
        }
        fields.add(text, index == 0)?;
    }
    if fields.host_count > 1 {
        return Err(Refusal::Malformed);
    }
    let framing = fields.framing(line.is_http10())?;
    if line.major != 1 {
        return Err(Refusal::Version);
    }
    if fields.host_count == 0 && !line.is_http10() && line.method != b"CONNECT" {
        return Err(Refusal::BadRequest("missing required Host header"));
    }
    if !fields.host.iter().all(|byte| is_host_byte(*byte)) {
        return Err(Refusal::BadRequest("malformed Host header"));
    }
    if fields.has_blank_in_name {
        return Err(Refusal::BadRequest("invalid header name"));
    }
    // Go goes by one of the two; hyper ends the connection, or refuses HTTP/1.0 with an encoding.
    let superfluous: &[u8] = match framing {
        Framing::Chunked if fields.length.is_some() => b"content-length",
        Framing::Length(_) if fields.transfer_encoding_count > 0 => b"transfer-encoding",
        _ => b"",
    };
    let is_as_hyper_wants = matches!(line.target, Target::Plain)
        && line.minor <= 1
        && !fields.is_folded
        && superfluous.is_empty();
    Ok(Accepted {
        framing,
        is_last: fields.says_close || (line.is_http10() && !fields.says_keep_alive),
        is_post: line.method == b"POST",
        rewritten: (!is_as_hyper_wants).then(|| rewrite(&line, head, superfluous)),
        target: match line.target {
            Target::Odd(target) => Some(Bytes::copy_from_slice(target)),
            Target::Plain | Target::Absolute(_) => None,
        },
    })
}

/// The first line, taken apart.
struct RequestLine<'a> {
    method: &'a [u8],
    written_target: &'a [u8],
    target: Target<'a>,
    major: u8,
    minor: u8,
}

impl<'a> RequestLine<'a> {
    fn parse(line: &'a [u8]) -> Result<Self, Refusal> {
        let mut parts = line.splitn(3, |byte| *byte == b' ');
        let (Some(method), Some(written_target), Some(version)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        if method.is_empty() || !method.iter().all(|byte| is_token_byte(*byte)) {
            return Err(Refusal::Malformed);
        }
        let [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            major @ b'0'..=b'9',
            b'.',
            minor @ b'0'..=b'9',
        ] = version
        else {
            return Err(Refusal::Malformed);
        };
        Ok(Self {
            method,
            written_target,
            target: Target::parse(method, written_target).ok_or(Refusal::Malformed)?,
            major: major - b'0',
            minor: minor - b'0',
        })
    }

    fn is_http10(&self) -> bool {
        self.major == 1 && self.minor == 0
    }
}

/// What the header lines say about the request.
#[derive(Default)]
struct Fields<'a> {
    host: &'a [u8],
    host_count: usize,
    length: Option<&'a [u8]>,
    transfer_encoding: &'a [u8],
    transfer_encoding_count: usize,
    says_close: bool,
    says_keep_alive: bool,
    has_blank_in_name: bool,
    is_folded: bool,
}

impl<'a> Fields<'a> {
    fn add(&mut self, line: &'a [u8], is_first: bool) -> Result<(), Refusal> {
        if !line.iter().all(|byte| is_value_byte(*byte)) {
            return Err(Refusal::Malformed);
        }
        if matches!(line, [b' ' | b'\t', ..]) {
            self.is_folded = true;
            return if is_first {
                Err(Refusal::Malformed)
            } else {
                Ok(())
            };
        }
        let colon = memchr::memchr(b':', line).ok_or(Refusal::Malformed)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty()
            || !name
                .iter()
                .all(|byte| is_token_byte(*byte) || *byte == b' ')
        {
            return Err(Refusal::Malformed);
        }
        self.has_blank_in_name |= name.contains(&b' ');
        if name.eq_ignore_ascii_case(b"host") {
            self.host = value;
            self.host_count += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if self.length.is_some_and(|length| length != value) {
                return Err(Refusal::Malformed);
            }
            self.length = Some(value);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.transfer_encoding = value;
            self.transfer_encoding_count += 1;
        } else if name.eq_ignore_ascii_case(b"connection") {
            self.says_close |= has_token(value, b"close");
            self.says_keep_alive |= has_token(value, b"keep-alive");
        }
        Ok(())
    }

    fn framing(&self, is_http10: bool) -> Result<Framing, Refusal> {
        // Go ignores the header in HTTP/1.0 requests.
        let is_encoded = self.transfer_encoding_count > 0 && !is_http10;
        if is_encoded
            && (self.transfer_encoding_count > 1
                || !self.transfer_encoding.eq_ignore_ascii_case(b"chunked"))
        {
            return Err(Refusal::TransferEncoding);
        }
        let length = self.length.map(parse_length).transpose()?;
        Ok(match length {
            _ if is_encoded => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None => Framing::Length(0),
        })
    }
}

/// Digits only, up to 63 bits.
fn parse_length(value: &[u8]) -> Result<u64, Refusal> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::Malformed);
    }
    let digits = std::str::from_utf8(value).map_err(|_| Refusal::Malformed)?;
    let length = digits.parse().map_err(|_| Refusal::Malformed)?;
    i64::try_from(length).map_err(|_| Refusal::Malformed)?;
    Ok(length)
}

/// Writes a head that hyper takes and that means the same, without the header named `superfluous`.
fn rewrite(line: &RequestLine<'_>, head: &[u8], superfluous: &[u8]) -> Vec<u8> {
    let target: &[u8] = match line.target {
        Target::Plain => line.written_target,
        Target::Absolute(path) => path,
        Target::Odd(_) => b"/",
    };
    let version: &[u8] = if line.is_http10() {
        b" HTTP/1.0"
    } else {
        b" HTTP/1.1"
    };
    let mut rewritten = [line.method, b" ", target, version].concat();
    let lines = head.split(|byte| *byte == b'\n').map(without_cr).skip(1);
    for text in lines.take_while(|text| !text.is_empty()) {
        let name = text.split(|byte| *byte == b':').next().unwrap_or_default();
        if matches!(text, [b' ' | b'\t', ..]) {
            rewritten.push(b' ');
            rewritten.extend_from_slice(text.trim_ascii());
        } else if !name.eq_ignore_ascii_case(superfluous) {
            rewritten.extend_from_slice(b"\r\n");
            rewritten.extend_from_slice(text);
        }
    }
    rewritten.extend_from_slice(b"\r\n\r\n");
    rewritten
}

fn has_token(list: &[u8], token: &[u8]) -> bool {
    list.split(|byte| *byte == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token))
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_value_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&()*+,-.:;=[]'_~".contains(&byte)
}

/// Header lines of a request. Go has no limit on their number; hyper's is this, and no client comes near.
const HEADERS_MAX: usize = 100;

#[cfg(test)]
mod tests;
