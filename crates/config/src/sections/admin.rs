use std::net::SocketAddr;

use crate::setting::section;

section! {
    /// A second port for operators. It asks for no password: keep it on an address that only they reach.
    Admin "admin" {
        /// The address and port of `GET /metrics` and `POST /drain`. Off if not set.
        listen: Option<SocketAddr> = "", flag "admin-listen";
    }
}

impl Admin {
    pub(crate) fn check(&self, public: SocketAddr) -> Option<String> {
        (self.listen == Some(public) && public.port() != 0)
            .then(|| "`admin.listen` and `listen.address` are the same: give operators a port of their own".to_owned())
    }
}
