//! Fuzzes `crypto_audit::fuzz::fuzz_elf`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto_audit::fuzz::fuzz_elf(data));
