//! Whatever stands around a secret, and however it is written: it does not come out. The same check runs with
//! proptest among the unit tests.
#![no_main]
#![allow(dead_code, reason = "the check needs a part of the modules")]

#[path = "../../src/redact/mod.rs"]
mod redact;
#[path = "../../src/secret.rs"]
mod secret;

libfuzzer_sys::fuzz_target!(|data: &[u8]| redact::promise::holds_for(data));
