//! Any bytes as a plaintext: understood, or refused with an answer that can be written.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|plaintext: &[u8]| {
    if let Err(error) = protocols::decode(plaintext) {
        let _ = error.answer("00000000-0000-4000-8000-000000000000");
    }
});
