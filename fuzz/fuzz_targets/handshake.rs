#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| provider_salesforce::properties::handshake(data));
