//! Fuzzes `crypto_audit::fuzz::fuzz_symbol`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto_audit::fuzz::fuzz_symbol(data));
