//! What is to be done.

use std::time::Duration;

/// What the wallets and senders do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Wallets connect, are granted mediation and list a key.
    Onboarding,
    /// Wallets hold live sockets and are written to.
    Live,
    /// Wallets are away while they are written to, then come all at once and drain their mailboxes.
    Queue,
    /// Wallets hold sockets and do nothing; then each gets a message.
    Sockets,
    /// Wallets come and go, and are written to in bursts.
    Day,
}

impl Scenario {
    /// As it is said on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Onboarding => "onboarding",
            Self::Live => "live",
            Self::Queue => "queue",
            Self::Sockets => "sockets",
            Self::Day => "day",
        }
    }
}

/// When the next thing is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// So many clients, each of which does the next thing when the last one is through. Latency counts from when it began.
    Clients(usize),
    /// So many a second, whether the last ones are through or not. Latency counts from when each was meant to begin, so that a
    /// mediator that stalls is charged for all that became due meanwhile.
    Rate(f64),
}

/// How wallets fetch their mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pickup {
    /// Pickup 2.0 (RFC 0685) with live mode; each message is acknowledged.
    Acknowledged,
    /// A return route on a WebSocket (RFC 0092); nothing is acknowledged.
    Implicit,
}

/// Which handshake wallets connect with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshakes {
    /// Whatever the invitation offers, did-exchange (RFC 0023) first.
    Offered,
    /// did-exchange 1.1 (RFC 0023).
    DidExchange,
    /// connections 1.0 (RFC 0160).
    Connections,
}

/// Everything that was asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the wallets and senders do.
    pub scenario: Scenario,
    /// Invitations, as link, message, or address that answers with one. With several, each wallet connects to the next one and is
    /// written to by way of the one after.
    pub invitations: Vec<String>,
    /// Where envelopes are posted to, if the mediator does not say so itself.
    pub http: Option<String>,
    /// Where sockets are opened, if the mediator does not say so itself.
    pub socket: Option<String>,
    /// How wallets connect.
    pub handshakes: Handshakes,
    /// How wallets fetch their mail.
    pub pickup: Pickup,
    /// How many wallets.
    pub wallets: u32,
    /// How fast.
    pub pace: Pace,
    /// How long a round lasts, where time ends it.
    pub duration: Duration,
    /// How long the same is done before the first round without being counted.
    pub warm_up: Duration,
    /// How many rounds. The median of them is reported.
    pub rounds: u16,
    /// Messages for each wallet, where a number ends a round.
    pub messages: u32,
    /// Bytes of an inner envelope.
    pub size: usize,
    /// Wallets that join, or sockets that open, at once.
    pub at_once: usize,
    /// How long an answer, or the last message, may take.
    pub patience: Duration,
    /// Processes of the server, to be watched with their children.
    pub pids: Vec<u32>,
    /// What the figures are called in plots and comparisons.
    pub label: String,
    /// When it starts, in milliseconds since 1970.
    pub started: u64,
}

impl Plan {
    /// What somebody would have to know to do the same again, without the invitations, which are secrets of a sort.
    pub(crate) fn words(&self) -> Vec<(String, String)> {
        let pace = match self.pace {
            Pace::Clients(clients) => ("clients", clients.to_string()),
            Pace::Rate(rate) => ("rate", format!("{rate}/s")),
        };
        let pickup = match self.pickup {
            Pickup::Acknowledged => "2.0",
            Pickup::Implicit => "implicit",
        };
        let mut words = vec![
            ("wallets", self.wallets.to_string()),
            pace,
            ("pickup", pickup.to_owned()),
            ("rounds", self.rounds.to_string()),
        ];
        match self.scenario {
            Scenario::Onboarding => {}
            Scenario::Queue => words.push(("messages", self.messages.to_string())),
            _ => words.push(("seconds", self.duration.as_secs_f64().to_string())),
        }
        if self.scenario != Scenario::Onboarding {
            words.push(("size", self.size.to_string()));
        }
        words.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
