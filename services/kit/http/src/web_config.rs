//! The exporter-toolkit web configuration: TLS, users, headers, rate limit, from one YAML file.
//!
//! Here: reading the file, its errors, and following it while the server runs. `document` decodes it, `crate::yaml` parses it;
//! what it means for a request is in `gate`, for a handshake in `tls`.
//!
//! Source: exporter-toolkit v0.16.0 web/.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use crypto::{password::PasswordHashError, tls::reload::Watched};
use kit_guard::{preflight::Need, rights::PathRight};

mod document;
mod duration;
mod names;

pub(crate) use self::document::{Document, RateLimit, TlsSection};

/// Why a web configuration cannot be used. The texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub enum WebConfigError {
    /// A file cannot be read.
    #[error("{}", go_io_text(.path, .reason))] // Go's text
    Read {
        /// The file.
        path: PathBuf,
        /// What happened; part of the text, as in Go's `PathError`.
        reason: io::Error,
    },
    /// Not YAML, or not of the right shape.
    #[error("yaml: {0}")] // upstream's text
    Yaml(String),
    /// A suite Go does not know.
    #[error("unknown cipher: {0}")] // upstream's text
    UnknownCipher(String),
    /// A curve the toolkit does not know.
    #[error("unknown curve: {0}")] // upstream's text
    UnknownCurve(String),
    /// A version the toolkit does not know.
    #[error("unknown TLS version: {0}")] // upstream's text
    UnknownVersion(String),
    /// A header that cannot be configured.
    #[error("HTTP header {0:?} can not be configured")] // upstream's text
    HeaderName(String),
    /// A value its header cannot have.
    #[error("invalid value for {name}. Expected one of: {}, but got: {value:?}", go_list(.allowed))]
    // upstream's text
    HeaderValue {
        /// The header.
        name: String,
        /// What it may be.
        allowed: &'static [&'static str],
        /// What was written.
        value: String,
    },
    /// A header value with bytes no header can carry.
    #[error("invalid value for {name}: {value:?} can not be sent in a header")]
    HeaderBytes {
        /// The header.
        name: String,
        /// What was written.
        value: String,
    },
    /// A password hash that is none.
    #[error(transparent)]
    PasswordHash(#[from] PasswordHashError),
    /// The file is larger than any honest one.
    #[error("web configuration {} is larger than {FILE_BYTES_MAX} bytes", .0.display())]
    TooLarge(PathBuf),
}

/// A file and what it says, followed while it changes. One stat per look.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    watched: Watched<Document, WebConfigError>,
}

impl ConfigFile {
    /// Reads and validates the file.
    ///
    /// # Errors
    /// [`WebConfigError`], the file's own faults before its users', as upstream.
    pub(crate) fn open(path: &Path) -> Result<Self, WebConfigError> {
        let file = path.to_owned();
        let watched = Watched::new(vec![path.to_owned()], move || load(&file))?;
        let config = Self {
            path: path.to_owned(),
            watched,
        };
        for (_, hash) in &config.current()?.users {
            crypto::password::check(hash)?;
        }
        Ok(config)
    }

    /// Returns what the file says now.
    ///
    /// # Errors
    /// [`WebConfigError`] as long as the file is broken. Password hashes are not looked at: a bad one fails its user only.
    pub(crate) fn current(&self) -> Result<Arc<Document>, WebConfigError> {
        self.watched.get()
    }

    /// Returns a path of the file as a path of ours.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        beside(&self.path, path)
    }
}

fn load(path: &Path) -> Result<Document, WebConfigError> {
    let read_error = |reason| WebConfigError::Read {
        path: path.to_owned(),
        reason,
    };
    let size = fs::metadata(path).map_err(read_error)?.len();
    if size > FILE_BYTES_MAX {
        return Err(WebConfigError::TooLarge(path.to_owned()));
    }
    Document::parse(&fs::read(path).map_err(read_error)?)
}

/// Returns the files that a web configuration stands for, for the guard's [`Rights`](kit_guard::Rights): itself, and what
/// it names now. One that cannot be read names nothing; the server says why when it starts.
pub fn rights(path: &Path) -> Vec<PathRight> {
    let right = |path, need, origin| PathRight { path, need, origin };
    let mut rights = vec![right(path.to_owned(), Need::ReadFile, "--web.config.file")];
    if let Ok(document) = load(path) {
        let tls = &document.tls;
        let files = [
            (&tls.cert_file, Need::ReadFile, "cert_file"),
            (&tls.key_file, Need::PrivateFile, "key_file"),
            (&tls.client_ca_file, Need::ReadFile, "client_ca_file"),
        ];
        let named = files.into_iter().filter(|(name, ..)| !name.is_empty());
        rights.extend(named.map(|(name, need, key)| right(beside(path, name), need, key)));
    }
    rights
}

/// Returns a path of the file as a path of ours: relative ones begin at the file's folder.
fn beside(file: &Path, path: &str) -> PathBuf {
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    clean(&folder.join(path))
}

/// Takes `.` and `a/..` out of a path, as Go's `filepath.Join` does.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match (component, cleaned.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                cleaned.pop();
            }
            (component, _) => cleaned.push(component),
        }
    }
    cleaned
}

/// Words an error of the system as Go does: call, path, reason.
///
/// Source: Go io/fs `PathError`, syscall's table for Linux.
pub(crate) fn go_io_text(path: &Path, error: &io::Error) -> String {
    let reason = error.to_string();
    let reason = reason.split(" (os error ").next().unwrap_or_default();
    // Opening a folder works in Go, reading it does not.
    let call = match error.kind() {
        io::ErrorKind::IsADirectory => "read",
        _ => "open",
    };
    let reason = reason.to_lowercase();
    format!("{call} {}: {reason}", path.display())
}

fn go_list(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

/// A web configuration is read again at every change: it must stay a small file.
const FILE_BYTES_MAX: u64 = 1 << 20;
