use std::path::{Path, PathBuf};

use super::server_url::{PostgresUrl, RedisUrl, without_password};
use crate::value::Value;

/// Where mail, keylists and connections are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `embedded` or `embedded:<directory>`: files in the mediator's own directory, or in this one.
    Embedded(Option<PathBuf>),
    /// `redis://…`, or `redis` for the server that `redis.connection` names.
    Redis(Option<RedisUrl>),
    /// `postgres://…`, or `postgres` for the server that `postgres.connection` names.
    Postgres(Option<PostgresUrl>),
}

impl StoreUrl {
    /// Whether several mediators can use it at the same time.
    pub fn is_shared(&self) -> bool {
        !matches!(self, Self::Embedded(_))
    }

    fn embedded(directory: &str) -> Option<Self> {
        let named = !directory.is_empty() && !directory.starts_with("//");
        named.then(|| Self::Embedded(Some(Path::new(directory).to_owned())))
    }
}

impl Value for StoreUrl {
    const EXPECTED: &'static str = "embedded, embedded:<directory>, redis://<host>, rediss://<host>, \
         redis://<host>,<host>,… for a cluster, or postgres://<host>/<database>";

    fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("embedded", directory)) => Self::embedded(directory),
            Some(_) => RedisUrl::parse(text)
                .map(|url| Self::Redis(Some(url)))
                .or_else(|| PostgresUrl::parse(text).map(|url| Self::Postgres(Some(url)))),
            None => match text {
                "embedded" => Some(Self::Embedded(None)),
                "redis" => Some(Self::Redis(None)),
                "postgres" => Some(Self::Postgres(None)),
                _ => None,
            },
        }
    }

    fn shown(text: &str) -> String {
        without_password(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_told_by_its_scheme() {
        let embedded = |directory: &str| StoreUrl::Embedded(Some(PathBuf::from(directory)));
        assert_eq!(StoreUrl::parse("embedded:./mail"), Some(embedded("./mail")));
        assert_eq!(StoreUrl::parse("embedded"), Some(StoreUrl::Embedded(None)));
        assert_eq!(StoreUrl::parse("redis"), Some(StoreUrl::Redis(None)));
        assert!(matches!(StoreUrl::parse("rediss://r"), Some(StoreUrl::Redis(Some(_)))));
        assert!(matches!(StoreUrl::parse("postgres://p/d"), Some(StoreUrl::Postgres(Some(_)))));
        for bad in
            ["embedded:", "embedded://host", "mysql://h/d", "sqlite", "redis:", "127.0.0.1:6379"]
        {
            assert_eq!(StoreUrl::parse(bad), None, "{bad}");
        }
    }
}
