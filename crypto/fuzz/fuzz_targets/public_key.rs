//! Fuzzes `crypto::fuzz::fuzz_public_key`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto::fuzz::fuzz_public_key(data));
