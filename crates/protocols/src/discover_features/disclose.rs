//! Finding what was asked for.

use std::borrow::Cow;

use super::pattern::matches;
use crate::message::{HTTPS_PREFIX, LEGACY_PREFIX};
use crate::{DIALECTS, Disclosure, FeatureKind, FeatureQuery};

/// The Aries Interop Profiles that a mediator fulfils (RFC 0302).
const PROFILES: [&str; 2] = ["AIP2.0", "AIP2.0/MEDIATE"];

/// The features that match any of `queries`, each once. `more` holds what depends on settings, e.g. goal codes.
pub fn disclose(queries: &[FeatureQuery], more: &[Disclosure]) -> Vec<Disclosure> {
    let asked = |feature: &Disclosure| {
        let id = feature.id.as_ref();
        queries
            .iter()
            .any(|query| query.kind == feature.kind && matches(&modern(&query.pattern), id))
    };
    let mut features: Vec<Disclosure> =
        protocols().chain(profiles()).chain(more.iter().cloned()).collect();
    features.retain(asked);
    features
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
