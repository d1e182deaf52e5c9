//! See `etcd::fuzz::fuzz_config_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etcd::fuzz::fuzz_config_file(data));
