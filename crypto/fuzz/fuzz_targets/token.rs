//! Fuzzes `crypto::fuzz::fuzz_token`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto::fuzz::fuzz_token(data));
