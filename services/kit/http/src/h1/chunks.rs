//! The framing of a chunked body by Go's rules: where it ends, and Go's words for what is wrong with it.
//!
//! hyper decodes the same bytes behind this; nothing is changed here.
//!
//! Source: Go net/http internal/chunked.go, transfer.go `body.readTrailer`.

/// Follows a chunked body byte by byte.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    place: Place,
    /// The line that is not complete yet.
    line: Vec<u8>,
    /// Bytes of framing beyond a fair share.
    excess: u64,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Place {
    #[default]
    SizeLine,
    Data(u64),
    DataEnd,
    Trailer,
    /// The body is complete.
    End,
    Fault(&'static str),
}

/// What a run of bytes holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// This many bytes belong to the body, and more is to come.
    More(usize),
    /// This many bytes belong to the body, and it is complete.
    End(usize),
    /// The body is broken at the first byte.
    Fault(&'static str),
}

impl Chunks {
    /// Goes through the next bytes.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Progress {
        let mut at = 0;
        while at < bytes.len() {
            match self.place {
                Place::Data(left) => {
                    let rest = (bytes.len() - at) as u64;
                    let taken = left.min(rest);
                    at += usize::try_from(taken).expect("no more than the rest");
                    self.place = match left - taken {
                        0 => Place::DataEnd,
                        left => Place::Data(left),
                    };
                }
                Place::Fault(words) if at == 0 => return Progress::Fault(words),
                Place::End => return Progress::End(at),
                Place::Fault(_) => return Progress::More(at), // hyper gets what was good
                Place::SizeLine | Place::DataEnd | Place::Trailer => {
                    let byte = bytes[at];
                    self.line.push(byte);
                    self.place = self.after(byte);
                    if !matches!(self.place, Place::Fault(_)) {
                        at += 1;
                    }
                }
            }
        }
        match self.place {
            Place::End => Progress::End(at),
            _ => Progress::More(at),
        }
    }

    /// Returns the place behind the byte just added to the line.
    fn after(&mut self, byte: u8) -> Place {
        match (self.place, self.line.len()) {
            (Place::DataEnd, 1) if byte == b'\r' => Place::DataEnd,
            (Place::DataEnd, 2) if byte == b'\n' => self.next_line(Place::SizeLine),
            (Place::DataEnd, _) => Place::Fault("malformed chunked encoding"), // Go's text
            (place, _) if byte == b'\n' => match place {
                Place::SizeLine => self.size_line(),
                _ if matches!(self.line.as_slice(), b"\r\n" | b"\n") => self.next_line(Place::End),
                _ => self.next_line(Place::Trailer),
            },
            (Place::SizeLine, LINE_BYTES_MAX..) => Place::Fault("header line too long"), // Go's text
            (Place::Trailer, LINE_BYTES_MAX..) => {
                Place::Fault("http: suspiciously long trailer after chunked body") // Go's text
            }
            (place, _) => place,
        }
    }

    fn next_line(&mut self, place: Place) -> Place {
        self.line.clear();
        place
    }

    fn size_line(&mut self) -> Place {
        let Some(line) = self.line.strip_suffix(b"\r\n") else {
            return Place::Fault("chunked line ends with bare LF"); // Go's text
        };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let size = match parse_size(digits.trim_ascii_end()) {
            Ok(size) => size,
            Err(words) => return Place::Fault(words),
        };
        // Go's measure: framing may take 16 bytes and twice the data per chunk.
        let framing = self.excess + line.len() as u64 + 2;
        self.excess = framing.saturating_sub(size.saturating_mul(2).saturating_add(16));
        if self.excess > EXCESS_MAX {
            return Place::Fault("chunked encoding contains too much non-data"); // Go's text
        }
        self.next_line(match size {
            0 => Place::Trailer,
            size => Place::Data(size),
        })
    }
}

fn parse_size(digits: &[u8]) -> Result<u64, &'static str> {
    if digits.is_empty() {
        return Err("empty hex number for chunk length"); // Go's text
    }
    let mut size = 0;
    for (index, digit) in digits.iter().enumerate() {
        let value = (*digit as char).to_digit(16);
        let value = value.ok_or("invalid byte in chunk length")?; // Go's text
        if index == 16 {
            return Err("http chunk length too large"); // Go's text
        }
        size = size << 4 | u64::from(value);
    }
    Ok(size)
}

/// Bytes of a size line or a trailer line.
const LINE_BYTES_MAX: usize = 4096;

/// Go's bound on framing beyond a fair share.
const EXCESS_MAX: u64 = 16 * 1024;

#[cfg(test)]
mod tests;
