//! Reading a file: the buckets, and the entries of one in the order of their keys.
//!
//! What is read may be anything. A page is believed only as far as it was checked, keys must ascend over the whole walk, and
//! trees may be only so deep: so every walk ends, and memory is bounded by the longest page times the depth.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use crate::page::{BUCKET_BYTES, HEADER_BYTES, Meta, u64_at};

mod page;
mod walk;

pub use self::walk::{Entries, Entry};
use self::{
    page::{Element, Kind, Page},
    walk::Walk,
};

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Neither of the first two pages is whole.
    #[error("invalid database")] // upstream's text
    NoMeta,
    /// Pages have a length that no machine has.
    #[error("page size {0} is not a power of two between 512 and 65536")]
    PageSize(u32),
    /// The file is shorter than it says.
    #[error("file of {bytes} bytes is too short for {pages} pages")]
    TooShort {
        /// How long the file is.
        bytes: u64,
        /// How many pages it should have.
        pages: u64,
    },
    /// A page is not what it should be.
    #[error("page {page}: {what}")]
    Page {
        /// Its number.
        page: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A bucket is not what it should be.
    #[error("bucket {name:?}: {what}")]
    Bucket {
        /// Its name.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file cannot be read there.
    #[error("read page {page}")]
    Read {
        /// The page.
        page: u64,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

/// Where bytes are read from.
pub trait Source {
    /// How many bytes there are.
    ///
    /// # Errors
    /// When that cannot be known.
    fn bytes(&self) -> io::Result<u64>;

    /// Fills the buffer with what stands at an offset.
    ///
    /// # Errors
    /// When there is less, or it cannot be read.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

impl Source for File {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(into, offset)
    }
}

impl Source for &[u8] {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let found = self.get(start..).and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A page may go on over this many bytes: more than any request is allowed to have.
const RUN_BYTES_MAX: u64 = 512 << 20;

/// A file, open for reading.
#[derive(Debug)]
pub struct Reader<S> {
    source: S,
    meta: Meta,
}

impl<S: Source> Reader<S> {
    /// Reads what the file says of itself.
    ///
    /// # Errors
    /// [`ReadError::NoMeta`], [`ReadError::PageSize`], [`ReadError::TooShort`], [`ReadError::Read`]
    pub fn open(source: S) -> Result<Self, ReadError> {
        let unreadable = |source| ReadError::Read { page: 0, source };
        let bytes = source.bytes().map_err(unreadable)?;
        let meta = newest_meta(&source, bytes).map_err(unreadable)?;
        let meta = meta.ok_or(ReadError::NoMeta)?;
        if !PAGE_SIZES.contains(&meta.page_bytes) || !meta.page_bytes.is_power_of_two() {
            return Err(ReadError::PageSize(meta.page_bytes));
        }
        if meta.end > bytes / u64::from(meta.page_bytes) {
            return Err(ReadError::TooShort {
                bytes,
                pages: meta.end,
            });
        }
        Ok(Self { source, meta })
    }

    /// How long the part of the file is that counts, in bytes; a checksum may stand behind it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.meta.end * u64::from(self.meta.page_bytes)
    }

    /// Returns the names of the buckets in their order.
    ///
    /// # Errors
    /// Any [`ReadError`]
    pub fn buckets(&self) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut names = Vec::new();
        let mut walk = self.walk_from(self.page(self.meta.root)?);
        while let Some(Element { is_bucket, key, .. }) = walk.next_element()? {
            if !is_bucket {
                return Err(bucket_fault(key, "not a bucket, but among the buckets"));
            }
            names.push(key.to_vec());
        }
        Ok(names)
    }

    /// Walks the entries of a bucket; `None` when there is no such bucket.
    ///
    /// # Errors
    /// Any [`ReadError`]
    pub fn entries(&self, bucket: &[u8]) -> Result<Option<Entries<'_, S>>, ReadError> {
        let mut walk = self.walk_from(self.page(self.meta.root)?);
        while let Some(found) = walk.next_element()? {
            if found.key == bucket && found.is_bucket {
                let root = self.root_of(bucket, found.value)?;
                return Ok(Some(Entries::new(bucket, self.walk_from(root))));
            }
        }
        Ok(None)
    }

    /// A small bucket stands whole behind what is said of it.
    fn root_of(&self, name: &[u8], about: &[u8]) -> Result<Page, ReadError> {
        let root = u64_at(about, 0).filter(|_| about.len() >= BUCKET_BYTES);
        match root.ok_or_else(|| bucket_fault(name, "too short"))? {
            0 => Page::new(0, about[BUCKET_BYTES..].to_vec())
                .and_then(|page| match page.kind() {
                    Kind::Leaf => Ok(page),
                    Kind::Branch => Err("a branch inside of a leaf"),
                })
                .map_err(|what| bucket_fault(name, what)),
            root => self.page(root),
        }
    }

    /// Reads a page with all that belongs to it.
    fn page(&self, id: u64) -> Result<Page, ReadError> {
        let fault = |what| ReadError::Page { page: id, what };
        let unreadable = |source| ReadError::Read { page: id, source };
        if !(2..self.meta.end).contains(&id) {
            return Err(fault("outside of the file"));
        }
        let page_bytes = u64::from(self.meta.page_bytes);
        let mut header = [0; HEADER_BYTES];
        self.source
            .read_at(id * page_bytes, &mut header)
            .map_err(unreadable)?;
        let header = crate::page::Header::read(&header).expect("all of the header was read");
        let pages = u64::from(header.overflow) + 1;
        if header.id != id {
            return Err(fault("has another number"));
        }
        if id + pages > self.meta.end || pages * page_bytes > RUN_BYTES_MAX {
            return Err(fault("goes on beyond the end or too long"));
        }
        let length = usize::try_from(pages * page_bytes).map_err(|_| fault("too long"))?;
        let mut bytes = vec![0; length];
        self.source
            .read_at(id * page_bytes, &mut bytes)
            .map_err(unreadable)?;
        Page::new(id, bytes).map_err(fault)
    }

    fn walk_from(&self, root: Page) -> Walk<'_, S> {
        Walk::new(self, root)
    }
}

const PAGE_SIZES: std::ops::RangeInclusive<u32> = 512..=65536;

/// The second meta stands where the first says pages end; where the first is broken, every length is tried.
fn newest_meta(source: &impl Source, bytes: u64) -> io::Result<Option<Meta>> {
    let read = |offset: u64| {
        let mut page = [0; 128];
        if offset + page.len() as u64 > bytes {
            return Ok(None);
        }
        source.read_at(offset, &mut page)?;
        io::Result::Ok(Meta::read(&page))
    };
    let first = read(0)?;
    let mut newest = first;
    let mut size = *PAGE_SIZES.start();
    while size <= *PAGE_SIZES.end() {
        let second = read(u64::from(size))?.filter(|second| second.page_bytes == size);
        let is_wanted = first.is_none_or(|first| first.page_bytes == size);
        if let Some(second) = second.filter(|_| is_wanted)
            && newest.is_none_or(|newest| newest.transaction < second.transaction)
        {
            newest = Some(second);
        }
        size *= 2;
    }
    Ok(newest)
}

fn bucket_fault(name: &[u8], what: &'static str) -> ReadError {
    ReadError::Bucket {
        name: String::from_utf8_lossy(name).into_owned(),
        what,
    }
}

#[cfg(test)]
mod tests;
