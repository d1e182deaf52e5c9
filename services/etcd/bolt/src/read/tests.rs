use proptest::prelude::*;

use super::*;
use crate::{Plan, fuzz::fuzz_reader};

/// A file with one bucket of some pages.
fn file() -> Vec<u8> {
    let mut plan = Plan::default();
    plan.bucket(b"key").unwrap();
    for key in 0..500u32 {
        plan.entry(&key.to_be_bytes(), 50).unwrap();
    }
    let mut writer = plan.finish().unwrap().write(Vec::new()).unwrap();
    writer.bucket(b"key").unwrap();
    for key in 0..500u32 {
        writer.entry(&key.to_be_bytes(), &[9; 50]).unwrap();
    }
    writer.finish().unwrap()
}

fn fault(file: &[u8]) -> String {
    let walked = || {
        let reader = Reader::open(file)?;
        reader.buckets()?;
        let mut entries = reader.entries(b"key")?.expect("the bucket is there");
        while entries.next_entry()?.is_some() {}
        Ok::<_, ReadError>(())
    };
    walked().map_or_else(|error| error.to_string(), |()| "none".to_owned())
}

#[test]
fn damage_is_named_with_its_page() {
    let good = file();
    let end = good.len() / 4096;
    #[track_caller]
    fn check(good: &[u8], at: usize, bytes: &[u8], expected: &str) {
        let mut bad = good.to_vec();
        bad[at..at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(fault(&bad), expected);
    }
    assert_eq!(fault(&good), "none");
    assert_eq!(fault(b""), "invalid database");
    assert_eq!(
        fault(&good[..4096]),
        format!("file of 4096 bytes is too short for {end} pages")
    );
    check(&good, 8192, &[9], "page 2: has another number");
    check(&good, 8192 + 8, &[4], "page 2: neither branch nor leaf");
    check(&good, 8192 + 10, &[0, 0], "page 2: empty below a branch");
    check(
        &good,
        8192 + 10,
        &[255, 255],
        "page 2: more elements than there is room for",
    );
    check(
        &good,
        8192 + 12,
        &[255, 255],
        "page 2: goes on beyond the end or too long",
    );
    check(
        &good,
        8192 + 16 + 4,
        &[255, 255],
        "page 2: element outside of the page",
    );
    check(
        &good,
        8192 + 16 + 8,
        &[255, 255],
        "page 2: key longer than the page",
    );
    check(
        &good,
        8192 + 16 + 12,
        &[255, 255],
        "page 2: value longer than the page",
    );
    check(&good, 8192 + 32 + 8, &[0], "page 2: keys do not ascend");
    // The bucket's root is the page before the last; its first child is itself now.
    let root = end as u64 - 2;
    let at = usize::try_from(root).unwrap() * 4096 + 16 + 8;
    check(
        &good,
        at,
        &root.to_le_bytes(),
        &format!("page {root}: deeper than a tree can be"),
    );
    check(
        &good,
        at,
        &u64::MAX.to_le_bytes(),
        &format!("page {}: outside of the file", u64::MAX),
    );
}

#[test]
fn the_other_meta_stands_in_for_a_broken_one() {
    for at in [0, 4096] {
        let mut one = file();
        one[at + 20] ^= 1;
        assert_eq!(fault(&one), "none");
    }
    let mut none = file();
    none[20] ^= 1;
    none[4096 + 20] ^= 1;
    assert_eq!(fault(&none), "invalid database");
}

#[test]
fn what_the_fuzzer_started_from_and_found_is_read_without_a_panic() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/reader");
    let mut replayed = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        fuzz_reader(&std::fs::read(entry.unwrap().path()).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0);
}

proptest! {
    #[test]
    fn a_damaged_file_is_refused_or_read_but_never_panics(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = file();
        for (at, byte) in damage {
            // Metas are checksummed: what stands behind them is more worth trying.
            let at = 8192 + at.index(bytes.len() - 8192);
            bytes[at] = byte;
        }
        fuzz_reader(&bytes);
    }
}
