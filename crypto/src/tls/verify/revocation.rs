//! etcd's rule for revoked clients: the list is a file, read anew for every client, and taken at its word.
//!
//! Source: etcd client/pkg/transport/tls_listener.go `checkCRL`.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::VerifyError;
use crate::{
    digest::hex,
    pki::{certificate::Certificate, crl::RevokedSerials},
};

/// Refuses the certificates a client presented if the list at `path` names one of them.
pub(super) fn check(path: &Path, presented: &[Certificate]) -> Result<(), VerifyError> {
    let text = read(path).map_err(|error| VerifyError::RevocationList {
        path: path.to_owned(),
        reason: io_words(&error),
    })?;
    let revoked = RevokedSerials::parse(&text).map_err(|_| VerifyError::MalformedRevocationList)?;
    let found = presented.iter().find(|one| revoked.contains(&one.serial));
    found.map_or(Ok(()), |one| Err(VerifyError::Revoked(hex(&one.serial))))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut file = File::open(path)?.take(LIST_BYTES_MAX + 1);
    if file.read_to_end(&mut text)? > usize::try_from(LIST_BYTES_MAX).unwrap_or(usize::MAX) {
        return Err(io::Error::other("file too large"));
    }
    Ok(text)
}

/// The words of the system without Rust's number, in Go's lower case.
fn io_words(error: &io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error ").next().unwrap_or_default();
    words.to_lowercase()
}

/// Largest list that is read: about a million entries.
const LIST_BYTES_MAX: u64 = 64 << 20;
