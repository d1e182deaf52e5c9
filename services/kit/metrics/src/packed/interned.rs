//! Label values that stand once however many records of a family have them.
//!
//! A value is a number (varint) and perhaps bytes. Even number: twice the length of the bytes that follow. Odd: twice the
//! position, plus one, of the bytes of that value in an earlier record, again with its number before.

use std::{
    array,
    hash::{DefaultHasher, Hasher},
};

use super::record::take_varint;
use crate::proto::put_varint;

/// Finds values that were written before.
#[derive(Debug, Default)]
pub(super) struct Interner {
    /// Where a value with this hash was last written, plus one; 0 = nowhere. A value pushed out by another of its hash is
    /// written again, which bounds what gathering costs however many values there are.
    places: Option<Box<[u32; Self::PLACES]>>,
}

impl Interner {
    /// How many records a family must have before its values are remembered: a body may have a million small families, and
    /// the places of each cost as much as a hundred records.
    pub(super) const MANY: usize = 64;

    const PLACES: usize = 1024;

    /// From now on, knows what is written.
    pub(super) fn remember(&mut self) {
        self.places = Some(Box::new(array::from_fn(|_| 0)));
    }

    /// Appends a value, or where it is.
    pub(super) fn put(&mut self, records: &mut Vec<u8>, value: &[u8]) {
        let place = self.places.as_mut().map(|places| {
            let mut hasher = DefaultHasher::new();
            hasher.write(value);
            let [low, high, ..] = hasher.finish().to_le_bytes();
            &mut places[usize::from(u16::from_le_bytes([low, high])) % Self::PLACES]
        });
        let Some(place) = place else {
            return put_inline(records, value);
        };
        let start = records.len();
        if let Some(position) = place.checked_sub(1)
            && take_interned(&mut &records[position as usize..], records) == value
        {
            put_varint(records, u64::from(position) << 1 | 1);
            if records.len() - start <= value.len() {
                return;
            }
            // The reference is longer than the value.
            records.truncate(start);
        }
        // Beyond 4 GiB the family is refused anyway.
        *place = u32::try_from(start + 1).unwrap_or(0);
        put_inline(records, value);
    }
}

fn put_inline(records: &mut Vec<u8>, value: &[u8]) {
    put_varint(records, 2 * value.len() as u64);
    records.extend_from_slice(value);
}

/// Takes the value at the front of `from`, which is a part of `records` or of what becomes `records`.
pub(super) fn take_interned<'a>(from: &mut &'a [u8], records: &'a [u8]) -> &'a [u8] {
    let number = take_varint(from);
    let half = usize::try_from(number / 2).expect("written from a slice in memory");
    if number & 1 == 1 {
        // What is referred to never refers further.
        return take_interned(&mut &records[half..], records);
    }
    let (value, rest) = from.split_at(half);
    *from = rest;
    value
}
