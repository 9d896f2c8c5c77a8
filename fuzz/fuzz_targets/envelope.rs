//! Any bytes as an envelope: parsed within its limits, and tried to be opened with a key of ours.
#![no_main]

use std::sync::LazyLock;

use didcomm::{Limits, Sealed, SecretKey};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::from_seed([7; 32]));

fuzz_target!(|bytes: &[u8]| {
    let Ok(sealed) = Sealed::parse(bytes, &Limits::default()) else { return };
    let recipients: Vec<_> = sealed.recipients().collect();
    for (index, _) in recipients {
        let _ = sealed.open(index, &KEY);
    }
});
