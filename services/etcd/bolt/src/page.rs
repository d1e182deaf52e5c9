//! Where things lie in a page. All numbers are little endian, as on the machines that etcd supports.
//!
//! Source: bbolt v1.5 internal/common/page.go, meta.go, bucket.go.

/// How long our pages are, in bytes. Readers of others find it in the meta page.
pub const PAGE_BYTES: usize = 4096;

/// Length of a page's header: id, flags, count of elements, count of pages that follow it.
pub(crate) const HEADER_BYTES: usize = 16;
/// Length of an element of a branch or a leaf; keys and values stand behind all elements.
pub(crate) const ELEMENT_BYTES: usize = 16;
/// Length of what an element says of a bucket: the page of its root, and a sequence that etcd does not use.
pub(crate) const BUCKET_BYTES: usize = 16;

pub(crate) const BRANCH: u16 = 0x01;
pub(crate) const LEAF: u16 = 0x02;
pub(crate) const META: u16 = 0x04;

/// An element of a leaf is a bucket.
pub(crate) const IS_BUCKET: u32 = 1;

const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
/// The free pages are not written down: who opens the file looks for them.
const NO_FREE_LIST: u64 = u64::MAX;
/// Length of a meta, without the checksum behind it.
const META_BYTES: usize = 56;

/// The header of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Header {
    pub(crate) id: u64,
    pub(crate) flags: u16,
    pub(crate) count: u16,
    /// How many pages belong to this one and have no header.
    pub(crate) overflow: u32,
}

impl Header {
    pub(crate) fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.overflow.to_le_bytes());
    }

    /// Reads the first sixteen bytes of a page.
    pub(crate) fn read(page: &[u8]) -> Option<Self> {
        Some(Self {
            id: u64_at(page, 0)?,
            flags: u16::from_le_bytes(*page.get(8..)?.first_chunk()?),
            count: u16::from_le_bytes(*page.get(10..)?.first_chunk()?),
            overflow: u32_at(page, 12)?,
        })
    }
}

/// What the first two pages say of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Meta {
    pub(crate) page_bytes: u32,
    /// The page with the buckets.
    pub(crate) root: u64,
    /// The page behind the last.
    pub(crate) end: u64,
    /// The meta with the higher one counts.
    pub(crate) transaction: u64,
}

impl Meta {
    /// Appends the whole page.
    pub(crate) fn put_page(self, id: u64, out: &mut Vec<u8>) {
        let start = out.len();
        let header = Header {
            id,
            flags: META,
            count: 0,
            overflow: 0,
        };
        header.put(out);
        let meta = out.len();
        for number in [MAGIC, VERSION, self.page_bytes, 0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.root, 0, NO_FREE_LIST, self.end, self.transaction] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let sum = checksum(&out[meta..]);
        out.extend_from_slice(&sum.to_le_bytes());
        out.resize(start + PAGE_BYTES, 0);
    }

    /// Reads a meta page; `None` when it is none, or not whole.
    pub(crate) fn read(page: &[u8]) -> Option<Self> {
        let meta = page.get(HEADER_BYTES..)?;
        let is_meta = u32_at(meta, 0)? == MAGIC && u32_at(meta, 4)? == VERSION;
        if !is_meta || u64_at(meta, META_BYTES)? != checksum(meta.get(..META_BYTES)?) {
            return None;
        }
        Some(Self {
            page_bytes: u32_at(meta, 8)?,
            root: u64_at(meta, 16)?,
            end: u64_at(meta, 40)?,
            transaction: u64_at(meta, 48)?,
        })
    }
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meta_is_read_as_it_is_written_and_refused_when_a_bit_flips() {
        let meta = Meta {
            page_bytes: 4096,
            root: 7,
            end: 9,
            transaction: 2,
        };
        let mut page = Vec::new();
        meta.put_page(0, &mut page);
        assert_eq!(page.len(), PAGE_BYTES);
        assert_eq!(Meta::read(&page), Some(meta));
        for at in HEADER_BYTES..HEADER_BYTES + META_BYTES + 8 {
            page[at] ^= 1;
            assert_eq!(Meta::read(&page), None, "byte {at}");
            page[at] ^= 1;
        }
    }
}
