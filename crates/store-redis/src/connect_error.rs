use std::path::PathBuf;

/// Why a Redis is of no use, and what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error("the URL of the Redis is wrong: {0}")]
    BadUrl(&'static str),
    /// The prefix would break the naming of keys.
    #[error(
        "the prefix of the Redis must be 1 to 64 letters, digits, dots, colons, hyphens and underscores"
    )]
    BadPrefix,
    /// A PEM file cannot be read.
    #[error("{option} cannot be used: {path}: {why}", path = path.display())]
    BadFile {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Only one half of a client certificate was given.
    #[error("ssl.certificate and ssl.key belong together: set both or neither")]
    HalfACertificate,
    /// No server answers.
    #[error("no Redis answers at {at}: {why}; is it running, and is the address right?")]
    Unreachable {
        /// Host and port.
        at: String,
        /// What happened.
        why: String,
    },
    /// User and password do not fit.
    #[error(
        "the Redis at {at} refuses user and password ({why}); set credentials.username and credentials.password to those of an ACL user"
    )]
    WrongPassword {
        /// Host and port.
        at: String,
        /// What it said.
        why: String,
    },
    /// Its certificate does not convince.
    #[error(
        "the certificate of the Redis at {at} cannot be trusted ({why}); set ssl.cacerts to the authority that signed it"
    )]
    WrongAuthority {
        /// Host and port.
        at: String,
        /// What is wrong with it.
        why: String,
    },
    /// It wants a client certificate.
    #[error(
        "the Redis at {at} wants a client certificate ({why}); set ssl.certificate and ssl.key"
    )]
    NoCertificate {
        /// Host and port.
        at: String,
        /// What it said.
        why: String,
    },
    /// It does not speak TLS.
    #[error(
        "the Redis at {at} does not speak TLS; say redis:// instead of rediss://, or use its TLS port"
    )]
    NotTls {
        /// Host and port.
        at: String,
    },
    /// It is no cluster.
    #[error(
        "the Redis at {at} is a single server, but the URL names a cluster; name one host, without cluster=true"
    )]
    NotCluster {
        /// Host and port.
        at: String,
    },
    /// A database other than 0 in a cluster.
    #[error("the Redis at {at} is a cluster, which has no database but 0; leave it out of the URL")]
    DatabaseOfCluster {
        /// Host and port.
        at: String,
    },
    /// The cluster does not serve all its slots.
    #[error("the Redis Cluster at {at} is not whole ({why}); look at CLUSTER INFO there")]
    ClusterDown {
        /// Host and port.
        at: String,
        /// What it says of itself.
        why: String,
    },
    /// It lacks sharded channels.
    #[error("the Redis at {at} is version {version}; 7.0 or newer is needed")]
    TooOld {
        /// Host and port.
        at: String,
        /// Its version.
        version: String,
    },
    /// It would throw away mail when memory is short.
    #[error(
        "the Redis at {at} throws keys away when memory is short (maxmemory-policy {policy}), which would lose mail; set maxmemory-policy noeviction"
    )]
    Evicts {
        /// Host and port.
        at: String,
        /// The policy.
        policy: String,
    },
    /// It takes no writes.
    #[error("the Redis at {at} is a replica and takes no writes; name its primary")]
    ReadOnly {
        /// Host and port.
        at: String,
    },
    /// Its ACL does not let us work.
    #[error(
        "the Redis at {at} does not let this user work: {why}; grant it ~{prefix}:* &{prefix}:* +@all -@admin -@dangerous +info +config|get +cluster|slots"
    )]
    Forbidden {
        /// Host and port.
        at: String,
        /// What it said.
        why: String,
        /// The prefix of all keys and channels.
        prefix: String,
    },
    /// Anything else.
    #[error("the Redis at {at} cannot be used: {why}")]
    Other {
        /// Host and port.
        at: String,
        /// What happened.
        why: String,
    },
}
