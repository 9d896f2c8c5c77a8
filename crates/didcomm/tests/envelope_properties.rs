//! Laws that hold for every envelope.
use didcomm::{Destination, Limits, Sealed, SecretKey, VerKey, is_v2, seal_anon, seal_auth};
use proptest::prelude::*;

fn keys(seeds: &[[u8; 32]]) -> Vec<SecretKey> {
    seeds.iter().copied().map(SecretKey::from_seed).collect()
}

fn verkeys(keys: &[SecretKey]) -> Vec<VerKey> {
    keys.iter().map(SecretKey::verkey).collect()
}

fn open(bytes: &[u8], secret: &SecretKey) -> Option<Vec<u8>> {
    let sealed = Sealed::parse(bytes, &Limits::default()).ok()?;
    let (index, _) = sealed.recipients().find(|(_, kid)| *kid == secret.verkey())?;
    sealed.open(index, secret).ok().map(|opened| opened.plaintext)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens_for_each_recipient(
        body in prop::collection::vec(any::<u8>(), 0..3_000),
        from in any::<[u8; 32]>(),
        seeds in prop::collection::hash_set(any::<[u8; 32]>(), 1..5),
        auth in any::<bool>(),
    ) {
        let (from, to) = (SecretKey::from_seed(from), keys(&seeds.into_iter().collect::<Vec<_>>()));
        let kids = verkeys(&to);
        let envelope = if auth { seal_auth(&body, &from, &kids) } else { seal_anon(&body, &kids) }.unwrap();
        let sealed = Sealed::parse(envelope.as_bytes(), &Limits::default()).unwrap();
        for (index, secret) in to.iter().enumerate() {
            let opened = sealed.open(index, secret).unwrap();
            prop_assert_eq!(&opened.plaintext, &body);
            prop_assert_eq!(opened.sender, auth.then(|| from.verkey()));
            prop_assert_eq!(opened.recipient, secret.verkey());
        }
    }

    #[test]
    fn a_changed_byte_never_yields_another_message(at in any::<prop::sample::Index>(), flip in 1_u8.., auth in any::<bool>()) {
        let (from, to) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let envelope = if auth { seal_auth(b"body", &from, &[to.verkey()]) } else { seal_anon(b"body", &[to.verkey()]) };
        let mut bytes = envelope.unwrap().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Some(body) = open(&bytes, &to) {
            prop_assert_eq!(body, b"body", "only a change that means nothing may open");
        }
    }

    #[test]
    fn a_changed_character_of_the_ciphertext_is_refused(at in any::<prop::sample::Index>()) {
        let to = SecretKey::from_seed([2; 32]);
        let envelope = seal_anon(&[7; 300], &[to.verkey()]).unwrap();
        let mut text = String::from_utf8(envelope.as_bytes().to_vec()).unwrap();
        let start = text.find(r#""ciphertext":""#).unwrap() + 14;
        let at = start + at.index(400);
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        text.replace_range(at..=at, other);
        prop_assert_eq!(open(text.as_bytes(), &to), None);
    }

    #[test]
    fn junk_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Sealed::parse(&bytes, &Limits::default()).is_err());
        prop_assert!(!is_v2(&bytes, &Limits::default()));
        let text = String::from_utf8_lossy(&bytes);
        let _ = Destination::parse(&text);
        let _ = Destination::from_bytes(&bytes);
    }

    #[test]
    fn half_an_envelope_is_an_error(cut in any::<prop::sample::Index>()) {
        let envelope = seal_anon(b"body", &[SecretKey::from_seed([2; 32]).verkey()]).unwrap();
        let bytes = envelope.as_bytes();
        prop_assert!(Sealed::parse(&bytes[..cut.index(bytes.len())], &Limits::default()).is_err());
    }

    #[test]
    fn every_spelling_of_a_key_reads_back(bytes in any::<[u8; 32]>()) {
        let key = VerKey::from_bytes(bytes);
        for text in [key.to_string(), key.to_did_key(), key.to_did_key_url()] {
            prop_assert_eq!(VerKey::parse(&text), Ok(key));
            prop_assert_eq!(Destination::parse(&text), Ok(Destination::Key(key)));
        }
        let text = serde_json::to_string(&key).unwrap();
        prop_assert_eq!(serde_json::from_str::<VerKey>(&text).unwrap(), key);
    }
}
