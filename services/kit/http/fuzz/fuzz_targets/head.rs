//! Fuzzes `kit_http::fuzz::fuzz_head`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kit_http::fuzz::fuzz_head(data));
