//! Who a mediator is and where: what its invitation and its document say.

use parking_lot::Mutex;
use protocols::Handshake;
use protocols::out_of_band::{ReceivedInvitation, Service};
use reqwest::Url;
use simulated::Invited;

use crate::plan::Handshakes;
use crate::trouble::Trouble;
use crate::wire::Poster;

/// A mediator under test.
pub(crate) struct Mediator {
    /// Its invitation.
    pub invited: Invited,
    /// The handshake to connect with.
    pub handshake: Handshake,
    addresses: Mutex<Addresses>,
}

/// Where it can be reached, as far as it is known. What the user says comes first.
#[derive(Default, Clone)]
struct Addresses {
    http: Option<Url>,
    socket: Option<Url>,
}

impl Addresses {
    /// An address that fills a gap.
    fn learn(&mut self, uri: &str) {
        let Ok(url) = Url::parse(uri) else { return };
        match url.scheme() {
            "http" | "https" => self.http.get_or_insert(url),
            "ws" | "wss" => self.socket.get_or_insert(url),
            _ => return,
        };
    }
}

impl Mediator {
    /// Reads an invitation: a link, the message itself, or an address that answers with one.
    ///
    /// # Errors
    /// If it is none, or nobody offers it.
    pub async fn meet(
        invitation: &str,
        handshakes: Handshakes,
        poster: &Poster,
    ) -> Result<Self, Trouble> {
        let received = match ReceivedInvitation::read(invitation) {
            Ok(received) => received,
            Err(why) if is_link(invitation) => {
                let text = poster.fetch(invitation).await?;
                ReceivedInvitation::read(&text).map_err(|_| unusable(why))?
            }
            Err(why) => return Err(unusable(why)),
        };
        Self::of(&received, handshakes)
    }

    fn of(received: &ReceivedInvitation, handshakes: Handshakes) -> Result<Self, Trouble> {
        let mut services = received.services.iter().filter_map(|service| match service {
            Service::Inline { recipient_keys, endpoint, .. } => {
                let key = *recipient_keys.first()?;
                key.agreement().is_ok().then_some((key, endpoint))
            }
            Service::Did(_) => None,
        });
        let (key, endpoint) = services
            .next()
            .ok_or_else(|| unusable("it names no service with a key and an address in it"))?;
        let mut addresses = Addresses::default();
        addresses.learn(endpoint);
        services.filter(|(other, _)| *other == key).for_each(|(_, uri)| addresses.learn(uri));
        let invited = Invited { id: received.id.clone(), key, endpoint: endpoint.clone() };
        let handshake = choose(&received.handshakes, handshakes)?;
        Ok(Self { invited, handshake, addresses: Mutex::new(addresses) })
    }

    /// What the user says about its addresses.
    ///
    /// # Errors
    /// If it is no address of that kind.
    pub fn reached_at(&self, http: Option<&str>, socket: Option<&str>) -> Result<(), Trouble> {
        let mut addresses = self.addresses.lock();
        if let Some(uri) = http {
            addresses.http = Some(read(uri, &["http", "https"])?);
        }
        if let Some(uri) = socket {
            addresses.socket = Some(read(uri, &["ws", "wss"])?);
        }
        Ok(())
    }

    /// It has named another address.
    pub fn learn(&self, uri: &str) {
        self.addresses.lock().learn(uri);
    }

    /// Where envelopes are posted to.
    ///
    /// # Errors
    /// If nobody has said so.
    pub fn http(&self) -> Result<Url, Trouble> {
        let http = self.addresses.lock().http.clone();
        http.ok_or(Trouble::NoAddress { kind: "http or https", flag: "http" })
    }

    /// Where sockets are opened: the address that it names, or its HTTP address as one for sockets.
    ///
    /// # Errors
    /// If there is neither.
    pub fn socket(&self) -> Result<Url, Trouble> {
        let addresses = self.addresses.lock().clone();
        let as_socket = |url: Url| {
            let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
            Url::parse(&url.as_str().replacen(url.scheme(), scheme, 1)).ok()
        };
        let socket = addresses.socket.or_else(|| addresses.http.and_then(as_socket));
        socket.ok_or(Trouble::NoAddress { kind: "ws or wss", flag: "socket" })
    }
}

fn choose(offered: &[Handshake], wanted: Handshakes) -> Result<Handshake, Trouble> {
    let choice = match wanted {
        Handshakes::DidExchange => Some(Handshake::DidExchange11),
        Handshakes::Connections => Some(Handshake::Connections),
        Handshakes::Offered => {
            let best = [Handshake::DidExchange11, Handshake::Connections, Handshake::DidExchange10];
            best.into_iter().find(|handshake| offered.contains(handshake))
        }
    };
    choice.ok_or_else(|| unusable("it offers no handshake that is known here"))
}

fn read(uri: &str, schemes: &[&str]) -> Result<Url, Trouble> {
    let url = Url::parse(uri).ok().filter(|url| schemes.contains(&url.scheme()));
    url.ok_or_else(|| unusable(format!("{uri:?} is no {} address", schemes.join(" or "))))
}

fn is_link(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn unusable(why: impl std::fmt::Display) -> Trouble {
    Trouble::Invitation(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH";

    fn invitation(endpoints: &[&str], handshakes: &[&str]) -> ReceivedInvitation {
        let services: Vec<String> = endpoints
            .iter()
            .map(|uri| {
                format!(
                    r##"{{"id":"#i","type":"did-communication","recipientKeys":["{KEY}"],"serviceEndpoint":"{uri}"}}"##
                )
            })
            .collect();
        let message = format!(
            r#"{{"@type":"https://didcomm.org/out-of-band/1.1/invitation","@id":"i","handshake_protocols":{handshakes:?},"services":[{}]}}"#,
            services.join(",")
        );
        ReceivedInvitation::read(&message).unwrap()
    }

    const BOTH: [&str; 2] =
        ["https://didcomm.org/connections/1.0", "https://didcomm.org/didexchange/1.1"];

    #[test]
    fn sockets_are_opened_where_envelopes_are_posted_unless_another_address_is_named() {
        let one = invitation(&["https://m.example/x"], &BOTH);
        let one = Mediator::of(&one, Handshakes::Offered).unwrap();
        assert_eq!(one.http().unwrap().as_str(), "https://m.example/x");
        assert_eq!(one.socket().unwrap().as_str(), "wss://m.example/x");
        let two = invitation(&["http://m.example:1", "ws://m.example:2"], &BOTH);
        let two = Mediator::of(&two, Handshakes::Offered).unwrap();
        assert_eq!(two.socket().unwrap().as_str(), "ws://m.example:2/");
        two.reached_at(None, Some("ws://elsewhere:3")).unwrap();
        assert_eq!(two.socket().unwrap().as_str(), "ws://elsewhere:3/");
    }

    #[test]
    fn an_address_that_is_learned_later_fills_a_gap_and_replaces_nothing() {
        let only = invitation(&["ws://m.example:2"], &BOTH);
        let only = Mediator::of(&only, Handshakes::Offered).unwrap();
        let told = only.http().unwrap_err().to_string();
        assert_eq!(told, "the mediator names no http or https address: say it with --http URL");
        only.learn("http://m.example:1");
        only.learn("ws://m.example:9");
        assert_eq!(only.http().unwrap().as_str(), "http://m.example:1/");
        assert_eq!(only.socket().unwrap().as_str(), "ws://m.example:2/");
    }

    #[test]
    fn did_exchange_is_chosen_where_both_are_offered_and_nothing_is_asked_for() {
        let chosen = |offered: &[&str], wanted| {
            Mediator::of(&invitation(&["http://m"], offered), wanted).map(|it| it.handshake)
        };
        assert_eq!(chosen(&BOTH, Handshakes::Offered).unwrap(), Handshake::DidExchange11);
        assert_eq!(chosen(&BOTH, Handshakes::Connections).unwrap(), Handshake::Connections);
        assert_eq!(chosen(&BOTH[..1], Handshakes::Offered).unwrap(), Handshake::Connections);
        assert!(chosen(&[], Handshakes::Offered).is_err());
    }

    #[test]
    fn an_address_of_another_kind_is_refused() {
        let one = invitation(&["http://m.example"], &BOTH);
        let one = Mediator::of(&one, Handshakes::Offered).unwrap();
        assert!(one.reached_at(Some("ws://m.example"), None).is_err());
    }
}
