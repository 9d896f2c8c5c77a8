use std::time::Duration;

use crate::setting::section;
use crate::values::{Addresses, ByteSize, Secret};

section! {
    /// `restante deliverer`: what ACA-Py's queue plug-in pushes to Redis goes to where it belongs. Which Redis, `store.url` says; which
    /// lists, `acapy.topic_prefix`.
    Deliverer "deliverer" {
        /// How often a message that failed is tried again. Then it is a dead letter.
        retries: usize = "5";
        /// The wait before the first retry. Each further one is half as long again: 5, 7.5, 11.2, 16.7 and 25 s.
        retry_first: Duration = "5s";
        /// How long one attempt may take.
        timeout: Duration = "10s";
        /// Endpoints that are delivered to at the same time.
        parallel: usize = "256";
        /// Whether loopback, private and link-local addresses may be dialled. Set it to `false` if everybody may send invitations to the
        /// agents and endpoints are never in a private network: whoever names an endpoint has it dialled.
        allow_private: bool = "true";
        /// The largest entry of the list. Larger ones are dead letters.
        entry_bytes: ByteSize = "8MiB";
        /// Messages that may wait for one endpoint. Further ones are dead letters.
        endpoint_entries: usize = "100000";
        /// Dead letters that are kept. Beyond it the oldest go.
        dead_letters: usize = "100000";
        /// The URL of the admin API, if its calls are to be executed here.
        admin_url: Option<String> = "";
        /// How long one call of the admin API may take.
        admin_timeout: Duration = "30s";
        /// For how long the answer to a call with an idempotency key is kept.
        admin_answers_kept: Duration = "24h";
        /// URLs of controllers that webhooks are pushed to, as ACA-Py has them (without `/topic/…`).
        controllers: Addresses = "";
        /// The key that controllers get in the header `x-api-key`.
        controllers_key: Option<Secret> = "", secret true;
    }
}

impl Deliverer {
    pub(crate) fn check(&self) -> Option<String> {
        let is_url = |text: &String| {
            url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        };
        let bad = self.admin_url.as_ref().is_some_and(|text| !is_url(text));
        bad.then(|| "`deliverer.admin_url` is a URL such as `http://acapy:8031`".to_owned())
    }
}
