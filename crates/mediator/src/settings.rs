//! What may be set about a mediator. Where it comes from is the business of `config`.

use std::time::Duration;

use store::Quota;

/// Everything an operator may decide about the mediator itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The URL under which the world reaches us, `http` or `https`: the endpoint of every grant and invitation.
    pub public_url: String,
    /// The same for sockets, `ws` or `wss`.
    pub socket_url: String,
    /// The name of this instance among several. Each start adds something of its own to it.
    pub instance: String,
    /// How invitations introduce us.
    pub introduction: Introduction,
    /// Who is granted mediation.
    pub policy: Policy,
    /// What one recipient may use.
    pub allowance: Allowance,
    /// Which of an agent's sockets gets its mail.
    pub sockets: Sockets,
    /// How mail is handed to sockets.
    pub pace: Pace,
    /// How mail is pushed to endpoints.
    pub outbound: Outbound,
    /// What happens to a forward that cannot be kept at once.
    pub patience: Patience,
    /// Limits of envelopes.
    pub limits: didcomm::Limits,
}

/// What an invitation says about us (RFC 0434).
#[derive(Debug, Clone)]
pub struct Introduction {
    /// Our name.
    pub label: String,
    /// A code for machines; none is standardised for mediation.
    pub goal_code: Option<String>,
    /// The same for people.
    pub goal: Option<String>,
    /// A picture of us.
    pub image_url: Option<String>,
    /// Whether the standing invitation, which anybody may use any number of times, is honoured.
    pub standing: bool,
}

/// Who is granted mediation (RFC 0211 leaves it to us).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Everybody who is connected.
    #[default]
    Open,
    /// Nobody new. Grants that stand go on.
    Deny,
}

/// Which of several sockets of one agent gets its mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sockets {
    /// The one that asked last. The others are closed: they are mostly dead without anybody knowing.
    #[default]
    Newest,
    /// Each gets every message, and an acknowledgement on any of them removes it.
    All,
}

/// What one recipient may use.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// Keys on its keylist.
    pub keys: usize,
    /// Mail waiting for it.
    pub mailbox: Quota,
    /// How long mail waits.
    pub retention: Duration,
    /// How long a repeated envelope is recognised.
    pub dedupe_window: Duration,
}

/// How mail is handed to sockets.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Messages in one push or answer.
    pub batch_messages: usize,
    /// Bytes of envelopes in one push or answer; a single larger message goes alone.
    pub batch_bytes: usize,
    /// Bytes of the largest envelope that can be in a mailbox.
    pub largest_message: usize,
    /// Messages on their way to one session, without acknowledgement or proof of life.
    pub window: usize,
    /// A quiet socket is pinged so often.
    pub ping_every: Duration,
    /// After a push, a silence of this length is broken by a ping.
    pub ping_after_push: Duration,
    /// A ping that stays unanswered so long ends the session.
    pub ping_patience: Duration,
    /// A session looks for mail by itself so often, at last: a new one does so more often. Stores see to it themselves that no wake is
    /// lost for good.
    pub look_every: Duration,
    /// How long what is in flight with a session stays so without a word from it; its instance's death ends that early. Longer than a
    /// ping's round. Sessions renew it in passing.
    pub lease: Duration,
    /// How long mail that can be acknowledged, and was handed over on request, is left out of further requests and sessions: its
    /// wallet may still be busy with it. Zero repeats at once.
    pub delivery_lease: Duration,
    /// The same for mail that left on a socket which has ended since.
    pub linger: Duration,
    /// How long mail in an HTTP response stays in flight until the transport says what became of it.
    pub request_lease: Duration,
    /// A socket from which no known agent has spoken is closed after so long.
    pub introduction: Duration,
}

/// How mail is pushed to endpoints.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// The first wait after a failure; each further one doubles, with jitter.
    pub backoff_first: Duration,
    /// The longest wait.
    pub backoff_most: Duration,
    /// A message that its endpoint refused so often becomes a dead letter.
    pub refusals: u32,
    /// Endpoints that are pushed to at the same time.
    pub parallel: usize,
    /// Mailboxes of agents with endpoints are looked through so often, in case a wake was lost.
    pub look_every: Duration,
}

/// What happens to a forward that cannot be kept at once.
#[derive(Debug, Clone)]
pub struct Patience {
    /// How long it waits for a keylist update that is under way.
    pub for_route: Duration,
    /// How many may wait so at the same time.
    pub waiting_for_route: usize,
    /// Whether a forward for nobody is refused in the end, or taken and thrown away, which tells a stranger nothing.
    pub refuse_unknown: bool,
    /// How long it is held while the store is away.
    pub for_store: Duration,
    /// Whether a route that was known before stands while the store cannot be asked. Of use only if mail can be kept without it:
    /// before a spool.
    pub known_routes: bool,
    /// How many may be in hand without being kept. Beyond it they are cut off at once.
    pub held: usize,
    /// The same in bytes.
    pub held_bytes: usize,
}

impl Settings {
    /// The defaults for a mediator at this URL.
    pub fn at(public_url: &str, socket_url: &str) -> Self {
        Self {
            public_url: public_url.to_owned(),
            socket_url: socket_url.to_owned(),
            instance: "restante".to_owned(),
            introduction: Introduction {
                label: "Restante mediator".to_owned(),
                goal_code: Some("aries.vc.mediate".to_owned()),
                goal: Some("Keep and deliver your messages".to_owned()),
                image_url: None,
                standing: true,
            },
            policy: Policy::Open,
            sockets: Sockets::Newest,
            allowance: Allowance::default(),
            pace: Pace::default(),
            outbound: Outbound::default(),
            patience: Patience::default(),
            limits: didcomm::Limits::default(),
        }
    }
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            keys: 10_000,
            mailbox: Quota { messages: 200_000, bytes: 1 << 30 },
            retention: Duration::from_secs(30 * 24 * 3600),
            dedupe_window: Duration::from_secs(24 * 3600),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            batch_messages: 20,
            batch_bytes: 2 << 20,
            largest_message: 1 << 20,
            window: 200,
            ping_every: Duration::from_secs(55),
            ping_after_push: Duration::from_secs(5),
            ping_patience: Duration::from_secs(20),
            look_every: Duration::from_secs(1_800),
            lease: Duration::from_secs(1800),
            delivery_lease: Duration::from_secs(10),
            linger: Duration::from_secs(3),
            request_lease: Duration::from_secs(30),
            introduction: Duration::from_secs(60),
        }
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            backoff_first: Duration::from_secs(1),
            backoff_most: Duration::from_secs(300),
            refusals: 5,
            parallel: 256,
            look_every: Duration::from_secs(300),
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            for_route: Duration::from_secs(1),
            waiting_for_route: 1_000,
            refuse_unknown: true,
            for_store: Duration::from_secs(10),
            known_routes: false,
            held: 5_000,
            held_bytes: 64 << 20,
        }
    }
}
