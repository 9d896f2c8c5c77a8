//! Any text as an invitation, or as a link that carries one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocols::out_of_band::ReceivedInvitation;

fuzz_target!(|text: &str| {
    let _ = ReceivedInvitation::read(text);
});
