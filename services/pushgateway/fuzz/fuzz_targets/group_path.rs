//! See `pushgateway::fuzz::fuzz_group_path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pushgateway::fuzz::fuzz_group_path(data));
