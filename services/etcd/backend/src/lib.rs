//! The store of a member: batches go in and become durable in order, each whole or not at all, off the caller's path;
//! what went in is read at once, durable or not.
//!
//! [`Backend`] queues and commits (LMDB underneath, through heed), [`View`] reads a moment, [`Reader`] reads single values
//! of bucket `key` quickly. What the buckets hold is left to the crates that own them.
//!
//! Source: etcd v3.7 server/storage/backend/; server/storage/schema/bucket.go.

mod backend;
mod batch;
mod bucket;
mod commit;
mod error;
mod files;
mod options;
mod pages;
mod queue;
mod reader;
mod space;
mod store;
mod sys;
mod view;

pub use self::{
    backend::Backend,
    batch::Batch,
    bucket::Bucket,
    error::{Failure, OpenError, ReadError, SpaceError},
    options::{Observer, Options},
    reader::Reader,
    space::Compacted,
    view::{Value, View},
};
