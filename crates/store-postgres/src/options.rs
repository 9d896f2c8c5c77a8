//! What an operator says about the server.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};

use crate::ConnectError;

/// Where the server is and how to speak to it.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database`, several hosts separated by commas: the one that takes writes is used.
    ///
    /// `sslmode` is `disable` or `verify-full` (also written `require`: a certificate that is not verified protects
    /// from nobody). `sslrootcert`, `sslcert` and `sslkey` are taken too, but the fields below come first.
    pub url: String,
    /// Overrules the password of the URL.
    pub password: Option<String>,
    /// The schema that holds the tables; several deployments share a database by this. Letters, digits, `_`.
    pub schema: String,
    /// How many connections this process may open, at least 2; one of them listens. Acts beyond that queue up behind others.
    pub max_connections: usize,
    /// Bytes of cache entries that are kept in this process.
    pub cache_bytes: u64,
    /// A PEM file with the certificates that may vouch for the server, instead of those that the system trusts. Turns TLS on.
    pub ca: Option<PathBuf>,
    /// PEM files with a certificate for ourselves and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl Options {
    /// The usual choices.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            schema: "restante".to_owned(),
            max_connections: 8,
            cache_bytes: 8 << 20,
            ca: None,
            identity: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("Options")
            .field("schema", &self.schema)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// The options, understood.
pub(crate) struct Target {
    pub(crate) config: Config,
    pub(crate) schema: String,
    pub(crate) links: usize,
    pub(crate) tls: Option<TlsFiles>,
}

#[derive(Default)]
pub(crate) struct TlsFiles {
    pub(crate) ca: Option<PathBuf>,
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

/// How long the server may work at an act: less than [`crate::link::PATIENCE`], so that a lock that is not free is told
/// from a server that is away.
const STATEMENT_MS: u32 = 1_700;

impl Target {
    pub(crate) fn of(options: &Options) -> Result<Self, ConnectError> {
        let schema = options.schema.clone();
        check_schema(&schema)?;
        if options.max_connections < 2 {
            return Err(bad("max_connections must be at least 2: one connection listens"));
        }
        let (url, mut asked) = Asked::split(&options.url)?;
        let mut config = Config::from_str(&url).map_err(|error| {
            bad(&format!("the URL cannot be read: {}", crate::error::chain(&error)))
        })?;
        asked.ca = options.ca.clone().or(asked.ca);
        if let Some((certificate, key)) = options.identity.clone() {
            (asked.certificate, asked.key) = (Some(certificate), Some(key));
        }
        if let Some(password) = &options.password {
            config.password(password);
        }
        let tls = asked.tls()?;
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        settle(&mut config, &schema);
        Ok(Self { config, schema, links: options.max_connections - 1, tls })
    }
}

/// What every connection is told when it begins.
fn settle(config: &mut Config, schema: &str) {
    // Every query goes by an index, whatever the planner thinks of tables that it has not seen full yet; planning again and again, or
    // compiling, would cost more than the queries.
    let ours = format!(
        "-c search_path={schema} -c statement_timeout={STATEMENT_MS} -c plan_cache_mode=force_generic_plan \
         -c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
         -c default_transaction_isolation=read\\ committed -c client_min_messages=warning"
    );
    let all = match config.get_options() {
        Some(theirs) => format!("{theirs} {ours}"),
        None => ours,
    };
    config.options(all);
    if config.get_application_name().is_none() {
        config.application_name("restante");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(2));
    }
    if config.get_hosts().len() > 1 {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    config.keepalives_idle(Duration::from_secs(10));
    config.tcp_user_timeout(Duration::from_secs(10));
}

fn check_schema(schema: &str) -> Result<(), ConnectError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_well = schema.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if begins_well
        && schema.len() <= 48
        && schema.bytes().all(is_plain)
        && !schema.starts_with("pg_")
    {
        return Ok(());
    }
    Err(bad(
        "the schema must be a name of at most 48 of a-z, 0-9 and _ that begins with neither a digit nor pg_",
    ))
}

/// What the URL says about TLS, which the driver does not understand.
#[derive(Default)]
struct Asked {
    mode: Option<String>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Asked {
    fn split(url: &str) -> Result<(String, Self), ConnectError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(bad("the URL must begin with postgres://"));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut asked = Self::default();
        let mut rest = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sslmode" => asked.mode = Some(value.into_owned()),
                "sslrootcert" => asked.ca = Some(value.into_owned().into()),
                "sslcert" => asked.certificate = Some(value.into_owned().into()),
                "sslkey" => asked.key = Some(value.into_owned().into()),
                _ => drop(rest.append_pair(&name, &value)),
            }
        }
        // The driver reads + as itself.
        let rest = rest.finish().replace('+', "%20");
        let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{rest}") };
        Ok((url, asked))
    }

    fn tls(self) -> Result<Option<TlsFiles>, ConnectError> {
        let is_on = match self.mode.as_deref() {
            None => self.ca.is_some(),
            Some("disable") => false,
            Some("require" | "verify-full") => true,
            Some(_) => return Err(bad("sslmode must be disable or verify-full")),
        };
        let identity = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(bad("a client certificate needs its key, and a key its certificate")),
        };
        Ok(is_on.then_some(TlsFiles { ca: self.ca, identity }))
    }
}

fn bad(what: &str) -> ConnectError {
    ConnectError::Options(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, ConnectError> {
        Target::of(&Options::new(url))
    }

    #[test]
    fn what_the_url_says_about_tls_is_understood() {
        let target = target(
            "postgres://u:p@db/d?sslmode=verify-full&sslrootcert=%2Fca%20file&application_name=x",
        );
        let target = target.expect("a URL");
        assert_eq!(target.config.get_application_name(), Some("x"));
        let files = target.tls.expect("TLS");
        assert_eq!(files.ca.as_deref(), Some(std::path::Path::new("/ca file")));
    }

    #[test]
    fn a_mode_that_protects_from_nobody_is_refused() {
        assert!(target("postgres://db/d?sslmode=prefer").is_err());
        assert!(target("postgres://db/d?sslcert=only").is_err());
    }

    #[test]
    fn of_several_hosts_the_one_that_takes_writes_is_wanted() {
        let config = target("postgres://u@one:1,two:2/d").expect("a URL").config;
        assert_eq!(config.get_hosts().len(), 2);
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn a_schema_that_would_need_quotes_is_refused() {
        for schema in ["", "1a", "a b", "a\"", "Ä", "pg_own", &"x".repeat(49)] {
            let options = Options { schema: schema.to_owned(), ..Options::new("postgres://db/d") };
            assert!(Target::of(&options).is_err(), "{schema}");
        }
    }

    #[test]
    fn what_is_shown_of_options_is_no_secret() {
        let shown = format!("{:?}", Options::new("postgres://u:geheim@db/d"));
        assert!(!shown.contains("geheim"), "{shown}");
    }
}
