//! Fuzzes `kit_http::fuzz::fuzz_web_config`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kit_http::fuzz::fuzz_web_config(data));
