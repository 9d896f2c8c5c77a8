use std::path::PathBuf;

use crate::setting::section;
use crate::values::Secret;

section! {
    /// What relay and deliverer share: ACA-Py's queues in Redis. Which Redis, `store.url` says.
    Acapy "acapy" {
        /// What the names of the lists begin with. The plug-in's own names are those of the default.
        topic_prefix: String = "acapy";
        /// Certificates that endpoints, controllers and admin APIs may be signed by, beside those that this machine trusts, PEM.
        cacerts: Option<PathBuf> = "";
        /// The address of `GET /status/ready` and `GET /status/live`. Off unless address, port and key are set.
        status_host: Option<String> = "";
        /// Its port.
        status_port: Option<usize> = "";
        /// The key that has to be in the header `access_token` there.
        status_api_key: Option<Secret> = "", secret true;
    }
}

impl Acapy {
    /// Where statuses are served, and the key to them.
    pub fn status(&self) -> Option<(&str, u16, &Secret)> {
        let port = u16::try_from(self.status_port?).ok()?;
        Some((self.status_host.as_deref()?, port, self.status_api_key.as_ref()?))
    }

    pub(crate) fn check(&self) -> Option<String> {
        let too_high = self.status_port.is_some_and(|port| u16::try_from(port).is_err());
        too_high.then(|| "`acapy.status_port` is a port: 65535 at most".to_owned())
    }
}
