//! bbolt files: written bottom-up as a stream from sorted data, and read page by page, both with bounded memory.
//!
//! [`Plan`] and [`Writer`] make what upstream's tools take for a snapshot; [`Reader`] walks what upstream wrote. What the buckets
//! of a member hold, and the SHA-256 behind a snapshot, is left to the server and the tools.
//!
//! Source: bbolt v1.5 internal/common/, tx.go `WriteTo`, bucket.go.

#[doc(hidden)]
pub mod fuzz;
mod page;
mod read;
mod write;

pub use self::{
    page::PAGE_BYTES,
    read::{Entries, Entry, ReadError, Reader, Source},
    write::{Layout, Plan, WriteError, Writer},
};
