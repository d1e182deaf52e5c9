//! What a fuzzer calls, and the tests with what it found.

use crate::Reader;

/// Walks all there is in a file of any bytes. A test's corpus is replayed through it.
pub fn fuzz_reader(data: &[u8]) {
    let Ok(reader) = Reader::open(data) else {
        return;
    };
    let Ok(buckets) = reader.buckets() else {
        return;
    };
    for bucket in buckets {
        let Ok(Some(mut entries)) = reader.entries(&bucket) else {
            continue;
        };
        let mut last = Vec::new();
        while let Ok(Some((key, _))) = entries.next_entry() {
            assert!(last.as_slice() < key, "keys ascend");
            last = key.to_vec();
        }
    }
}
