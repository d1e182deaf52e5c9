//! Where lines go.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{ZapOutput, rotate::Rotating};

/// Why lines cannot go somewhere. The texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub enum ZapOutputError {
    /// The file cannot be opened.
    #[error("open sink {path:?}: open {}: {}", .path.display(), go_text(.reason))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says; part of the text, as in Go.
        reason: io::Error,
    },
    /// There is no journal.
    #[error("can't find journal (dial unixgram {JOURNAL}: connect: {})", go_text(.0))]
    Journal(io::Error),
}

/// All of the places.
#[derive(Debug)]
pub(super) struct Outputs(Vec<Output>);

#[derive(Debug)]
enum Output {
    Stderr,
    Stdout,
    File(File),
    Rotated(Box<Rotating>),
    Journal(UnixDatagram),
}

impl Outputs {
    pub(super) fn stderr() -> Self {
        Self(vec![Output::Stderr])
    }

    pub(super) fn open(outputs: &[ZapOutput]) -> Result<Self, ZapOutputError> {
        let open = |output: &ZapOutput| {
            Ok(match output {
                ZapOutput::Stderr => Output::Stderr,
                ZapOutput::Stdout => Output::Stdout,
                ZapOutput::File(path) => Output::File(append(path)?),
                ZapOutput::Rotated(path, rotation) => {
                    Output::Rotated(Box::new(Rotating::new(path.clone(), *rotation)))
                }
                ZapOutput::Journal => Output::Journal(journal()?),
            })
        };
        outputs.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Writes a whole line at once to each place. One that is full or gone must not end the service, and there is nowhere
    /// left to say so.
    pub(super) fn write(&mut self, now: Timestamp, line: &[u8]) {
        for output in &mut self.0 {
            drop(match output {
                Output::Stderr => io::stderr().lock().write_all(line),
                Output::Stdout => io::stdout().lock().write_all(line),
                Output::File(file) => file.write_all(line),
                Output::Rotated(rotating) => rotating.write(now, line),
                Output::Journal(journal) => to_journal(journal, line),
            });
        }
    }
}

fn append(path: &Path) -> Result<File, ZapOutputError> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.map_err(|reason| ZapOutputError::File {
        path: path.to_owned(),
        reason,
    })
}

fn journal() -> Result<UnixDatagram, ZapOutputError> {
    let connect = || {
        let socket = UnixDatagram::unbound()?;
        socket.connect(JOURNAL)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    connect().map_err(ZapOutputError::Journal)
}

/// Sends a line in the journal's own form; to standard error if it takes none, as upstream does.
///
/// Source: etcd client/pkg/logutil/zap_journal.go; systemd's native protocol.
fn to_journal(journal: &UnixDatagram, line: &[u8]) -> io::Result<()> {
    let text = String::from_utf8_lossy(line);
    let level = text.split('"').nth(3).unwrap_or_default();
    let priority = match level {
        "debug" => 7,
        "info" => 6,
        "warn" => 4,
        "error" => 3,
        _ => 2,
    };
    let message = format!(
        "PRIORITY={priority}\nSYSLOG_IDENTIFIER=etcd\nMESSAGE={}\n",
        text.trim_end()
    );
    match journal.send(message.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => io::stderr().lock().write_all(line),
    }
}

/// What the system says, as Go writes it.
pub(super) fn go_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

const JOURNAL: &str = "/run/systemd/journal/socket";
