#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| taskloom_properties::hostile::requests(bytes));
