//! The oldest version of etcd that can interpret a raft entry: the newest that its messages, fields and values are annotated
//! with in the .proto files.
//!
//! The bytes of the entry are walked along a table that the build makes of the annotations. As upstream, lists are not looked
//! into.
//!
//! Source: etcd v3.7 server/storage/wal/version.go.

use std::fmt;

use prost::{
    DecodeError,
    bytes::Buf,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};

use crate::raftpb::{Entry, EntryType};

/// A version of etcd.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version {
    /// 3, so far.
    pub major: u64,
    /// Raised with what others must understand.
    pub minor: u64,
    /// Raised with what they need not.
    pub patch: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    const fn three(minor: u64) -> Self {
        Self {
            major: 3,
            minor,
            patch: 0,
        }
    }

    /// Reads `3.7.0`; what stands behind a hyphen does not count.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('-').next()?.split('.').map(str::parse);
        let mut number = || numbers.next()?.ok();
        let version = Self {
            major: number()?,
            minor: number()?,
            patch: number()?,
        };
        numbers.next().is_none().then_some(version)
    }
}

/// Why an entry says nothing of versions.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// It is none of a member.
    #[error("not an entry of a member")]
    Decode(#[from] DecodeError),
    /// It holds a value that no version knows.
    #[error("could not visit EnumNumber [{0}]")] // upstream's text
    Enum(u64),
    /// The request that tests downgrades names no version.
    #[error("{0:?} is not a version")]
    Test(String),
}

/// Returns the oldest version of etcd that can interpret all of these entries; `None` when there are none.
///
/// # Errors
/// [`VersionError`], when an entry is none that a member of this version or an older one wrote.
pub fn oldest_for<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Option<Version>, VersionError> {
    let mut newest = None;
    for entry in entries {
        newest = newest.max(Some(of_entry(entry)?));
    }
    Ok(newest)
}

fn of_entry(entry: &Entry) -> Result<Version, VersionError> {
    match entry.r#type() {
        EntryType::EntryConfChange => return Ok(Version::three(0)),
        EntryType::EntryConfChangeV2 => return Ok(Version::three(4)),
        EntryType::EntryNormal => {}
    }
    let mut seen = Seen::default();
    seen.message(ROOT, &mut entry.data.as_deref().unwrap_or_default())?;
    let annotated = Version::three(seen.minor);
    Ok(seen
        .tested
        .map_or(annotated, |tested| annotated.max(tested)))
}

/// What the messages so far need.
#[derive(Default)]
struct Seen {
    minor: u64,
    tested: Option<Version>,
}

impl Seen {
    fn message(&mut self, row: usize, buf: &mut &[u8]) -> Result<(), VersionError> {
        let message = &MESSAGES[row];
        self.minor = self.minor.max(message.version);
        while buf.has_remaining() {
            let (number, wire) = decode_key(buf)?;
            let field = message.fields.iter().find(|field| field.number == number);
            match field {
                Some(field) => self.field(field, row, wire, buf)?,
                None => skip_field(wire, number, buf, DecodeContext::default())?,
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        field: &Field,
        row: usize,
        wire: WireType,
        buf: &mut &[u8],
    ) -> Result<(), VersionError> {
        let start = *buf;
        skip_field(wire, field.number, buf, DecodeContext::default())?;
        let mut value = &start[..start.len() - buf.len()];
        // A length, or a number.
        let number = match wire {
            WireType::Varint | WireType::LengthDelimited => decode_varint(&mut value)?,
            _ => value.iter().map(|byte| u64::from(*byte)).sum(),
        };
        if number == 0 && !field.has_presence {
            // As if it were not there.
            return Ok(());
        }
        self.minor = self.minor.max(field.version);
        match (field.kind, wire) {
            (Kind::Message(below), WireType::LengthDelimited) => {
                if row == ROOT && field.number == DOWNGRADE_VERSION_TEST {
                    self.tested = Some(tested(value)?);
                }
                self.message(below, &mut value)
            }
            (Kind::Enum(of), WireType::Varint) => self.value(&ENUMS[of], number),
            _ => Ok(()),
        }
    }

    fn value(&mut self, of: &Enum, number: u64) -> Result<(), VersionError> {
        let value = of.values.iter().find(|(known, _)| *known == number);
        let (_, version) = value.ok_or(VersionError::Enum(number))?;
        self.minor = self.minor.max(of.version).max(*version);
        Ok(())
    }
}

/// The request that only tests use to need a version.
fn tested(request: &[u8]) -> Result<Version, VersionError> {
    let request: crate::etcdserverpb::DowngradeVersionTestRequest =
        prost::Message::decode(request)?;
    Version::parse(&request.ver).ok_or(VersionError::Test(request.ver))
}

const DOWNGRADE_VERSION_TEST: u32 = 9900;

/// The row of the message that an entry holds.
const ROOT: usize = 0;

/// Versions in the table are the `x` of `3.x`; 0 where nothing is told.
struct Message {
    version: u64,
    fields: &'static [Field],
}

struct Field {
    number: u32,
    version: u64,
    /// Whether it is there also when it is zero.
    has_presence: bool,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Message(usize),
    Enum(usize),
    Other,
}

struct Enum {
    version: u64,
    values: &'static [(u64, u64)],
}

include!(concat!(env!("OUT_DIR"), "/annotations.rs"));

#[cfg(test)]
mod tests;
