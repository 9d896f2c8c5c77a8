mod replies;
mod requests;

use crate::KeyFilter;

fn key(text: &str) -> KeyFilter {
    KeyFilter { text: text.into(), destination: didcomm::Destination::parse(text).unwrap() }
}
