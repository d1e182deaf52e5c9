//! Fuzzes `crypto::fuzz::fuzz_revocation_list`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto::fuzz::fuzz_revocation_list(data));
