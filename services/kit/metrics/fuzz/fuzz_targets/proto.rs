//! See `kit_metrics::fuzz::fuzz_proto`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kit_metrics::fuzz::fuzz_proto(data));
