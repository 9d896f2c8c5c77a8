//! Discover-features (RFC 0031, RFC 0557).

use protocols::{FeatureQuery, Reply, discover_features};

/// What we can do of what was asked for.
pub(super) fn disclose(queries: &[FeatureQuery]) -> Reply<'static> {
    Reply::Features(discover_features::disclose(queries))
}
