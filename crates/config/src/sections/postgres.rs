use std::path::PathBuf;

use crate::setting::section;
use crate::values::{PostgresUrl, Secret};

section! {
    /// How PostgreSQL is used, where a store is there: 15 or newer.
    Postgres "postgres" {
        /// The server and the database, if `store.url` or `store.keylists` says just `postgres`.
        connection: Option<PostgresUrl> = "";
        /// Connections of this mediator, 2 at least: one of them listens. What comes when all are busy waits for its turn.
        max_connections: usize = "8";
        /// The schema that holds the tables; made on the first start. Deployments with different schemas can share a database.
        schema: String = "restante";
    }
}

section! {
    /// Who this mediator is to PostgreSQL.
    PostgresCredentials "postgres.credentials" {
        /// The role.
        username: Option<String> = "";
        /// The password.
        password: Option<Secret> = "", secret true;
        /// The file that holds the password, on one line.
        password_file: Option<PathBuf> = "";
    }
}

section! {
    /// TLS to PostgreSQL, spoken if the URL says `sslmode=verify-full`, or if certificates are named here.
    PostgresSsl "postgres.ssl" {
        /// The certificates that the server's has to be signed by, PEM. Without it, those that this machine trusts.
        cacerts: Option<PathBuf> = "";
        /// The certificate to show to the server, PEM.
        certificate: Option<PathBuf> = "";
        /// Its private key, PEM.
        key: Option<PathBuf> = "";
    }
}
