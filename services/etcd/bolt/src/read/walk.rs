//! From one leaf of a tree to the next, in the order of the keys.

use super::{
    ReadError, Reader, Source, bucket_fault,
    page::{Element, Kind, Page},
};

/// A tree of pages with two keys each is not deeper while it fits on a disk.
const DEPTH_MAX: usize = 48;

/// A key and its value.
pub type Entry<'a> = (&'a [u8], &'a [u8]);

/// The entries of a bucket in the order of their keys.
#[derive(Debug)]
pub struct Entries<'a, S> {
    bucket: Vec<u8>,
    walk: Walk<'a, S>,
}

impl<'a, S: Source> Entries<'a, S> {
    pub(super) fn new(bucket: &[u8], walk: Walk<'a, S>) -> Self {
        Self {
            bucket: bucket.to_vec(),
            walk,
        }
    }

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

/// From one leaf to the next.
#[derive(Debug)]
pub(super) struct Walk<'a, S> {
    reader: &'a Reader<S>,
    /// The pages down to the present leaf, each with the element that is next.
    stack: Vec<(Page, usize)>,
    last_key: Vec<u8>,
}

impl<'a, S: Source> Walk<'a, S> {
    pub(super) fn new(reader: &'a Reader<S>, root: Page) -> Self {
        Self {
            reader,
            stack: vec![(root, 0)],
            last_key: Vec::new(),
        }
    }

    /// Returns the next element of a leaf.
    pub(super) fn next_element(&mut self) -> Result<Option<Element<'_>>, ReadError> {
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
