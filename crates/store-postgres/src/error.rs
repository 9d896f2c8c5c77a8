//! What can go wrong, in words for an operator.

use std::error::Error;

use store::StoreError;
use tokio_postgres::error::SqlState;

/// Why the store cannot be used. Each says what to change; no data was touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The options make no sense.
    #[error("the PostgreSQL options are wrong: {0}")]
    Options(String),
    /// Nobody answers.
    #[error(
        "PostgreSQL cannot be reached: {0}. Check host and port of the URL, and that the server runs"
    )]
    Unreachable(String),
    /// The server does not let us in.
    #[error(
        "PostgreSQL refuses the login: {0}. Check user and password of the URL, and the server's pg_hba.conf"
    )]
    Login(String),
    /// No database of that name.
    #[error("{0}. Create it (createdb), or correct the URL")]
    NoDatabase(String),
    /// Encryption failed.
    #[error(
        "TLS with PostgreSQL fails: {0}. Check the CA file (ssl.cacerts, or sslrootcert of the URL), the name in the server's certificate, and that the server has ssl = on"
    )]
    Tls(String),
    /// It is older than 15.
    #[error("PostgreSQL {0} is too old: 15 or newer is needed")]
    TooOld(String),
    /// It is a standby, or set to read only.
    #[error(
        "this PostgreSQL takes no writes (a standby, or default_transaction_read_only): name the primary, or all hosts separated by commas, in the URL"
    )]
    ReadOnly,
    /// A newer Restante was here.
    #[error(
        "the schema {schema} has version {found}, and this program knows {known} at most: use the newer program"
    )]
    NewerSchema {
        /// The schema's name.
        schema: String,
        /// Its version.
        found: i32,
        /// The newest version that this program knows.
        known: i32,
    },
    /// The user may not do what is needed.
    #[error(
        "the PostgreSQL user lacks rights: {0}. Let it own the schema {1} (CREATE SCHEMA {1} AUTHORIZATION …) or create it (GRANT CREATE ON DATABASE …)"
    )]
    Rights(String, String),
    /// Anything else.
    #[error("PostgreSQL fails: {0}")]
    Other(String),
}

impl ConnectError {
    /// Sorts an error of the first connection.
    pub(crate) fn of(error: &tokio_postgres::Error) -> Self {
        let text = chain(error);
        match error.code() {
            Some(code) if login(code) => Self::Login(text),
            Some(code) if *code == SqlState::INVALID_CATALOG_NAME => Self::NoDatabase(text),
            Some(code) if is_unavailable(code) => Self::Unreachable(text),
            Some(_) => Self::Other(text),
            None if text.starts_with("error performing TLS handshake") => Self::Tls(text),
            None if text.starts_with("invalid configuration") => Self::Login(text),
            None if text.contains("does not allow writes") => Self::ReadOnly,
            None => Self::Unreachable(text),
        }
    }
}

fn login(code: &SqlState) -> bool {
    [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION].contains(code)
}

/// An error of a connection that stood, or of one that cannot be made again.
pub(crate) fn failure(error: &tokio_postgres::Error) -> StoreError {
    let text = chain(error);
    match error.code() {
        None => StoreError::Unavailable(text),
        Some(code) if *code == SqlState::DISK_FULL => StoreError::Full(text),
        Some(code) if is_unavailable(code) => StoreError::Unavailable(text),
        Some(_) => StoreError::Damaged(text),
    }
}

/// What passes by itself, or when an operator has done something: connections, resources, shutdowns, locks, logins, standbys.
fn is_unavailable(code: &SqlState) -> bool {
    let passing = ["08", "28", "40", "53", "57", "58"];
    let code_text = code.code();
    passing.iter().any(|class| code_text.starts_with(class))
        || [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::LOCK_NOT_AVAILABLE].contains(code)
}

/// Whether the same act may well succeed at once.
pub(crate) fn is_collision(error: &tokio_postgres::Error) -> bool {
    let collisions = [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE];
    error.code().is_some_and(|code| collisions.contains(code))
}

/// Whether the connection leads to a server that is no use any more, though it answers.
pub(crate) fn is_on_the_wrong_server(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
}

/// An error with its causes. A server's error is its message alone: its details quote data.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = match error.downcast_ref::<tokio_postgres::error::DbError>() {
            Some(error) => error.message().to_owned(),
            None => error.to_string(),
        };
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text.strip_prefix("db error: ").map(str::to_owned).unwrap_or(text)
}
