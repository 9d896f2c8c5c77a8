use std::fmt;

use url::Url;

use super::Secret;
use crate::value::Value;

/// A Redis server, or some nodes of a cluster.
#[derive(Clone)]
pub struct RedisUrl {
    /// Servers as `host:port`; the first ones that answer tell of the others.
    pub hosts: Vec<String>,
    /// Whether TLS is spoken (`rediss`).
    pub tls: bool,
    /// Whether it has to be a cluster: several hosts were named, or `?cluster=true` was said.
    pub cluster: bool,
    /// The number of the database; a cluster has only 0.
    pub database: u32,
    /// The user in the URL.
    pub username: Option<String>,
    /// The password in the URL, which may stand there in the environment only.
    pub password: Option<Secret>,
}

impl RedisUrl {
    const PORT: u16 = 6379;
}

impl Value for RedisUrl {
    const EXPECTED: &'static str = "redis://<host>:<port>/<database>, rediss:// with TLS, or redis://<host>,<host>,… for a cluster, which one host with ?cluster=true is too";

    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            _ => return None,
        };
        let (user, place) = user_and_place(rest)?;
        let (place, named_cluster) = cluster_parameter(place)?;
        let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
        let hosts: Vec<_> = hosts.split(',').map(host_and_port).collect::<Option<_>>()?;
        let database = if database.is_empty() { 0 } else { database.parse().ok()? };
        let cluster = named_cluster || hosts.len() > 1;
        if cluster && database != 0 {
            return None;
        }
        Some(Self {
            hosts,
            tls,
            cluster,
            database,
            username: some(user.username()).and_then(decoded),
            password: user.password().and_then(decoded).as_deref().and_then(Secret::parse),
        })
    }

    fn shown(text: &str) -> String {
        without_password(text)
    }
}

/// The only parameter there is.
fn cluster_parameter(place: &str) -> Option<(&str, bool)> {
    match place.split_once('?') {
        None => Some((place, false)),
        Some((place, "cluster=true")) => Some((place, true)),
        Some(_) => None,
    }
}

/// `host`, `host:port`, `[::1]:port`; nothing else.
fn host_and_port(text: &str) -> Option<String> {
    let url = Url::parse(&format!("redis://{}", text.trim())).ok()?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none();
    let host = url.host_str().filter(|host| bare && !host.is_empty())?;
    Some(format!("{host}:{}", url.port().unwrap_or(RedisUrl::PORT)))
}

impl fmt::Display for RedisUrl {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "rediss" } else { "redis" };
        let cluster = if self.cluster { "?cluster=true" } else { "" };
        write!(f, "{scheme}://{}/{}{cluster}", self.hosts.join(","), self.database)
    }
}

/// A PostgreSQL server, or several of which one takes writes, and a database.
#[derive(Clone)]
pub struct PostgresUrl {
    /// The user in the URL.
    pub username: Option<String>,
    /// The password in the URL, which may stand there in the environment only.
    pub password: Option<Secret>,
    /// `host:port,…/database?…`.
    place: String,
}

impl PostgresUrl {
    /// The URL for this user, without a password.
    pub fn to(&self, username: Option<&str>) -> String {
        let encoded = |name| url::form_urlencoded::byte_serialize(str::as_bytes(name)).collect();
        let user: String = username.map(encoded).unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        format!("postgres://{}{at}{}", user.replace('+', "%20"), self.place)
    }
}

impl Value for PostgresUrl {
    const EXPECTED: &'static str =
        "postgres://<host>:<port>/<database>, perhaps with ?sslmode=verify-full";

    fn parse(text: &str) -> Option<Self> {
        let rest =
            text.strip_prefix("postgres").map(|rest| rest.strip_prefix("ql").unwrap_or(rest));
        let (user, place) = user_and_place(rest?.strip_prefix("://")?)?;
        let (hosts, database) = place.split_once('/')?;
        let (database, query) = database.split_once('?').unwrap_or((database, ""));
        let is_host = |host: &str| host_and_port(host).is_some();
        let named =
            if hosts.is_empty() { query.contains("host=") } else { hosts.split(',').all(is_host) };
        let sound =
            named && !database.is_empty() && !place.contains('#') && !query.contains("password");
        sound.then(|| Self {
            username: some(user.username()).and_then(decoded),
            password: user.password().and_then(decoded).as_deref().and_then(Secret::parse),
            place: place.to_owned(),
        })
    }

    fn shown(text: &str) -> String {
        without_password(text)
    }
}

impl fmt::Display for PostgresUrl {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to(None))
    }
}

/// What stands before the last `@`, as the user of a URL, and what stands behind it.
fn user_and_place(rest: &str) -> Option<(Url, &str)> {
    let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let at = if user.is_empty() { "" } else { "@" };
    Some((Url::parse(&format!("user://{user}{at}host")).ok()?, place))
}

macro_rules! shown_by_display {
    ($($Url:ident),+) => {
        $(
            impl fmt::Debug for $Url {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, concat!(stringify!($Url), "({})"), self)
                }
            }

            impl PartialEq for $Url {
                /// Whether both name the same place, whoever comes there.
                fn eq(&self, other: &Self) -> bool {
                    self.to_string() == other.to_string()
                }
            }

            impl Eq for $Url {}
        )+
    };
}

shown_by_display!(RedisUrl, PostgresUrl);

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// `%40` is an `@`.
fn decoded(text: &str) -> Option<String> {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// A URL, or what was meant to be one, with dots in place of everything that may be a password.
pub(super) fn without_password(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(start);
    let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let place = match place.split_once('?') {
        Some((place, query)) if query.contains("password") => format!("{place}?…"),
        _ => place.to_owned(),
    };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}{user}:…@{place}"),
        None if user.is_empty() => format!("{scheme}{place}"),
        None => format!("{scheme}{user}@{place}"),
    }
}

#[cfg(test)]
#[path = "server_url_tests.rs"]
mod tests;
