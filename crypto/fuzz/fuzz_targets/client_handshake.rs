//! Fuzzes `crypto::fuzz::fuzz_client_handshake`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto::fuzz::fuzz_client_handshake(data));
