//! A page as it came from outside: every position in it is checked before it is followed.

use crate::page::{BRANCH, ELEMENT_BYTES, HEADER_BYTES, Header, IS_BUCKET, LEAF, u32_at, u64_at};

/// What a page of a tree is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Branch,
    Leaf,
}

/// A page of a tree with all the pages that belong to it.
#[derive(Debug)]
pub(super) struct Page {
    id: u64,
    kind: Kind,
    count: usize,
    bytes: Vec<u8>,
}

/// An element of a leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The value says then where the bucket is.
    pub(super) is_bucket: bool,
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

impl Page {
    /// Believes the header, when what it tells has room.
    pub(super) fn new(id: u64, bytes: Vec<u8>) -> Result<Self, &'static str> {
        let header = Header::read(&bytes).ok_or("too short for a header")?;
        let kind = match header.flags {
            BRANCH => Kind::Branch,
            LEAF => Kind::Leaf,
            _ => return Err("neither branch nor leaf"),
        };
        let count = usize::from(header.count);
        if HEADER_BYTES + count * ELEMENT_BYTES > bytes.len() {
            return Err("more elements than there is room for");
        }
        Ok(Self {
            id,
            kind,
            count,
            bytes,
        })
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The page below an element of a branch.
    pub(super) fn child(&self, at: usize) -> Result<u64, &'static str> {
        let element = HEADER_BYTES + at * ELEMENT_BYTES;
        u64_at(&self.bytes, element + 8).ok_or("element outside of the page")
    }

    /// An element of a leaf.
    pub(super) fn element(&self, at: usize) -> Result<Element<'_>, &'static str> {
        let element = HEADER_BYTES + at * ELEMENT_BYTES;
        let number = |at| u32_at(&self.bytes, element + at).ok_or("element outside of the page");
        let (flags, position) = (number(0)?, number(4)? as usize);
        let (key_bytes, value_bytes) = (number(8)? as usize, number(12)? as usize);
        let data = self
            .bytes
            .get(element + position..)
            .ok_or("element outside of the page")?;
        let (key, rest) = data
            .split_at_checked(key_bytes)
            .ok_or("key longer than the page")?;
        let value = rest
            .get(..value_bytes)
            .ok_or("value longer than the page")?;
        Ok(Element {
            is_bucket: flags & IS_BUCKET != 0,
            key,
            value,
        })
    }
}
