//! The snapshot file's content: one gob value, `map[string]MetricGroup`, in and out of a state of the store.
//!
//! Source: pushgateway storage/interface.go (`MetricGroup`, `TimestampedMetricFamily`, `GobbableMetricFamily`); the gob types and
//! their numbers in [`HEADER`] are those that Go writes for them.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, Seek, SeekFrom, Write},
    sync::{Arc, Mutex},
    thread,
};

use kit_metrics::proto;

use super::gob::{GobError, Reader, Type, Types, field_of, put_bytes, put_uint};
use crate::store::{
    clock::Moment,
    group::{Group, GroupFamily, GroupKey},
    series::Series,
    state::State,
    tree::Edit,
};

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error(transparent)]
    Gob(#[from] GobError),
    #[error("metric family {name:?}")]
    Family {
        name: String,
        source: proto::ProtoError,
    },
    #[error("time: invalid binary form of {0} bytes")]
    Time(usize),
}

/// Definitions of the seven types of a snapshot, numbers 65 to 71, in hexadecimal.
const HEADER: &str = concat!(
    "29ff810401011847726f7570696e674b6579546f4d657472696347726f757001ff8200010c01ff84000032ff830301010b4d657472696347726f757001ff84",
    "00010201064c6162656c7301ff860001074d65747269637301ff8800000021ff85040101116d61705b737472696e675d737472696e6701ff8600010c010c00",
    "0031ff87040101204e616d65546f54696d657374616d7065644d657472696346616d696c794d617001ff8800010c01ff8a00004eff89030101175469",
    "6d657374616d7065644d657472696346616d696c7901ff8a000102010954696d657374616d7001ff8c00011447",
    "6f626261626c654d657472696346616d696c7901ff8e00000010ff8b0501010454696d6501ff8c00000020ff8d05010114476f626261626c654d6574",
    "72696346616d696c7901ff8e000000",
);
/// Number of the outermost type in [`HEADER`], as gob writes it, and the zero byte before a value that is no struct.
const TOP_VALUE: [u8; 3] = [0xff, 0x82, 0];
/// Seconds from the year 1, where Go's binary time begins, to 1970.
const YEAR_ONE_TO_1970: i64 = 62_135_596_800;
/// Offset of a time in UTC.
const UTC: [u8; 2] = [0xff, 0xff];
/// Bytes gathered before they are written out.
const BUFFER_BYTES: usize = 1 << 16;

/// Writes a snapshot. The memory it takes does not grow with the number of groups.
///
/// # Errors
/// Whatever the file answers.
pub(crate) fn write(state: &State, mut file: impl Write + Seek) -> io::Result<()> {
    file.write_all(&header())?;
    // The length of the value stands before it and is known only after it: nine bytes are kept free, the longest form of a number.
    let length_at = file.stream_position()?;
    file.write_all(&[0; 9])?;
    let mut out = TOP_VALUE.to_vec();
    put_uint(&mut out, state.groups.len() as u64);
    for group in state.groups.iter() {
        put_group(&mut out, group);
        if out.len() >= BUFFER_BYTES {
            file.write_all(&out)?;
            out.clear();
        }
    }
    file.write_all(&out)?;
    let length = file.stream_position()? - length_at - 9;
    file.seek(SeekFrom::Start(length_at))?;
    file.write_all(&[8u8.wrapping_neg()])?;
    file.write_all(&length.to_be_bytes())
}

fn header() -> Vec<u8> {
    let pairs = HEADER
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok());
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect::<Option<_>>()
        .expect("HEADER is hexadecimal")
}

fn put_group(out: &mut Vec<u8>, group: &Group) {
    put_bytes(out, &map_key(&group.key));
    put_uint(out, 1); // field Labels
    put_uint(out, group.key.labels().count() as u64);
    for label in group.key.labels() {
        put_bytes(out, label.name);
        put_bytes(out, label.value);
    }
    if !group.families.is_empty() {
        put_uint(out, 1); // field Metrics
        put_uint(out, group.families.len() as u64);
        group
            .families
            .iter()
            .for_each(|family| put_family(out, family));
    }
    put_uint(out, 0);
}

fn put_family(out: &mut Vec<u8>, family: &Arc<GroupFamily>) {
    put_bytes(out, family.name.as_bytes());
    put_uint(out, 1); // field Timestamp
    put_bytes(out, &binary_time(family.pushed_at));
    put_uint(out, 1); // field GobbableMetricFamily
    put_bytes(out, &message(family));
    put_uint(out, 0);
}

/// Returns the family as protobuf, every metric with its full labels.
fn message(family: &Arc<GroupFamily>) -> Vec<u8> {
    let GroupFamily {
        name,
        help,
        kind,
        unit,
        ..
    } = &**family;
    let series: Vec<_> = Series::of(family).collect();
    let metrics = series
        .iter()
        .map(|series| (series.labels(), series.value()));
    let mut out = Vec::new();
    proto::encode::family(
        &mut out,
        name.as_bytes(),
        help.as_deref(),
        *kind,
        unit.as_deref(),
        metrics,
    );
    out
}

/// Returns the key of the outer map: names and values by turns, with the byte between them that UTF-8 never has.
fn map_key(key: &GroupKey) -> Vec<u8> {
    let parts: Vec<_> = key
        .labels()
        .flat_map(|label| [label.name, label.value])
        .collect();
    parts.join(&0xff)
}

fn binary_time(at: Moment) -> Vec<u8> {
    let seconds = at.seconds.saturating_add(YEAR_ONE_TO_1970);
    [
        &[1][..],
        &seconds.to_be_bytes(),
        &at.nanos.to_be_bytes(),
        &UTC,
    ]
    .concat()
}

/// Reads a snapshot of ours or of upstream.
///
/// # Errors
/// [`SnapshotError`] when the bytes are no snapshot.
pub(crate) fn read(bytes: &[u8]) -> Result<State, SnapshotError> {
    let mut types = Types::default();
    let (id, mut value) = types.read_until_value(&mut Reader::new(bytes))?;
    let mut reading = Reading {
        types,
        families: Vec::new(),
    };
    value.uint()?; // the zero byte before a value that is no struct
    let group_id = reading.types.string_map(id)?;
    for _ in 0..value.uint()? {
        value.bytes()?; // the key, which repeats the labels
        reading.group(&mut value, group_id)?;
    }
    let families = without_repetitions(decode_all(&reading.families)?);
    Ok(State::default().edited(families.into_iter().map(Edit::Put).collect()))
}

/// A family as it stands in the file.
struct Stored<'a> {
    group: GroupKey,
    pushed_at: Moment,
    message: &'a [u8],
}

/// Decodes families, on all processors: a start with a large snapshot is spent here.
fn decode_all(stored: &[Stored<'_>]) -> Result<Vec<Arc<GroupFamily>>, SnapshotError> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = stored.len().div_ceil(threads).max(FAMILIES_A_THREAD_MIN);
    let texts = Mutex::new(HashSet::new());
    thread::scope(|scope| {
        let parts: Vec<_> = stored
            .chunks(share)
            .map(|part| scope.spawn(|| decode_part(part, &texts)))
            .collect();
        let mut families = Vec::with_capacity(stored.len());
        for part in parts {
            families.append(&mut part.join().expect("decoding does not panic")?);
        }
        Ok(families)
    })
}

/// Fewer families than this are not worth a further thread.
const FAMILIES_A_THREAD_MIN: usize = 64;

/// Decodes some families. `texts` holds names and help texts, each kept once.
fn decode_part(
    stored: &[Stored<'_>],
    texts: &Mutex<HashSet<Arc<str>>>,
) -> Result<Vec<Arc<GroupFamily>>, SnapshotError> {
    let share = |text: &str| {
        let mut texts = texts.lock().expect("nobody panics with the lock");
        let known = texts.get(text).cloned();
        known.unwrap_or_else(|| {
            let text = Arc::<str>::from(text);
            texts.insert(Arc::clone(&text));
            text
        })
    };
    let mut families = Vec::with_capacity(stored.len());
    for Stored {
        group,
        pushed_at,
        message,
    } in stored
    {
        let family = proto::decode_family(message).map_err(|source| SnapshotError::Family {
            name: String::from_utf8_lossy(message.get(2..).unwrap_or_default())
                .chars()
                .take(80)
                .collect(),
            source,
        })?;
        // A family without a usable name cannot be exposed; upstream fails at it for ever, here it ends with the restart.
        families.extend(crate::store::pushed::ready(
            group, *pushed_at, family, share,
        ));
    }
    Ok(families)
}

/// Keeps the last of families with one name in one group, as Go does when a key of a map comes again. No program writes such a
/// file.
fn without_repetitions(mut families: Vec<Arc<GroupFamily>>) -> Vec<Arc<GroupFamily>> {
    let order = |a: &GroupFamily, b: &GroupFamily| {
        let groups = a.group.order(&b.group);
        groups.then_with(|| a.name.cmp(&b.name))
    };
    families.sort_by(|a, b| order(a, b));
    families.dedup_by(|later, kept| {
        let is_repetition = order(later, kept).is_eq();
        if is_repetition {
            std::mem::swap(later, kept);
        }
        is_repetition
    });
    families
}

/// What has been read so far.
struct Reading<'a> {
    types: Types,
    families: Vec<Stored<'a>>,
}

impl<'a> Reading<'a> {
    fn group(&mut self, reader: &mut Reader<'a>, id: i64) -> Result<(), SnapshotError> {
        let fields = self.fields(id)?;
        let mut labels = BTreeMap::new();
        let mut families = Vec::new();
        let mut number = -1;
        while let Some(next) = reader.field_after(number)? {
            number = next;
            let (name, id) = field_of(&fields, number)?;
            match name.as_str() {
                "Labels" => labels = self.labels(reader, *id)?,
                "Metrics" => families = self.families(reader, *id)?,
                _ => self.types.skip(reader, *id)?,
            }
        }
        let group = GroupKey::new(labels);
        let stored = families.into_iter().map(|(pushed_at, message)| Stored {
            group: group.clone(),
            pushed_at,
            message,
        });
        self.families.extend(stored);
        Ok(())
    }

    fn labels(
        &self,
        reader: &mut Reader<'a>,
        id: i64,
    ) -> Result<BTreeMap<&'a [u8], &'a [u8]>, SnapshotError> {
        Types::expect_string(self.types.string_map(id)?)?;
        let count = reader.uint()?;
        (0..count)
            .map(|_| Ok((reader.bytes()?, reader.bytes()?)))
            .collect()
    }

    /// Reads the families of a group as (time, protobuf message).
    fn families(
        &self,
        reader: &mut Reader<'a>,
        id: i64,
    ) -> Result<Vec<(Moment, &'a [u8])>, SnapshotError> {
        let fields = self.fields(self.types.string_map(id)?)?;
        let count = reader.uint()?;
        (0..count)
            .map(|_| {
                reader.bytes()?; // the name, which the message repeats
                self.timestamped_family(reader, &fields)
            })
            .collect()
    }

    fn timestamped_family(
        &self,
        reader: &mut Reader<'a>,
        fields: &[(String, i64)],
    ) -> Result<(Moment, &'a [u8]), SnapshotError> {
        let (mut pushed_at, mut message) = (Moment::default(), &[][..]);
        let mut number = -1;
        while let Some(next) = reader.field_after(number)? {
            number = next;
            let (name, id) = field_of(fields, number)?;
            match name.as_str() {
                "Timestamp" => {
                    self.types.expect_marshalled(*id)?;
                    pushed_at = parse_time(reader.bytes()?)?;
                }
                "GobbableMetricFamily" => {
                    self.types.expect_marshalled(*id)?;
                    message = reader.bytes()?;
                }
                _ => self.types.skip(reader, *id)?,
            }
        }
        Ok((pushed_at, message))
    }

    fn fields(&self, id: i64) -> Result<Vec<(String, i64)>, SnapshotError> {
        match self.types.get(id)? {
            Type::Struct { fields } => Ok(fields.clone()),
            _ => Err(GobError::Mismatch("a struct").into()),
        }
    }
}

/// Reads Go's binary time, version 1 or 2. The zone is of no matter: moments are shown in the local one.
fn parse_time(bytes: &[u8]) -> Result<Moment, SnapshotError> {
    let wrong = || SnapshotError::Time(bytes.len());
    if !matches!((bytes.first(), bytes.len()), (Some(1), 15) | (Some(2), 16)) {
        return Err(wrong());
    }
    let (seconds, rest) = bytes[1..].split_first_chunk().ok_or_else(wrong)?;
    let (nanos, _) = rest.split_first_chunk().ok_or_else(wrong)?;
    let seconds = i64::from_be_bytes(*seconds).saturating_sub(YEAR_ONE_TO_1970);
    Ok(Moment {
        seconds,
        nanos: u32::from_be_bytes(*nanos).min(999_999_999),
    })
}

#[cfg(test)]
mod tests;
