use std::net::SocketAddr;
use std::path::PathBuf;

use crate::setting::section;
use crate::values::{Addresses, Secret};

section! {
    /// Docks in front of this mediator, which hold its wallets' sockets: `restante dock` or SocketDock.
    Docks "docks" {
        /// The address and port that docks call, at `/dock/connect`, `/dock/message` and `/dock/disconnect`. Off if not set. Keep it where only
        /// docks reach it.
        listen: Option<SocketAddr> = "", flag "docks-listen";
        /// Whether docks that share this mediator's store are served (`restante dock --store`); `--core` says so, too.
        core: bool = "false";
        /// Docks that are believed without a signature, each with the address that it says of itself (`--endpoint`).
        trusted: Addresses = "", flag "docks-trusted";
        /// Keys that docks sign their callbacks with, of 16 characters at least, with spaces between. A dock that signs is believed wherever
        /// it is.
        keys: Option<Secret> = "", secret true;
        /// Certificates that those of docks may be signed by, beside those that this machine trusts, PEM.
        cacerts: Option<PathBuf> = "";
        /// The key that docks ask for when something is sent through them.
        bearer: Option<Secret> = "", secret true;
    }
}

impl Docks {
    pub(crate) fn check(&self) -> Option<String> {
        let believes_nobody = self.trusted.0.is_empty() && self.keys.is_none();
        (self.listen.is_some() && believes_nobody).then(|| {
            "`docks.listen` is of no use without `docks.trusted` or RESTANTE_DOCKS__KEYS: no dock would be believed"
                .to_owned()
        })
    }
}
