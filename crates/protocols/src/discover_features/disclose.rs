//! Finding what was asked for.

use std::borrow::Cow;

use super::pattern::matches;
use crate::message::{HTTPS_PREFIX, LEGACY_PREFIX};
use crate::{DIALECTS, Disclosure, FeatureKind, FeatureQuery};

/// The Aries Interop Profiles that a mediator fulfils (RFC 0302).
const PROFILES: [&str; 2] = ["AIP2.0", "AIP2.0/MEDIATE"];

/// The features that match any of `queries`, each once.
pub fn disclose(queries: &[FeatureQuery]) -> Vec<Disclosure> {
    let asked = |feature: &Disclosure| {
        let id = feature.id.as_ref();
        queries
            .iter()
            .any(|query| query.kind == feature.kind && matches(&modern(&query.pattern), id))
    };
    protocols().chain(profiles()).filter(asked).collect()
}

fn protocols() -> impl Iterator<Item = Disclosure> {
    DIALECTS.iter().filter(|dialect| dialect.disclosed()).map(|dialect| Disclosure {
        kind: FeatureKind::Protocol,
        id: dialect.protocol().uri().into(),
        roles: dialect.roles(),
    })
}

fn profiles() -> impl Iterator<Item = Disclosure> {
    PROFILES.into_iter().map(|id| Disclosure { kind: FeatureKind::Aip, id: id.into(), roles: &[] })
}

/// The pattern with today's prefix.
fn modern(pattern: &str) -> Cow<'_, str> {
    match pattern.strip_prefix(LEGACY_PREFIX) {
        Some(rest) => Cow::Owned(format!("{HTTPS_PREFIX}{rest}")),
        None => Cow::Borrowed(pattern),
    }
}
