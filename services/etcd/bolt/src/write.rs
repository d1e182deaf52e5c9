//! Writing a file from its first byte to its last.
//!
//! The first pages name the last, so the data is gone through twice: a [`Plan`] is told the keys and how long the values are,
//! and knows then how long the file gets; a [`Writer`] is told the same again with the values, and writes. Each level of a tree
//! has one page in the making, and that is all the memory there is.

use std::io::{self, Write};

use crate::page::{BUCKET_BYTES, IS_BUCKET, Meta, PAGE_BYTES};

mod tree;

use self::tree::{Pages, Tree, Value};

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Keys and buckets come in the order of their bytes, each once, and are not empty.
    #[error("{what} {key:?} does not come behind the one before it")]
    Order {
        /// `key` or `bucket`.
        what: &'static str,
        /// The later one.
        key: Vec<u8>,
    },
    /// A key or value is longer than a file can say.
    #[error("key or value of {0} bytes is too long")]
    TooLong(usize),
    /// A key came before any bucket.
    #[error("key outside of a bucket")]
    NoBucket,
    /// What was written is not what was planned.
    #[error("the data changed between plan and writing: {written} pages instead of {planned}")]
    Changed {
        /// Pages of the plan.
        planned: u64,
        /// Pages written.
        written: u64,
    },
    /// The file does not take it.
    #[error("write")]
    Write(#[source] io::Error),
}

/// Finds out what a file will look like.
#[derive(Debug)]
pub struct Plan {
    builder: Builder<io::Sink>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            builder: Builder::new(Pages::counted()),
        }
    }
}

impl Plan {
    /// Begins the next bucket.
    ///
    /// # Errors
    /// [`WriteError::Order`]
    pub fn bucket(&mut self, name: &[u8]) -> Result<(), WriteError> {
        self.builder.bucket(name)
    }

    /// Adds a key, and how long its value is.
    ///
    /// # Errors
    /// [`WriteError::Order`], [`WriteError::NoBucket`], [`WriteError::TooLong`]
    pub fn entry(&mut self, key: &[u8], value_bytes: usize) -> Result<(), WriteError> {
        self.builder.entry(key, Value::Length(value_bytes))
    }

    /// Ends the plan.
    ///
    /// # Errors
    /// None that is not told before.
    pub fn finish(self) -> Result<Layout, WriteError> {
        let (root, pages) = self.builder.finish()?;
        Ok(Layout {
            root,
            pages: pages.end(),
        })
    }
}

/// What a file will look like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Layout {
    root: u64,
    pages: u64,
}

impl Layout {
    /// How long the file gets, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.pages * PAGE_BYTES as u64
    }

    /// Begins to write the file.
    ///
    /// # Errors
    /// [`WriteError::Write`]
    pub fn write<W: Write>(self, mut out: W) -> Result<Writer<W>, WriteError> {
        let mut metas = Vec::with_capacity(2 * PAGE_BYTES);
        // Of two metas the one with the higher transaction counts; even ones stand first.
        for (id, transaction) in [(0, 2), (1, 1)] {
            let meta = Meta {
                page_bytes: u32::try_from(PAGE_BYTES).expect("a page is small"),
                root: self.root,
                end: self.pages,
                transaction,
            };
            meta.put_page(id, &mut metas);
        }
        out.write_all(&metas).map_err(WriteError::Write)?;
        Ok(Writer {
            layout: self,
            builder: Builder::new(Pages::written(out)),
        })
    }
}

/// Writes a file as it was planned.
#[derive(Debug)]
pub struct Writer<W> {
    layout: Layout,
    builder: Builder<W>,
}

impl<W: Write> Writer<W> {
    /// Begins the next bucket.
    ///
    /// # Errors
    /// [`WriteError::Order`], [`WriteError::Write`]
    pub fn bucket(&mut self, name: &[u8]) -> Result<(), WriteError> {
        self.builder.bucket(name)
    }

    /// Adds a key and its value.
    ///
    /// # Errors
    /// [`WriteError::Order`], [`WriteError::NoBucket`], [`WriteError::TooLong`], [`WriteError::Write`]
    pub fn entry(&mut self, key: &[u8], value: &[u8]) -> Result<(), WriteError> {
        self.builder.entry(key, Value::Bytes(value))
    }

    /// Ends the file, and gives back where it was written.
    ///
    /// # Errors
    /// [`WriteError::Changed`] when the data was not that of the plan: then the file is worth nothing.
    pub fn finish(self) -> Result<W, WriteError> {
        let planned = self.layout;
        let (root, pages) = self.builder.finish()?;
        if (root, pages.end()) != (planned.root, planned.pages) {
            return Err(WriteError::Changed {
                planned: planned.pages,
                written: pages.end(),
            });
        }
        Ok(pages.into_inner().expect("a writer has somewhere to write"))
    }
}

/// What plan and writer have in common: the tree of the present bucket, and the tree of all buckets.
#[derive(Debug)]
struct Builder<W> {
    pages: Pages<W>,
    buckets: Tree,
    bucket: Option<(Vec<u8>, Tree)>,
}

impl<W: Write> Builder<W> {
    fn new(pages: Pages<W>) -> Self {
        Self {
            pages,
            buckets: Tree::default(),
            bucket: None,
        }
    }

    fn bucket(&mut self, name: &[u8]) -> Result<(), WriteError> {
        self.end_bucket()?;
        self.buckets.check_order(name, "bucket")?;
        self.bucket = Some((name.to_vec(), Tree::default()));
        Ok(())
    }

    fn entry(&mut self, key: &[u8], value: Value<'_>) -> Result<(), WriteError> {
        let (_, tree) = self.bucket.as_mut().ok_or(WriteError::NoBucket)?;
        tree.check_order(key, "key")?;
        tree.put(&mut self.pages, 0, key, value)
    }

    fn end_bucket(&mut self) -> Result<(), WriteError> {
        let Some((name, tree)) = self.bucket.take() else {
            return Ok(());
        };
        let mut about = [0; BUCKET_BYTES];
        about[..8].copy_from_slice(&tree.finish(&mut self.pages)?.to_le_bytes());
        self.buckets
            .put(&mut self.pages, IS_BUCKET, &name, Value::Bytes(&about))
    }

    fn finish(mut self) -> Result<(u64, Pages<W>), WriteError> {
        self.end_bucket()?;
        let root = self.buckets.finish(&mut self.pages)?;
        Ok((root, self.pages))
    }
}

#[cfg(test)]
mod tests;
