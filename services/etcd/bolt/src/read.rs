//! Reading a file: the buckets, and the entries of one in the order of their keys.
//!
//! What is read may be anything. A page is believed only as far as it was checked, keys must ascend over the whole walk, and
//! trees may be only so deep: so every walk ends, and memory is bounded by the longest page times the depth.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use crate::page::{BUCKET_BYTES, HEADER_BYTES, Meta, u64_at};

mod page;

use self::page::{Element, Kind, Page};

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

/// A tree of pages with two keys each is not deeper while it fits on a disk.
const DEPTH_MAX: usize = 48;

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
                return Ok(Some(Entries {
                    bucket: bucket.to_vec(),
                    walk: self.walk_from(root),
                }));
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
        Walk {
            reader: self,
            stack: vec![(root, 0)],
            last_key: Vec::new(),
        }
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

/// A key and its value.
pub type Entry<'a> = (&'a [u8], &'a [u8]);

/// The entries of a bucket in the order of their keys.
#[derive(Debug)]
pub struct Entries<'a, S> {
    bucket: Vec<u8>,
    walk: Walk<'a, S>,
}

impl<S: Source> Entries<'_, S> {
    /// Returns the next entry. It is good until the next is asked for, so that this is no iterator.
    ///
    /// # Errors
    /// Any [`ReadError`]; there is nothing more to be had then.
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, ReadError> {
        match self.walk.next_element()? {
            Some(element) if element.is_bucket => Err(bucket_fault(&self.bucket, "holds a bucket")),
            found => Ok(found.map(|Element { key, value, .. }| (key, value))),
        }
    }
}

fn bucket_fault(name: &[u8], what: &'static str) -> ReadError {
    ReadError::Bucket {
        name: String::from_utf8_lossy(name).into_owned(),
        what,
    }
}

/// From one leaf to the next.
#[derive(Debug)]
struct Walk<'a, S> {
    reader: &'a Reader<S>,
    /// The pages down to the present leaf, each with the element that is next.
    stack: Vec<(Page, usize)>,
    last_key: Vec<u8>,
}

impl<S: Source> Walk<'_, S> {
    /// Returns the next element of a leaf.
    fn next_element(&mut self) -> Result<Option<Element<'_>>, ReadError> {
        loop {
            let depth = self.stack.len();
            let Some((page, next)) = self.stack.last_mut() else {
                return Ok(None);
            };
            if *next == page.count() {
                self.stack.pop();
                continue;
            }
            let at = *next;
            *next += 1;
            if page.kind() == Kind::Leaf {
                break self.leaf_element(at).map(Some);
            }
            let (id, fault) = (page.id(), |page, what| ReadError::Page { page, what });
            let below = page.child(at).map_err(|what| fault(id, what))?;
            if depth == DEPTH_MAX {
                return Err(fault(below, "deeper than a tree can be"));
            }
            let child = self.reader.page(below)?;
            // So every way down ends at a key, or in an error.
            if child.count() == 0 {
                return Err(fault(below, "empty below a branch"));
            }
            self.stack.push((child, 0));
        }
    }

    fn leaf_element(&mut self, at: usize) -> Result<Element<'_>, ReadError> {
        let (page, _) = self.stack.last().expect("a leaf is on top");
        let fault = |what| ReadError::Page {
            page: page.id(),
            what,
        };
        let element = page.element(at).map_err(fault)?;
        if element.key <= self.last_key.as_slice() {
            return Err(fault("keys do not ascend"));
        }
        self.last_key.clear();
        self.last_key.extend_from_slice(element.key);
        Ok(element)
    }
}

#[cfg(test)]
mod tests;
