//! See `etcd::fuzz::fuzz_settings`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etcd::fuzz::fuzz_settings(data));
