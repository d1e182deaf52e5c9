//! Fuzzes `crypto::fuzz::fuzz_server_handshake`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| crypto::fuzz::fuzz_server_handshake(data));
