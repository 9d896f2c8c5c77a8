//! What an operator says about a Redis.

use std::fmt;
use std::path::PathBuf;

use url::Url;
use zeroize::Zeroizing;

use crate::ConnectError;

/// How to reach a Redis, or a Redis Cluster. The names are those of the ACA-Py cache plug-in.
#[derive(Debug, Clone)]
pub struct Options {
    /// `redis://host:port/db`, `rediss://…` for TLS. Several hosts (`redis://a:6379,b:6379`) or `?cluster=true` say that it
    /// must be a cluster; without that a cluster recognises itself. User and password may stand in it.
    pub connection: String,
    /// `max_connections`: at most so many connections to each server. Who finds them busy waits.
    pub max_connections: usize,
    /// `credentials.username` and `credentials.password`; they win over those in the URL.
    pub credentials: Option<Credentials>,
    /// `ssl.…`: used if the URL says `rediss`.
    pub ssl: Ssl,
    /// Stands before every key and channel, so that several deployments can share one Redis.
    pub prefix: String,
}

/// The prefix if none is named.
pub const DEFAULT_PREFIX: &str = "restante";

/// The limit of the ACA-Py cache plug-in.
pub const DEFAULT_MAX_CONNECTIONS: usize = 50;

impl Options {
    /// The defaults for this URL.
    pub fn new(connection: impl Into<String>) -> Self {
        Self {
            connection: connection.into(),
            max_connections: DEFAULT_MAX_CONNECTIONS,
            credentials: None,
            ssl: Ssl::default(),
            prefix: DEFAULT_PREFIX.to_owned(),
        }
    }
}

/// An ACL user, or only a password for the default one.
#[derive(Clone)]
pub struct Credentials {
    /// The user; `default` if there is none.
    pub username: Option<String>,
    /// Its password.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// PEM files for TLS.
#[derive(Debug, Clone, Default)]
pub struct Ssl {
    /// `ssl.cacerts`: authorities that may sign the server's certificate; the system's if there is none.
    pub cacerts: Option<PathBuf>,
    /// `ssl.certificate`: what we show to a server that wants to know its clients.
    pub certificate: Option<PathBuf>,
    /// `ssl.key`: the certificate's key.
    pub key: Option<PathBuf>,
}

/// A URL, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub hosts: Vec<(String, u16)>,
    pub tls: bool,
    pub database: i64,
    pub must_be_cluster: bool,
    pub credentials: Option<Credentials>,
}

const DEFAULT_PORT: u16 = 6379;

impl Address {
    /// # Errors
    /// [`ConnectError::BadUrl`], which never repeats the URL: it may hold a password.
    pub fn of(options: &Options) -> Result<Self, ConnectError> {
        let text = &options.connection;
        let (scheme, rest) = text.split_once("://").ok_or(BAD_SCHEME)?;
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            _ => return Err(BAD_SCHEME),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let mut hosts = hosts.split(',');
        let first = parsed(scheme, user, hosts.next().unwrap_or_default(), tail)?;
        let mut all = vec![host_of(&first)?];
        for host in hosts {
            all.push(host_of(&parsed(scheme, "", host, "")?)?);
        }
        let must_be_cluster = all.len() > 1 || flag(&first)?;
        let database = database(&first)?;
        if must_be_cluster && database != 0 {
            return Err(ConnectError::BadUrl("a cluster has no database but 0"));
        }
        let credentials = options.credentials.clone().or_else(|| credentials(&first));
        Ok(Self { hosts: all, tls, database, must_be_cluster, credentials })
    }
}

const BAD_SCHEME: ConnectError = ConnectError::BadUrl("it must begin with redis:// or rediss://");

fn parsed(scheme: &str, user: &str, host: &str, tail: &str) -> Result<Url, ConnectError> {
    let at = if user.is_empty() { "" } else { "@" };
    Url::parse(&format!("{scheme}://{user}{at}{host}{tail}"))
        .map_err(|_| ConnectError::BadUrl("it is no URL of the form redis://host:port/db"))
}

fn host_of(url: &Url) -> Result<(String, u16), ConnectError> {
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or(ConnectError::BadUrl("it names no host"))?;
    Ok((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(DEFAULT_PORT)))
}

fn flag(url: &Url) -> Result<bool, ConnectError> {
    let mut must_be_cluster = false;
    for (name, value) in url.query_pairs() {
        match (name.as_ref(), value.as_ref()) {
            ("cluster", "true") => must_be_cluster = true,
            ("cluster", "false") => must_be_cluster = false,
            _ => return Err(ConnectError::BadUrl("the only parameter it knows is cluster=true")),
        }
    }
    Ok(must_be_cluster)
}

fn database(url: &Url) -> Result<i64, ConnectError> {
    let path = url.path().trim_matches('/');
    let bad = ConnectError::BadUrl("its path must be the number of a database");
    if path.is_empty() { Ok(0) } else { path.parse::<u16>().map(i64::from).map_err(|_| bad) }
}

fn credentials(url: &Url) -> Option<Credentials> {
    let password = Zeroizing::new(decoded(url.password()?));
    let username = Some(decoded(url.username())).filter(|name| !name.is_empty());
    Some(Credentials { username, password })
}

/// Undoes percent encoding, as `application/x-www-form-urlencoded` with its plus signs kept.
fn decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<Address, ConnectError> {
        Address::of(&Options::new(url))
    }

    #[test]
    fn a_url_says_host_database_and_who_comes() {
        let address = address("rediss://me:p%40ss+@db.example:7000/3").unwrap();
        assert_eq!(address.hosts, [("db.example".to_owned(), 7000)]);
        assert_eq!((address.tls, address.database, address.must_be_cluster), (true, 3, false));
        let credentials = address.credentials.unwrap();
        assert_eq!(credentials.username.as_deref(), Some("me"));
        assert_eq!(credentials.password.as_str(), "p@ss+");
        assert!(!format!("{credentials:?}").contains("p@ss"));
    }

    #[test]
    fn several_hosts_are_a_cluster_and_share_the_user() {
        let address = address("redis://:secret@a,b:7001,[::1]:7002").unwrap();
        let hosts = [("a".to_owned(), 6379), ("b".to_owned(), 7001), ("::1".to_owned(), 7002)];
        assert_eq!(address.hosts, hosts);
        assert!(address.must_be_cluster);
        assert_eq!(address.credentials.unwrap().username, None);
    }

    #[test]
    fn what_is_no_address_of_a_redis_is_refused_without_repeating_it() {
        for url in [
            "redis",
            "http://a",
            "redis://:hush@",
            "redis://:hush@a/x",
            "redis://a,b/1",
            "redis://a?x=1",
        ] {
            let refused = address(url).unwrap_err();
            assert!(!refused.to_string().contains("hush"), "{refused}");
        }
    }
}
