//! Fuzzes `kit_http::fuzz::fuzz_snappy`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kit_http::fuzz::fuzz_snappy(data));
