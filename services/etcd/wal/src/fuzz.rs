//! What a fuzzer calls, and the tests with what it started from and found.

/// Reads a segment of any bytes.
pub fn fuzz_record(data: &[u8]) {
    crate::read::fuzz_record(data);
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn what_the_fuzzer_started_from_and_found_is_read_without_a_panic() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/record");
        let mut replayed = 0;
        for entry in fs::read_dir(corpus).unwrap() {
            super::fuzz_record(&fs::read(entry.unwrap().path()).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0);
    }
}
