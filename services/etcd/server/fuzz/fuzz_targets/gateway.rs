//! See `etcd_server::fuzz::fuzz_gateway`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| etcd_server::fuzz::fuzz_gateway(data));
