#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hoike_fuzz::vms(data));
