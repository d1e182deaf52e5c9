//! The snapshot file.

mod gob;
mod snapshot;
