//! What the settings of several sections say together about one engine.

use crate::sections::Config;
use crate::values::{PostgresUrl, RedisUrl, Secret, StoreUrl};
use std::path::PathBuf;

/// Who comes to an engine, from wherever it was said.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// The user.
    pub username: Option<String>,
    /// The password itself.
    pub password: Option<Secret>,
    /// Or the file that holds it.
    pub password_file: Option<PathBuf>,
}

/// A store with everything that is missing in its URL.
#[derive(Debug, Clone)]
pub enum Engine {
    /// Files in this directory.
    Embedded(PathBuf),
    /// One server or a cluster.
    Redis(RedisUrl, Login),
    /// One database.
    Postgres(PostgresUrl, Login),
}

impl Engine {
    /// Whether several mediators can use it at the same time.
    pub fn is_shared(&self) -> bool {
        !matches!(self, Self::Embedded(_))
    }
}

impl std::fmt::Display for Engine {
    /// Its URL, without user and password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Embedded(directory) => write!(f, "embedded:{}", directory.display()),
            Self::Redis(url, _) => url.fmt(f),
            Self::Postgres(url, _) => url.fmt(f),
        }
    }
}

impl Config {
    /// Where mail is kept.
    pub fn mail_engine(&self) -> Engine {
        self.engine(&self.store.url)
    }

    /// Where keylists and connections are kept, if not where mail is.
    pub fn keylist_engine(&self) -> Option<Engine> {
        self.store.keylists.as_ref().map(|url| self.engine(url))
    }

    fn engine(&self, url: &StoreUrl) -> Engine {
        let embedded = || Engine::Embedded(self.store.directory().to_owned());
        match url {
            StoreUrl::Embedded(_) => embedded(),
            StoreUrl::Redis(url) => url
                .as_ref()
                .or(self.redis.connection.as_ref())
                .map_or_else(embedded, |url| Engine::Redis(url.clone(), self.redis_login(url))),
            StoreUrl::Postgres(url) => {
                url.as_ref().or(self.postgres.connection.as_ref()).map_or_else(embedded, |url| {
                    Engine::Postgres(url.clone(), self.postgres_login(url))
                })
            }
        }
    }

    fn redis_login(&self, url: &RedisUrl) -> Login {
        let said = &self.redis_credentials;
        Login {
            username: said.username.clone().or_else(|| url.username.clone()),
            password: said.password.clone().or_else(|| url.password.clone()),
            password_file: said.password_file.clone(),
        }
    }

    fn postgres_login(&self, url: &PostgresUrl) -> Login {
        let said = &self.postgres_credentials;
        Login {
            username: said.username.clone().or_else(|| url.username.clone()),
            password: said.password.clone().or_else(|| url.password.clone()),
            password_file: said.password_file.clone(),
        }
    }

    /// What does not go together in the sections about engines, as sentences.
    pub(crate) fn check_engines(&self) -> Vec<String> {
        let stores = || [Some(&self.store.url), self.store.keylists.as_ref()].into_iter().flatten();
        let redis: Vec<_> = stores().filter_map(redis_of).collect();
        let postgres: Vec<_> = stores().filter_map(postgres_of).collect();
        let mut complaints = Vec::new();
        complaints.extend(connection("redis", &redis, self.redis.connection.is_some()));
        complaints.extend(connection("postgres", &postgres, self.postgres.connection.is_some()));
        for (engine, login, url_has_one) in [
            ("redis", self.redis_words(), redis.iter().flatten().any(|url| url.password.is_some())),
            (
                "postgres",
                self.postgres_words(),
                postgres.iter().flatten().any(|url| url.password.is_some()),
            ),
        ] {
            complaints.extend(passwords(engine, login, url_has_one));
        }
        let ssl = &self.redis_ssl;
        complaints.extend(pair("redis", ssl.certificate.is_some(), ssl.key.is_some()));
        let ssl = &self.postgres_ssl;
        complaints.extend(pair("postgres", ssl.certificate.is_some(), ssl.key.is_some()));
        complaints
    }

    fn redis_words(&self) -> [bool; 2] {
        let said = &self.redis_credentials;
        [said.password.is_some(), said.password_file.is_some()]
    }

    fn postgres_words(&self) -> [bool; 2] {
        let said = &self.postgres_credentials;
        [said.password.is_some(), said.password_file.is_some()]
    }
}

/// The URL of a store in Redis, `None` within if it just says `redis`.
fn redis_of(store: &StoreUrl) -> Option<Option<&RedisUrl>> {
    match store {
        StoreUrl::Redis(url) => Some(url.as_ref()),
        _ => None,
    }
}

fn postgres_of(store: &StoreUrl) -> Option<Option<&PostgresUrl>> {
    match store {
        StoreUrl::Postgres(url) => Some(url.as_ref()),
        _ => None,
    }
}

fn connection<T>(engine: &str, stores: &[Option<&T>], given: bool) -> Option<String> {
    let wanted = stores.iter().any(Option::is_none);
    match (wanted, given) {
        (true, false) => Some(format!(
            "a store is `{engine}`, but `{engine}.connection` does not say where that is"
        )),
        (false, true) => Some(format!(
            "`{engine}.connection` is set, but no store uses it: set `store.url` or `store.keylists` to `{engine}`"
        )),
        _ => None,
    }
}

fn passwords(engine: &str, [said, file]: [bool; 2], in_url: bool) -> Option<String> {
    (usize::from(said) + usize::from(file) + usize::from(in_url) > 1).then(|| {
        format!(
            "the password for {engine} is set more than once: keep one of `{engine}.credentials.password`, \
             `{engine}.credentials.password_file` and the one in the URL"
        )
    })
}

fn pair(engine: &str, certificate: bool, key: bool) -> Option<String> {
    (certificate != key).then(|| {
        format!(
            "`{engine}.ssl.certificate` and `{engine}.ssl.key` belong together: set both or none"
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::{Sources, load};

    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Result<Config, crate::Problems> {
        let env =
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        load(Sources { env, ..Sources::default() }).map(|loaded| loaded.config)
    }

    #[test]
    fn without_settings_all_is_kept_in_files() {
        let config = env(&[]).unwrap();
        assert_eq!(config.mail_engine().to_string(), "embedded:./restante-data");
        assert!(config.keylist_engine().is_none());
        let config = env(&[("RESTANTE_STORE", "embedded:/a"), ("RESTANTE_DATA", "/b")]).unwrap();
        assert_eq!(config.mail_engine().to_string(), "embedded:/a");
    }

    #[test]
    fn mail_and_keylists_may_live_apart() {
        let config = env(&[
            ("RESTANTE_STORE", "rediss://u@r"),
            ("RESTANTE_KEYLIST_STORE", "postgres"),
            ("RESTANTE_POSTGRES__CONNECTION", "postgres://u:pw@p/mail"),
            ("RESTANTE_REDIS__CREDENTIALS__PASSWORD", "secret"),
        ])
        .unwrap();
        let Engine::Redis(url, login) = config.mail_engine() else { panic!("mail is in Redis") };
        assert!(url.tls);
        assert_eq!(
            (login.username.as_deref(), login.password.unwrap().reveal()),
            (Some("u"), "secret")
        );
        let Some(Engine::Postgres(_, login)) = config.keylist_engine() else {
            panic!("{config:?}")
        };
        assert_eq!(login.password.unwrap().reveal(), "pw");
    }

    #[test]
    fn a_connection_that_nobody_uses_or_that_is_missing_is_a_mistake() {
        let unused = env(&[("RESTANTE_REDIS__CONNECTION", "redis://r")]).unwrap_err().to_string();
        assert!(unused.contains("no store uses it"), "{unused}");
        let missing = env(&[("RESTANTE_STORE", "postgres")]).unwrap_err().to_string();
        assert!(missing.contains("`postgres.connection` does not say"), "{missing}");
    }

    #[test]
    fn one_password_is_enough() {
        let twice = env(&[
            ("RESTANTE_STORE", "redis://:pw@r"),
            ("RESTANTE_REDIS__CREDENTIALS__PASSWORD_FILE", "/run/secrets/redis"),
        ]);
        assert!(twice.unwrap_err().to_string().contains("more than once"));
    }

    #[test]
    fn a_spool_is_for_stores_that_may_be_away() {
        let spool = ("RESTANTE_SPOOL__DIRECTORY", "/var/spool/restante");
        assert!(env(&[spool]).unwrap_err().to_string().contains("`spool.directory` is for"));
        assert!(env(&[spool, ("RESTANTE_STORE", "redis://r")]).is_ok());
    }

    #[test]
    fn the_embedded_store_shares_nothing_with_another() {
        for pair in [["embedded", "redis://r"], ["redis://r", "embedded:/x"]] {
            let apart = env(&[("RESTANTE_STORE", pair[0]), ("RESTANTE_KEYLIST_STORE", pair[1])]);
            assert!(apart.unwrap_err().to_string().contains("all or nothing"), "{pair:?}");
        }
    }
}
