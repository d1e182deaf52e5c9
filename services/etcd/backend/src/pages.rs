//! Pages of the file that are in memory because they were looked at. They count as the process's memory, so they are let go of
//! after so many: the system has them at hand still, and gives them back when they are used.

use std::{fs, ops::Range};

/// Bytes that come into memory before they are let go of. Letting go takes as long as some hundred reads.
pub(crate) const TOUCHED_MAX: usize = 32 << 20;

/// What looking at one value brings into memory: the system maps its neighbours with it.
pub(crate) const AROUND: usize = 64 << 10;

/// The mapping an address is in.
pub(crate) fn mapping(address: usize) -> Option<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let mappings = maps.lines().filter_map(|line| {
        let (start, rest) = line.split_once('-')?;
        let (end, _) = rest.split_once(' ')?;
        let number = |digits| usize::from_str_radix(digits, 16).ok();
        Some(number(start)?..number(end)?)
    });
    mappings
        .into_iter()
        .find(|mapping| mapping.contains(&address))
}
