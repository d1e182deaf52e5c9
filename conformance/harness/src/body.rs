//! Bodies as cases write them: how the indented block is read, then what is done to the bytes, word by word.
//!
//! Reading (first word, default `text`): `text` lines ended by LF · `bare` the same without the last LF · `escaped` lines
//! joined by LF with `\n \r \t \\ \" \xNN` written out and no last LF · `base64` · `protobuf` one family per line · `@NAME`
//! a file of the case's folder · `zeros N` N zero bytes · `series N` N samples `bulk{i="0"} 0`….
//! Then, left to right: `gzip` · `snappy` (framing format) · `snappy-block` · `cut N` drops the last N bytes · `twice`.

use std::io::Write;
use std::path::Path;

use base64::Engine;

/// Makes the bytes that `words` and `block` describe. `folder` is where `@NAME` is looked for.
///
/// # Errors
/// A text that names the word that is not understood or the bytes that cannot be made.
pub fn build(words: &[String], block: &[String], folder: &Path) -> Result<Vec<u8>, String> {
    let mut words = words.iter().map(String::as_str).peekable();
    let source = words.next_if(|word| is_source(word)).unwrap_or("text");
    let mut number = |what: &str| -> Result<usize, String> {
        words
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| format!("`{what}` needs a number after it"))
    };
    let mut bytes = match source {
        "text" => block
            .iter()
            .flat_map(|line| [line.as_bytes(), b"\n"].concat())
            .collect(),
        "bare" => block.join("\n").into_bytes(),
        "escaped" => unescape(&block.join("\n"))?,
        "base64" => base64::engine::general_purpose::STANDARD
            .decode(block.concat())
            .map_err(|error| format!("base64: {error}"))?,
        "protobuf" => crate::proto::encode_delimited(block)?,
        "zeros" => vec![0; number("zeros")?],
        "series" => (0..number("series")?)
            .flat_map(|i| format!("bulk{{i=\"{i}\"}} {i}\n").into_bytes())
            .collect(),
        file => {
            let path = folder.join(file.trim_start_matches('@'));
            std::fs::read(&path).map_err(|error| format!("read {}: {error}", path.display()))?
        }
    };
    while let Some(word) = words.next() {
        match word {
            "gzip" => bytes = gzip(&bytes)?,
            "snappy" => bytes = snappy(&bytes)?,
            "snappy-block" => {
                bytes = snap::raw::Encoder::new()
                    .compress_vec(&bytes)
                    .map_err(|error| error.to_string())?
            }
            "cut" => {
                let count: usize = words
                    .next()
                    .and_then(|word| word.parse().ok())
                    .ok_or("`cut` needs a number after it")?;
                bytes.truncate(bytes.len().saturating_sub(count));
            }
            "twice" => bytes = bytes.repeat(2),
            _ => return Err(format!("no way to make a body is called `{word}`")),
        }
    }
    Ok(bytes)
}

fn is_source(word: &str) -> bool {
    matches!(
        word,
        "text" | "bare" | "escaped" | "base64" | "protobuf" | "zeros" | "series"
    ) || word.starts_with('@')
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| error.to_string())
}

fn snappy(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder
        .write_all(bytes)
        .map_err(|error| error.to_string())?;
    encoder.into_inner().map_err(|error| error.to_string())
}

/// Writes out `\n`, `\r`, `\t`, `\0`, `\"`, `\\` and `\xNN`.
///
/// # Errors
/// A text that names any other escape.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = rest[at + 1..].chars().next().unwrap_or(' ');
        rest = &rest[(at + 1 + escape.len_utf8()).min(rest.len())..];
        match escape {
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            '0' => bytes.push(0),
            '"' | '\\' => bytes.push(escape as u8),
            'x' => {
                let digits = rest
                    .get(..2)
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(digits.ok_or("`\\x` needs two hexadecimal digits")?);
                rest = &rest[2..];
            }
            _ => return Err(format!("no escape `\\{escape}`")),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{build, unescape};

    fn made(words: &[&str], block: &[&str]) -> Result<Vec<u8>, String> {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        build(&owned(words), &owned(block), Path::new("/nowhere"))
    }

    #[test]
    fn text_ends_every_line_and_bare_all_but_the_last() {
        assert_eq!(made(&[], &["a 1", "b 2"]).unwrap(), b"a 1\nb 2\n");
        assert_eq!(made(&["bare"], &["a 1", "b 2"]).unwrap(), b"a 1\nb 2");
        assert_eq!(
            made(&["escaped"], &[r"a\x00\xff\r\n\\"]).unwrap(),
            b"a\0\xff\r\n\\"
        );
        assert_eq!(made(&["base64"], &["YWI=",]).unwrap(), b"ab");
        assert_eq!(
            made(&["series", "2"], &[]).unwrap(),
            b"bulk{i=\"0\"} 0\nbulk{i=\"1\"} 1\n"
        );
    }

    #[test]
    fn words_work_from_left_to_right() {
        let cut = made(&["text", "gzip", "cut", "4"], &["a 1"]).unwrap();
        assert_eq!(cut.len() + 4, made(&["gzip"], &["a 1"]).unwrap().len());
        assert!(
            made(&["snappy"], &["a"])
                .unwrap()
                .starts_with(b"\xff\x06\0\0sNaPpY")
        );
        assert_eq!(made(&["bare", "twice"], &["a"]).unwrap(), b"aa");
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(made(&["text", "zip"], &[]).is_err());
        assert!(made(&["@missing"], &[]).is_err());
        assert!(unescape(r"\q").is_err());
        assert!(unescape(r"\x4").is_err());
        assert!(unescape("\\").is_err());
    }
}
