//! A tree from its leaves up: a page that is full is written, and the level above learns its first key and its number.

use std::io::{self, Write};

use super::WriteError;
use crate::page::{BRANCH, ELEMENT_BYTES, HEADER_BYTES, Header, LEAF, PAGE_BYTES};

/// A value, or while planning how long it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Bytes(&'a [u8]),
    Length(usize),
}

impl Value<'_> {
    fn len(self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Length(length) => length,
        }
    }
}

/// Pages in the order of their numbers, written or only counted.
#[derive(Debug)]
pub(super) struct Pages<W> {
    out: Option<W>,
    next: u64,
    /// The page being written.
    buffer: Vec<u8>,
}

/// The first two pages are metas.
const FIRST_PAGE: u64 = 2;

impl Pages<io::Sink> {
    pub(super) fn counted() -> Self {
        Self {
            out: None,
            next: FIRST_PAGE,
            buffer: Vec::new(),
        }
    }
}

impl<W: Write> Pages<W> {
    pub(super) fn written(out: W) -> Self {
        Self {
            out: Some(out),
            next: FIRST_PAGE,
            buffer: Vec::new(),
        }
    }

    /// The page behind the last.
    pub(super) fn end(&self) -> u64 {
        self.next
    }

    pub(super) fn into_inner(self) -> Option<W> {
        self.out
    }

    /// Writes a level's page and empties it. Returns its number.
    fn write(&mut self, level: &mut Level, flags: u16) -> Result<u64, WriteError> {
        let id = self.next;
        let pages = level.bytes().div_ceil(PAGE_BYTES) as u64;
        self.next += pages;
        if let Some(out) = &mut self.out {
            let header = Header {
                id,
                flags,
                count: u16::try_from(level.elements.len()).expect("a page has room for few"),
                overflow: u32::try_from(pages - 1)
                    .map_err(|_| WriteError::TooLong(level.data_bytes))?,
            };
            self.buffer.clear();
            header.put(&mut self.buffer);
            level.put_elements(flags, &mut self.buffer);
            self.buffer.extend_from_slice(&level.data);
            self.buffer
                .resize(self.buffer.len().next_multiple_of(PAGE_BYTES), 0);
            out.write_all(&self.buffer).map_err(WriteError::Write)?;
        }
        level.clear();
        Ok(id)
    }
}

/// One page in the making per level, leaves first.
#[derive(Debug, Default)]
pub(super) struct Tree {
    levels: Vec<Level>,
    last_key: Option<Vec<u8>>,
}

impl Tree {
    /// Checks that a key comes behind the last, and remembers it.
    pub(super) fn check_order(&mut self, key: &[u8], what: &'static str) -> Result<(), WriteError> {
        let follows = self.last_key.as_deref().is_none_or(|last| last < key);
        if key.is_empty() || !follows {
            let key = key.to_vec();
            return Err(WriteError::Order { what, key });
        }
        let last = self.last_key.get_or_insert_default();
        last.clear();
        last.extend_from_slice(key);
        Ok(())
    }

    /// Adds an element to the leaves.
    pub(super) fn put<W: Write>(
        &mut self,
        pages: &mut Pages<W>,
        flags: u32,
        key: &[u8],
        value: Value<'_>,
    ) -> Result<(), WriteError> {
        self.put_at(pages, 0, Element::leaf(flags, key, value)?, key, value)
    }

    fn put_at<W: Write>(
        &mut self,
        pages: &mut Pages<W>,
        at: usize,
        element: Element,
        key: &[u8],
        value: Value<'_>,
    ) -> Result<(), WriteError> {
        if self.levels.len() == at {
            self.levels.push(Level::default());
        }
        let level = &mut self.levels[at];
        if level.has_room_for(key, value) {
            level.push(element, key, value);
            return Ok(());
        }
        let first_key = std::mem::take(&mut level.first_key);
        let id = pages.write(level, flags_of(at))?;
        level.push(element, key, value);
        self.put_at(
            pages,
            at + 1,
            Element::branch(&first_key, id)?,
            &first_key,
            Value::Bytes(&[]),
        )
    }

    /// Writes what is left, and returns the page of the root. A tree of nothing is one empty leaf.
    pub(super) fn finish<W: Write>(mut self, pages: &mut Pages<W>) -> Result<u64, WriteError> {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let mut at = 0;
        loop {
            let level = &mut self.levels[at];
            let first_key = std::mem::take(&mut level.first_key);
            let id = pages.write(level, flags_of(at))?;
            at += 1;
            if at == self.levels.len() {
                return Ok(id);
            }
            self.put_at(
                pages,
                at,
                Element::branch(&first_key, id)?,
                &first_key,
                Value::Bytes(&[]),
            )?;
        }
    }
}

fn flags_of(level: usize) -> u16 {
    if level == 0 { LEAF } else { BRANCH }
}

/// A page in the making.
#[derive(Debug, Default)]
struct Level {
    elements: Vec<Element>,
    /// Keys and values behind the elements; while planning only how long they are.
    data: Vec<u8>,
    data_bytes: usize,
    first_key: Vec<u8>,
}

impl Level {
    fn bytes(&self) -> usize {
        HEADER_BYTES + self.elements.len() * ELEMENT_BYTES + self.data_bytes
    }

    /// An element that is longer than a page has pages of its own.
    fn has_room_for(&self, key: &[u8], value: Value<'_>) -> bool {
        let with = self.bytes() + ELEMENT_BYTES + key.len() + value.len();
        self.elements.is_empty() || with <= PAGE_BYTES
    }

    fn push(&mut self, element: Element, key: &[u8], value: Value<'_>) {
        if self.elements.is_empty() {
            self.first_key.extend_from_slice(key);
        }
        self.elements.push(element);
        self.data_bytes += key.len() + value.len();
        if let Value::Bytes(value) = value {
            self.data.extend_from_slice(key);
            self.data.extend_from_slice(value);
        }
    }

    fn put_elements(&self, flags: u16, out: &mut Vec<u8>) {
        let mut data = self.elements.len() * ELEMENT_BYTES;
        for (at, element) in self.elements.iter().enumerate() {
            // Counted from the element itself.
            let position = u32::try_from(data - at * ELEMENT_BYTES)
                .expect("only the first of a page is long, and it was checked");
            element.put(flags, position, out);
            data += element.key_bytes as usize + element.value_bytes as usize;
        }
    }

    fn clear(&mut self) {
        self.elements.clear();
        self.data.clear();
        self.data_bytes = 0;
        self.first_key.clear();
    }
}

/// What stands at the front of a page of each key.
#[derive(Clone, Copy, Debug)]
struct Element {
    flags: u32,
    key_bytes: u32,
    value_bytes: u32,
    /// In branches: the page below.
    page: u64,
}

/// bbolt takes no key beyond this.
const KEY_BYTES_MAX: usize = 32768;
/// bbolt takes no value beyond this, less the room its key and our element take.
const VALUE_BYTES_MAX: usize = (1 << 31) - 2 - (1 << 16);

impl Element {
    fn leaf(flags: u32, key: &[u8], value: Value<'_>) -> Result<Self, WriteError> {
        Ok(Self {
            flags,
            key_bytes: bounded(key.len(), KEY_BYTES_MAX)?,
            value_bytes: bounded(value.len(), VALUE_BYTES_MAX)?,
            page: 0,
        })
    }

    fn branch(key: &[u8], page: u64) -> Result<Self, WriteError> {
        Ok(Self {
            page,
            ..Self::leaf(0, key, Value::Bytes(&[]))?
        })
    }

    fn put(&self, page_flags: u16, position: u32, out: &mut Vec<u8>) {
        if page_flags == BRANCH {
            out.extend_from_slice(&position.to_le_bytes());
            out.extend_from_slice(&self.key_bytes.to_le_bytes());
            out.extend_from_slice(&self.page.to_le_bytes());
        } else {
            for number in [self.flags, position, self.key_bytes, self.value_bytes] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
    }
}

fn bounded(length: usize, most: usize) -> Result<u32, WriteError> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= most)
        .ok_or(WriteError::TooLong(length))
}
