use std::path::{Path, PathBuf};

use super::Spool;
use crate::setting::section;
use crate::values::StoreUrl;

section! {
    /// Where mail, keylists and connections are kept.
    Store "store" {
        /// The store. `embedded` keeps everything in files in `store.directory`, which one process may use at a time. Redis, a
        /// Redis cluster and PostgreSQL may be shared by any number of mediators. `redis` and `postgres` alone name the
        /// server of `redis.connection` or `postgres.connection`.
        url: StoreUrl = "embedded", flag "store";
        /// Another store for keylists and connections, when they are to live elsewhere than mail: mail in Redis and these in
        /// PostgreSQL, or the other way round.
        keylists: Option<StoreUrl> = "", flag "keylist-store";
        /// This mediator's own directory: for its root secret, unless that is said elsewhere, and for everything that the
        /// embedded store keeps.
        directory: PathBuf = "./restante-data", flag "data";
    }
}

impl Store {
    /// The directory that belongs to this mediator alone.
    pub fn directory(&self) -> &Path {
        match &self.url {
            StoreUrl::Embedded(Some(directory)) => directory,
            _ => &self.directory,
        }
    }

    pub(crate) fn check(&self, spool: &Spool) -> Option<String> {
        if spool.directory.is_some() && !self.url.is_shared() {
            return Some(
                "`spool.directory` is for a store that is shared; the embedded one is on this machine anyway".to_owned(),
            );
        }
        let keylists = self.keylists.as_ref()?;
        (!self.url.is_shared() || !keylists.is_shared()).then(|| {
            "`store.keylists` is for mail in Redis and keylists in PostgreSQL, or the other way round; the embedded store \
             keeps all or nothing"
                .to_owned()
        })
    }
}
