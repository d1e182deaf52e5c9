//! Fuzzes `etcd_bolt::fuzz::fuzz_reader`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etcd_bolt::fuzz::fuzz_reader(data));
