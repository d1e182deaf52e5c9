//! One record: a frame of eight bytes, the message `walpb.Record`, and padding to a multiple of eight bytes.
//!
//! The frame is a number in little endian: the size of the record, and if there is padding, its length with the highest
//! bit set in the highest byte. The checksum of a record is that of all data before it in the log and its own.

use std::{
    fs::File,
    io::{self, BufReader, Read},
};

use bytes::Bytes;
use etcd_api::{raftpb::Entry, walpb::Record};
use prost::{Message as _, encoding::encode_varint};

use crate::error::WalError;

pub(crate) const METADATA: i64 = 1;
pub(crate) const ENTRY: i64 = 2;
pub(crate) const STATE: i64 = 3;
/// The checksum of all before; the first record of each segment.
pub(crate) const CRC: i64 = 4;
pub(crate) const SNAPSHOT: i64 = 5;

const FRAME_BYTES: usize = 8;

/// What a disk writes wholly or not at all.
const SECTOR_BYTES: usize = 512;

/// Appends records to a buffer.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    crc: u32,
    data: Vec<u8>,
}

impl Encoder {
    /// Goes on from this checksum.
    pub(crate) fn new(crc: u32) -> Self {
        Self {
            crc,
            data: Vec::new(),
        }
    }

    /// Appends a message.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, kind: i64, message: &impl prost::Message) {
        self.data.clear();
        message
            .encode(&mut self.data)
            .expect("a vector takes every message");
        self.crc = crc32c::crc32c_append(self.crc, &self.data);
        put_record(out, kind, self.crc, Some(&[&self.data]));
    }

    /// Appends an entry. Its data is copied once, into `out`, and not into a message before.
    pub(crate) fn put_entry(&mut self, out: &mut Vec<u8>, entry: &Entry) {
        let data = entry.data.as_deref().unwrap_or_default();
        let head = &mut self.data;
        head.clear();
        for (tag, number) in [
            (
                0x08,
                u64::try_from(entry.r#type.unwrap_or_default()).unwrap_or_default(),
            ),
            (0x10, entry.term()),
            (0x18, entry.index()),
        ] {
            head.push(tag);
            encode_varint(number, head);
        }
        if entry.data.is_some() {
            head.push(0x22);
            encode_varint(data.len() as u64, head);
        }
        self.crc = crc32c::crc32c_append(crc32c::crc32c_append(self.crc, head), data);
        put_record(out, ENTRY, self.crc, Some(&[head, data]));
    }

    /// Appends bytes.
    pub(crate) fn put_bytes(&mut self, out: &mut Vec<u8>, kind: i64, data: &[u8]) {
        self.crc = crc32c::crc32c_append(self.crc, data);
        put_record(out, kind, self.crc, Some(&[data]));
    }

    /// Appends the record that begins a segment.
    pub(crate) fn put_crc(&self, out: &mut Vec<u8>) {
        put_record(out, CRC, self.crc, None);
    }
}

/// Appends a record by hand: the data is in memory already, and a message would want to own it.
fn put_record(out: &mut Vec<u8>, kind: i64, crc: u32, data: Option<&[&[u8]]>) {
    let frame = out.len();
    out.extend_from_slice(&[0; FRAME_BYTES]);
    let start = out.len();
    out.push(0x08);
    encode_varint(kind.cast_unsigned(), out);
    out.push(0x10);
    encode_varint(u64::from(crc), out);
    if let Some(parts) = data {
        out.push(0x1a);
        encode_varint(parts.iter().map(|part| part.len() as u64).sum(), out);
        for part in parts {
            out.extend_from_slice(part);
        }
    }
    let size = out.len() - start;
    let padding = size.next_multiple_of(8) - size;
    out.resize(out.len() + padding, 0);
    let mark = if padding == 0 {
        0
    } else {
        0x80 | padding as u64
    };
    out[frame..start].copy_from_slice(&(size as u64 | mark << 56).to_le_bytes());
}

/// Reads the records of one segment.
pub(crate) struct Decoder {
    file: BufReader<Box<dyn Read>>,
    name: String,
    length: u64,
    /// Behind the last whole record.
    offset: u64,
    crc: u32,
    /// Whether the end may be torn: only the last segment's may.
    is_last: bool,
}

impl Decoder {
    /// Reads on from the checksum of the segment before.
    pub(crate) fn new(file: File, name: String, crc: u32, is_last: bool) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self::over(Box::new(file), length, name, crc, is_last))
    }

    /// As [`Self::new`], over bytes of this length from anywhere.
    pub(crate) fn over(
        bytes: Box<dyn Read>,
        length: u64,
        name: String,
        crc: u32,
        is_last: bool,
    ) -> Self {
        Self {
            file: BufReader::with_capacity(1 << 18, bytes),
            name,
            length,
            offset: 0,
            crc,
            is_last,
        }
    }

    pub(crate) fn crc(&self) -> u32 {
        self.crc
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the next record, or `None` at the end or where nothing was written yet. A record that tells the checksum is
    /// checked here and told like the others.
    pub(crate) fn next(&mut self) -> Result<Option<Record>, WalError> {
        let Some(frame) = self.frame()? else {
            return Ok(None);
        };
        let size = frame & (u64::MAX >> 8);
        let padding = if frame >> 63 == 1 { frame >> 56 & 7 } else { 0 };
        let left = (self.length - self.offset).saturating_sub(FRAME_BYTES as u64 + padding);
        let lengths = usize::try_from(size)
            .ok()
            .zip(usize::try_from(padding).ok());
        let Some((record, padding)) = lengths.filter(|_| size <= left) else {
            return Err(self.torn());
        };
        let mut data = vec![0; record + padding];
        match self.file.read_exact(&mut data) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(self.torn()),
            Err(error) => return Err(self.unreadable(error)),
        }
        let data = Bytes::from(data);
        let record = Record::decode(data.slice(..record))
            .map_err(|error| self.torn_or(&data, |this| this.malformed(error.to_string())))?;
        self.check(&record, &data)?;
        self.offset += (FRAME_BYTES + data.len()) as u64;
        Ok(Some(record))
    }

    fn frame(&mut self) -> Result<Option<u64>, WalError> {
        let mut bytes = [0; FRAME_BYTES];
        let mut read = 0;
        while read < bytes.len() {
            match self.file.read(&mut bytes[read..]) {
                Ok(0) if read == 0 => return Ok(None),
                Ok(0) => return Err(self.torn()),
                Ok(count) => read += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(error)),
            }
        }
        let frame = u64::from_le_bytes(bytes);
        Ok((frame != 0).then_some(frame))
    }

    fn check(&mut self, record: &Record, data: &[u8]) -> Result<(), WalError> {
        let told = record.crc.unwrap_or_default();
        if record.r#type == Some(CRC) {
            // The first record that is read may follow a segment that was removed.
            if self.crc != 0 && self.crc != told {
                return Err(self.mismatch());
            }
            self.crc = told;
            return Ok(());
        }
        let crc = crc32c::crc32c_append(self.crc, record.data.as_deref().unwrap_or_default());
        if crc != told {
            return Err(self.torn_or(data, Self::mismatch));
        }
        self.crc = crc;
        Ok(())
    }

    /// What is wrong with a record: the machine may have stopped while it was written.
    fn torn_or(&self, data: &[u8], otherwise: impl FnOnce(&Self) -> WalError) -> WalError {
        if self.is_last && self.has_empty_sector(data) {
            self.torn()
        } else {
            otherwise(self)
        }
    }

    /// Tells whether a sector of the record behind the frame holds nothing: it never reached the disk.
    fn has_empty_sector(&self, data: &[u8]) -> bool {
        let sector = SECTOR_BYTES as u64;
        let into_sector = (self.offset + FRAME_BYTES as u64) % sector;
        let to_border = usize::try_from(sector - into_sector)
            .expect("at most a sector")
            .min(data.len());
        let (head, rest) = data.split_at(to_border);
        let is_empty = |sector: &[u8]| sector.iter().all(|byte| *byte == 0);
        !data.is_empty() && (is_empty(head) || rest.chunks(SECTOR_BYTES).any(is_empty))
    }

    pub(crate) fn malformed(&self, what: String) -> WalError {
        WalError::Malformed {
            what,
            file: self.name.clone(),
            position: self.offset,
        }
    }

    fn torn(&self) -> WalError {
        WalError::Torn {
            file: self.name.clone(),
            position: self.offset,
        }
    }

    fn mismatch(&self) -> WalError {
        WalError::CrcMismatch {
            file: self.name.clone(),
            position: self.offset,
        }
    }

    fn unreadable(&self, source: io::Error) -> WalError {
        WalError::File {
            operation: "read",
            path: self.name.clone().into(),
            source,
        }
    }
}

#[cfg(test)]
mod tests;
