//! See `pushgateway::fuzz::fuzz_snapshot`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pushgateway::fuzz::fuzz_snapshot(data));
