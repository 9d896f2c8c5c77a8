use std::path::PathBuf;
use std::time::Duration;

use crate::setting::section;

section! {
    /// How mail is pushed to agents that have an address.
    Outbound "outbound" {
        /// Whether loopback, private and link-local addresses may be dialled. Without it they may only if the public URL is one itself.
        allow_private: Option<bool> = "";
        /// Certificates that those of endpoints may be signed by, beside those that this machine trusts, PEM.
        cacerts: Option<PathBuf> = "";
        /// How long one attempt may take.
        timeout: Duration = "15s";
        /// The first wait after a failure. Each further one doubles, with jitter.
        backoff_first: Duration = "1s";
        /// The longest wait after a failure.
        backoff_most: Duration = "5min";
        /// A message that its endpoint refused so often is set aside as a dead letter.
        refusals: usize = "5";
        /// Endpoints that are pushed to at the same time.
        parallel: usize = "256";
        /// Mailboxes of agents with endpoints are looked through so often, in case a wake was lost.
        look_every: Duration = "5min";
    }
}

impl Outbound {
    pub(crate) fn check(&self) -> Option<String> {
        (self.backoff_first > self.backoff_most)
            .then(|| "`outbound.backoff_first` is longer than `outbound.backoff_most`".to_owned())
    }
}
