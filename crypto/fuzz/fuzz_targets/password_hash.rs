//! Fuzzes `crypto::fuzz::fuzz_password_hash`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto::fuzz::fuzz_password_hash(data));
