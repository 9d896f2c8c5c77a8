//! A simulated wallet, and how it gets to know its mediator.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocols::{Handshake, client};
use simulated::{Agent, Heard, Words};
use tokio::time::{Instant, sleep, timeout};

use crate::introduction::Mediator;
use crate::trouble::Trouble;
use crate::wire::{Dialer, Line, Posted, Poster};

/// A wallet that has joined.
pub(crate) struct Wallet {
    /// Its keys and words.
    pub agent: Arc<Agent>,
    /// Its mediator.
    pub home: Arc<Mediator>,
    /// Where it is written to.
    pub entrance: Arc<Mediator>,
}

/// What there is to reach a mediator with.
#[derive(Clone)]
pub(crate) struct Tools {
    /// For posts.
    pub poster: Poster,
    /// For sockets.
    pub dialer: Dialer,
    /// How long an answer may take.
    pub patience: Duration,
}

/// How long each part of joining took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Steps {
    /// Request, response, and where there is one, complete.
    pub connect: Duration,
    /// Until mediation was granted.
    pub grant: Duration,
    /// Until the key was listed.
    pub key: Duration,
}

impl Wallet {
    /// Connects, asks for mediation and lists one key: over HTTP where the mediator has such an address, else over a socket.
    ///
    /// # Errors
    /// If the mediator cannot be reached, or does not want to.
    pub async fn join(
        agent: Agent,
        home: &Arc<Mediator>,
        entrance: &Arc<Mediator>,
        tools: &Tools,
    ) -> Result<(Self, Steps), Trouble> {
        let mut way = Way::to(home, agent.number, tools).await?;
        let started = Instant::now();
        connect(&agent, home, &mut way).await?;
        let connect = started.elapsed();
        be_granted(&agent, home, &mut way).await?;
        let grant = started.elapsed() - connect;
        list_key(&agent, &mut way).await?;
        let key = started.elapsed() - connect - grant;
        let (home, entrance) = (home.clone(), entrance.clone());
        let wallet = Self { agent: Arc::new(agent), home, entrance };
        Ok((wallet, Steps { connect, grant, key }))
    }
}

async fn connect(agent: &Agent, mediator: &Mediator, way: &mut Way<'_>) -> Result<(), Trouble> {
    const WHAT: &str = "a request to connect";
    let invited = &mediator.invited;
    let request = agent.request(mediator.handshake, invited, None);
    let answer = way.exchange(WHAT, request.envelope.clone()).await?;
    let document =
        agent.accept(&request, invited, &answer).ok_or_else(|| odd_answer(WHAT, agent, &answer))?;
    document.endpoints().iter().for_each(|endpoint| mediator.learn(&endpoint.uri));
    if mediator.handshake != Handshake::Connections {
        let complete = client::did_exchange_complete(&agent.id(), &request.id, &invited.id);
        way.tell("the completion of a connection", agent.seal(&complete)).await?;
    }
    Ok(())
}

async fn be_granted(agent: &Agent, mediator: &Mediator, way: &mut Way<'_>) -> Result<(), Trouble> {
    const WHAT: &str = "mediation";
    let text = way.ask(agent, WHAT, &client::mediate_request(&agent.id())).await?;
    if client::message_type(&text).ends_with("/mediate-deny") {
        return Err(Trouble::Declined { what: WHAT, code: "mediate-deny".to_owned() });
    }
    let grant = client::read_grant(&text).ok_or_else(|| odd(WHAT, &text))?;
    if grant.routing_keys.is_empty()
        || grant.routing_keys.iter().any(|key| key.agreement().is_err())
    {
        return Err(Trouble::Odd { what: WHAT, got: "a grant without usable routing keys".into() });
    }
    mediator.learn(&grant.endpoint);
    agent.granted(&grant);
    Ok(())
}

async fn list_key(agent: &Agent, way: &mut Way<'_>) -> Result<(), Trouble> {
    const WHAT: &str = "a key for the keylist";
    let update = client::keylist_update(&agent.id(), &[(&agent.mail_key().to_did_key(), true)]);
    let text = way.ask(agent, WHAT, &update).await?;
    let updated = client::read_keylist_updated(&text).ok_or_else(|| odd(WHAT, &text))?;
    match updated.first() {
        Some((_, result)) if result == "success" || result == "no_change" => Ok(()),
        Some((_, result)) => Err(Trouble::Declined { what: WHAT, code: result.clone() }),
        None => Err(odd(WHAT, &text)),
    }
}

/// An answer that did not come on the return route is asked for again for so long, and so often.
const SETTLING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// How a wallet that is joining talks to its mediator.
enum Way<'a> {
    Posts(&'a Mediator, &'a Tools),
    Line(Box<Line>, Duration),
}

impl<'a> Way<'a> {
    async fn to(mediator: &'a Mediator, number: u32, tools: &'a Tools) -> Result<Self, Trouble> {
        if mediator.http().is_ok() {
            return Ok(Self::Posts(mediator, tools));
        }
        let line = tools.dialer.dial(&mediator.socket()?, number).await?;
        Ok(Self::Line(Box::new(line), tools.patience))
    }

    /// Sends an envelope and gets the one that comes back.
    async fn exchange(&mut self, what: &'static str, envelope: Bytes) -> Result<Bytes, Trouble> {
        match self {
            Self::Posts(mediator, tools) => {
                post(mediator, tools, what, envelope).await?.ok_or(Trouble::Empty { what })
            }
            Self::Line(line, patience) => {
                line.send(&envelope).await.map_err(|_| closed(what))?;
                let heard = timeout(*patience, line.hear()).await;
                heard
                    .map_err(|_| Trouble::Silent { what, after: *patience })?
                    .map_err(|_| closed(what))
            }
        }
    }

    /// Sends an envelope that nothing comes back for.
    async fn tell(&mut self, what: &'static str, envelope: Bytes) -> Result<(), Trouble> {
        match self {
            Self::Posts(mediator, tools) => post(mediator, tools, what, envelope).await.map(drop),
            Self::Line(line, _) => line.send(&envelope).await.map_err(|_| closed(what)),
        }
    }

    /// Asks something and returns the plaintext of the answer. ACA-Py at times ends the response before it has its answer, and hands that
    /// out to the next message that it hears: a ping.
    async fn ask(
        &mut self,
        agent: &Agent,
        what: &'static str,
        words: &[u8],
    ) -> Result<Vec<u8>, Trouble> {
        let asked = Instant::now();
        let mut answer = self.exchange(what, agent.seal(words)).await;
        while matches!(answer, Err(Trouble::Empty { .. })) && asked.elapsed() < SETTLING {
            sleep(PAUSE).await;
            answer = self.exchange(what, agent.seal(&client::ping(&agent.id(), false))).await;
        }
        let answer = answer?;
        match agent.read(&answer) {
            Ok(Heard::Words(Words::Other { text, .. })) => Ok(text),
            _ => Err(odd_answer(what, agent, &answer)),
        }
    }
}

async fn post(
    mediator: &Mediator,
    tools: &Tools,
    what: &'static str,
    envelope: Bytes,
) -> Result<Option<Bytes>, Trouble> {
    let to = mediator.http()?;
    match tools.poster.post(&to, envelope).await {
        Posted::Accepted => Ok(None),
        Posted::Answered(answer) => Ok(Some(answer)),
        Posted::Refused(status, words) => Err(Trouble::Refused { what, status, words }),
        Posted::Cut(why) => {
            Err(Trouble::Unreachable { place: to.origin().ascii_serialization(), why })
        }
    }
}

fn closed(what: &'static str) -> Trouble {
    Trouble::Odd { what, got: "the end of the socket".to_owned() }
}

fn odd(what: &'static str, plaintext: &[u8]) -> Trouble {
    Trouble::Odd { what, got: format!("a message of type {:?}", client::message_type(plaintext)) }
}

/// What an answer is that is not the right one: a problem report, another message, or nothing that can be opened.
fn odd_answer(what: &'static str, agent: &Agent, answer: &[u8]) -> Trouble {
    let Some(plaintext) = agent.open(answer) else {
        return Trouble::Odd {
            what,
            got: "something that is not sealed for this wallet".to_owned(),
        };
    };
    match client::problem_code(&plaintext) {
        Some(code) => Trouble::Declined { what, code },
        None => odd(what, &plaintext),
    }
}
