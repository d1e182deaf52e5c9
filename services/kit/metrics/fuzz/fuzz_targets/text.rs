//! See `kit_metrics::fuzz::fuzz_text`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kit_metrics::fuzz::fuzz_text(data));
