use std::path::PathBuf;

use crate::setting::section;
use crate::values::{RedisUrl, Secret};

section! {
    /// How Redis is used, where a store is there: 7.0 or newer, one server or a cluster, which recognises itself.
    Redis "redis" {
        /// The server, or some nodes of the cluster, if `store.url` or `store.keylists` says just `redis`.
        connection: Option<RedisUrl> = "";
        /// Connections of this mediator to each server, at most; 3 are the least, and it makes no more than 4, because commands share
        /// them. What comes when all are busy waits for its turn.
        max_connections: usize = "50";
        /// What the names of all keys begin with. Deployments with different prefixes can share a server.
        prefix: String = "restante";
    }
}

section! {
    /// Who this mediator is to Redis.
    RedisCredentials "redis.credentials" {
        /// The user (ACL). Without it the password is that of the default user.
        username: Option<String> = "";
        /// The password.
        password: Option<Secret> = "", secret true;
        /// The file that holds the password, on one line.
        password_file: Option<PathBuf> = "";
    }
}

section! {
    /// TLS to Redis, spoken with `rediss://`.
    RedisSsl "redis.ssl" {
        /// The certificates that the server's has to be signed by, PEM. Without it, those that this machine trusts.
        cacerts: Option<PathBuf> = "";
        /// The certificate to show to the server, PEM.
        certificate: Option<PathBuf> = "";
        /// Its private key, PEM.
        key: Option<PathBuf> = "";
    }
}
