//! Any text as a DID, a key or a destination.
#![no_main]

use didcomm::{Destination, VerKey, did};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = VerKey::parse(text);
    if let Ok(destination) = Destination::parse(text) {
        let again = Destination::from_bytes(&destination.to_bytes());
        assert_eq!(again.ok().as_ref(), Some(&destination));
    }
    let _ = did::resolve(text);
});
