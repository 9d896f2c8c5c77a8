use std::time::Duration;

use crate::setting::section;
use crate::values::{ByteSize, Sockets};

section! {
    /// How mail is handed to wallets.
    Pickup "pickup" {
        /// Which of several sockets of one wallet get its mail: `newest`, and the others are closed with 4001; or `all`, each
        /// message to each, until one of them acknowledges it.
        sockets: Sockets = "newest";
        /// Messages in one push or answer.
        batch_messages: usize = "20";
        /// Bytes of messages in one push or answer. A single larger message goes alone.
        batch_bytes: ByteSize = "2MiB";
        /// Messages on their way to one session without acknowledgement or proof of life.
        window: usize = "200";
        /// A quiet socket is pinged so often. Proxies commonly close what is quiet for a minute.
        ping_every: Duration = "55s";
        /// After a push, a silence of this length is broken by a ping.
        ping_after_push: Duration = "5s";
        /// A ping that stays unanswered so long ends the session.
        ping_patience: Duration = "20s";
        /// How long a message pushed to a socket counts as on its way without a word from the wallet; the end of the socket or of its
        /// mediator ends that early. Longer than `ping_every` and `ping_patience` together.
        lease: Duration = "30min";
        /// How long a message that can be acknowledged, and was handed over on request, is left out of further requests and sessions:
        /// its wallet may still be busy with it. `1ms` hands it over again at once.
        delivery_lease: Duration = "10s";
        /// The same for a message that left on a socket which has ended since.
        linger: Duration = "3s";
        /// How long a message in an HTTP response counts as on its way until the transport knows what became of it.
        request_lease: Duration = "30s";
        /// A session looks for mail by itself so often, a new one more often. Stores see to it themselves that no wake is lost for
        /// good.
        look_every: Duration = "30min";
        /// A socket from which no known agent has spoken is closed after so long.
        introduction: Duration = "60s";
    }
}

impl Pickup {
    pub(crate) fn check(&self) -> Option<String> {
        (self.lease <= self.ping_every + self.ping_patience).then(|| {
            "`pickup.lease` has to be longer than `pickup.ping_every` and `pickup.ping_patience` together, \
             or messages that arrived would be sent again"
                .to_owned()
        })
    }
}
