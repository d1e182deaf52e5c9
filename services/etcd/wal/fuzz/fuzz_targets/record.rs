//! Fuzzes `etcd_wal::fuzz::fuzz_record`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etcd_wal::fuzz::fuzz_record(data));
