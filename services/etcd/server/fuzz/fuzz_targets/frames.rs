//! See `etcd_server::fuzz::fuzz_frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etcd_server::fuzz::fuzz_frames(data));
