//! Ports as text: numbers and service names, with Go's rules and error texts.
//!
//! Source: Go net/port.go `parsePort`, net/lookup.go `lookupPortMap`, net/port_unix.go `readServices`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use super::error::BindError;

/// Turns a port's text into its number; an empty text means 0, any free port.
pub(super) fn parse(text: &str) -> Result<u16, BindError> {
    match number(text) {
        Some(number) => u16::try_from(number).map_err(|_| BindError::Address {
            address: text.to_owned(),
            reason: "invalid port",
        }),
        None => named(text).ok_or_else(|| BindError::Lookup {
            name: format!("tcp/{text}"),
            reason: "unknown port".to_owned(),
        }),
    }
}

/// Reads a decimal number with an optional sign; none when the text must be a name. Huge numbers saturate.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let mut value = 0_i64;
    for digit in digits.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value
            .saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'));
    }
    Some(sign * value)
}

fn named(text: &str) -> Option<u16> {
    let name = text.to_ascii_lowercase();
    in_services(Path::new("/etc/services"), &name).or_else(|| {
        KNOWN
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, port)| *port)
    })
}

fn in_services(path: &Path, name: &str) -> Option<u16> {
    let file = File::open(path).ok()?.take(SERVICES_BYTES_MAX);
    BufReader::new(file)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            let fields: Vec<&str> = line.split('#').next()?.split_ascii_whitespace().collect();
            let port = fields.get(1)?.strip_suffix("/tcp")?;
            let names = || {
                fields
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| *index != 1)
                    .map(|(_, name)| *name)
            };
            names()
                .any(|known| known == name)
                .then(|| port.parse().ok())
                .flatten()
        })
}

/// Go's own table, for images without `/etc/services`.
const KNOWN: [(&str, u16); 14] = [
    ("ftp", 21),
    ("ftps", 990),
    ("gopher", 70),
    ("http", 80),
    ("https", 443),
    ("imap2", 143),
    ("imap3", 220),
    ("imaps", 993),
    ("pop3", 110),
    ("pop3s", 995),
    ("smtp", 25),
    ("submissions", 465),
    ("ssh", 22),
    ("telnet", 23),
];

/// Debian's file has 13 kB; whoever mounts more than this does not get it read.
const SERVICES_BYTES_MAX: u64 = 1 << 20;
