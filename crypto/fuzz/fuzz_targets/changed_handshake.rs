//! Fuzzes `crypto::fuzz::fuzz_changed_handshake`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto::fuzz::fuzz_changed_handshake(data));
