use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use transport::{HeaderMap, Method, StatusCode, Told};
use zeroize::Zeroizing;

use crate::Health;

/// `GET /status/ready` and `GET /status/live`, as the services have them that are replaced.
pub struct Status {
    health: Arc<Health>,
    key: Zeroizing<String>,
}

/// The header that holds the key.
const KEY: &str = "access_token";

impl Status {
    /// Statuses for whoever shows the key.
    #[must_use]
    pub fn new(health: Arc<Health>, key: &str) -> Self {
        Self { health, key: Zeroizing::new(key.to_owned()) }
    }

    /// The answer, if it is about a status: 403 without the key.
    pub(super) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Told> {
        let said = match path {
            "/status/ready" => ("ready", self.health.is_ready()),
            "/status/live" => ("alive", self.health.is_live()),
            _ => return None,
        };
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Some(Told::text(StatusCode::METHOD_NOT_ALLOWED, "GET alone"));
        }
        if !self.is_shown(headers) {
            let why = r#"{"detail":"Could not validate key"}"#;
            return Some(Told::json(StatusCode::FORBIDDEN, why));
        }
        Some(Told::json(StatusCode::OK, format!(r#"{{"{}":{}}}"#, said.0, said.1)))
    }

    fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(KEY).map(|value| value.as_bytes()).unwrap_or_default();
        verify_slices_are_equal(shown, self.key.as_bytes()).is_ok()
    }
}

impl std::fmt::Debug for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Status")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, key: Option<&str>) -> Option<(u16, String)> {
        let status = Status::new(Arc::new(Health::default()), "hush");
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert(KEY, key.parse().unwrap());
        }
        let told = status.answer(&Method::GET, path, &headers)?;
        Some((told.status.as_u16(), String::from_utf8(told.body.to_vec()).unwrap()))
    }

    #[test]
    fn a_right_key_is_told_and_a_wrong_one_is_not() {
        let told = asked("/status/ready", Some("hush")).unwrap();
        assert_eq!(told, (200, r#"{"ready":false}"#.to_owned()));
        assert_eq!(asked("/status/live", Some("hush")).unwrap().1, r#"{"alive":false}"#);
        for key in [None, Some(""), Some("hus"), Some("hush!")] {
            assert_eq!(asked("/status/ready", key).unwrap().0, 403, "{key:?}");
        }
        assert_eq!(asked("/", Some("hush")), None);
    }
}
