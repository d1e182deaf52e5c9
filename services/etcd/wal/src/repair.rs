//! Takes a torn record off the end of a log.
//!
//! Source: etcd v3.7 server/storage/wal/repair.go.

use std::{fs, fs::File, path::Path};

use tracing::info;

use crate::{
    error::{At as _, WalError},
    name,
    record::Decoder,
    segment::Segment,
};

/// Cuts the last segment behind its last whole record, after it was copied to `<segment>.broken`. Returns whether there was
/// something to cut.
///
/// # Errors
/// [`WalError`], when the segment is damaged otherwise: what was written and synced is never cut off.
pub fn repair(folder: &Path) -> Result<bool, WalError> {
    let names = name::list(folder)?;
    let last = names[names.len() - 1].to_string();
    let segment = Segment::open(folder.join(&last))?;
    let file = File::open(&segment.path).at("open", &segment.path)?;
    let mut decoder = Decoder::new(file, last, 0, true).at("read", &segment.path)?;
    loop {
        match decoder.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(false),
            Err(WalError::Torn { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    info!(path = %segment.path.display(), "repairing"); // upstream's texts
    let mut broken = segment.path.clone().into_os_string();
    broken.push(".broken");
    fs::copy(&segment.path, Path::new(&broken)).at("copy", &segment.path)?;
    segment
        .file
        .set_len(decoder.offset())
        .at("truncate", &segment.path)?;
    segment.file.sync_all().at("fsync", &segment.path)?;
    info!(path = %segment.path.display(), error = "unexpected EOF", "repaired");
    Ok(true)
}
