use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocols::{Handshake, client};

use super::{Posted, Socket};
use crate::{Agent, Heard, History, Invited, Parcel, Server, Words};

/// A wallet, or any other agent, that talks to a mediator over HTTP and WebSockets.
pub struct Wallet {
    agent: Arc<Agent>,
    history: History,
    http: reqwest::Client,
    /// Where the mediator is reached: itself, or a proxy before it.
    address: SocketAddr,
}

/// A mediator holds a request for less than this.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

impl Wallet {
    /// A wallet that is connected by did-exchange 1.1 with a did:peer:4, has been granted mediation and has listed the
    /// key of its mail.
    ///
    /// # Panics
    /// If any of that is refused.
    pub async fn join(server: &Server, number: u32, history: &History) -> Self {
        Self::join_at(server.address(), number, history).await
    }

    /// The same by way of an address that is not the mediator's own, such as a load balancer's.
    ///
    /// # Panics
    /// As [`Wallet::join`].
    pub async fn join_at(address: SocketAddr, number: u32, history: &History) -> Self {
        let wallet = Self::stranger(address, number, history);
        wallet.connect(Handshake::DidExchange11, None).await;
        wallet.be_mediated().await;
        wallet
    }

    /// An agent that is connected, and nothing else. With an `endpoint`, its mail is to be pushed there.
    ///
    /// # Panics
    /// If the mediator does not answer as it should.
    pub async fn connected(
        server: &Server,
        number: u32,
        history: &History,
        handshake: Handshake,
        endpoint: Option<&str>,
    ) -> Self {
        let wallet = Self::stranger(server.address(), number, history);
        wallet.connect(handshake, endpoint).await;
        wallet
    }

    /// Becomes connected. With an `endpoint`, its mail is to be pushed there.
    ///
    /// # Panics
    /// If the mediator does not answer as it should.
    pub async fn connect(&self, handshake: Handshake, endpoint: Option<&str>) {
        let invited = self.invitation().await;
        let request = self.agent.request(handshake, &invited, endpoint);
        match self.post(&request.envelope).await {
            Posted::Answered(answer) => {
                self.agent.accept(&request, &invited, &answer).expect("a response");
            }
            other => panic!("a request to connect was answered by {other:?}"),
        }
    }

    /// An agent that nobody knows yet.
    ///
    /// # Panics
    /// If no HTTP client can be had.
    pub fn stranger(address: SocketAddr, number: u32, history: &History) -> Self {
        let http =
            reqwest::Client::builder().timeout(ANSWERED_WITHIN).build().expect("an HTTP client");
        Self::stranger_over(http, address, number, history)
    }

    /// The same over a client that it shares with others, which saves memory where there are many.
    pub fn stranger_over(
        http: reqwest::Client,
        address: SocketAddr,
        number: u32,
        history: &History,
    ) -> Self {
        let agent = Arc::new(Agent::new(number, 0x7e57));
        Self { agent, history: history.clone(), http, address }
    }

    /// The same wallet on another way to the mediator.
    pub fn by_way_of(&self, address: SocketAddr) -> Self {
        Self {
            agent: self.agent.clone(),
            history: self.history.clone(),
            http: self.http.clone(),
            address,
        }
    }

    /// Asks for mediation and lists the key of its mail.
    ///
    /// # Panics
    /// If either is refused.
    pub async fn be_mediated(&self) {
        self.be_granted().await;
        self.list_key().await;
    }

    /// Asks for mediation.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn be_granted(&self) {
        let answer = self.ask(&client::mediate_request(&self.agent.id())).await;
        let Words::Other { text, .. } = answer else { panic!("no grant: {answer:?}") };
        self.agent.granted(&client::read_grant(&text).expect("a grant"));
    }

    /// Lists the key of its mail.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn list_key(&self) {
        let updated = self.update_keys(&[(&self.agent.mail_key().to_did_key(), true)]).await;
        assert_eq!(updated[0].1, "success", "{updated:?}");
    }

    /// Changes the keylist, and returns each key with its result.
    ///
    /// # Panics
    /// If the answer is another message.
    pub async fn update_keys(&self, updates: &[(&str, bool)]) -> Vec<(String, String)> {
        let answer = self.ask(&client::keylist_update(&self.agent.id(), updates)).await;
        let Words::Other { text, .. } = answer else { panic!("no keylist update: {answer:?}") };
        client::read_keylist_updated(&text).expect("the results of an update")
    }

    /// The agent.
    pub fn agent(&self) -> &Arc<Agent> {
        &self.agent
    }

    /// Its line ended at a dock, and the mediator may not know yet.
    pub(crate) fn line_frays(&self) {
        self.history.frays(self.agent.number);
    }

    /// It is live on another.
    pub(crate) fn line_replaced(&self) {
        self.history.replaced(self.agent.number);
    }

    /// The mediator's standing invitation.
    ///
    /// # Panics
    /// If there is none.
    pub async fn invitation(&self) -> Invited {
        let url = format!("http://{}/invitation", self.address);
        let answer =
            self.http.get(url).send().await.expect("an answer").bytes().await.expect("a body");
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        let by_link = Invited::read(answer["invitation_url"].as_str().expect("a link"))
            .expect("an invitation");
        let by_message = Invited::read(&answer["invitation"].to_string()).expect("an invitation");
        assert_eq!(by_link, by_message, "the link says something else than the message");
        by_message
    }

    /// Posts an envelope.
    pub async fn post(&self, envelope: &Bytes) -> Posted {
        self.post_as(envelope, "application/didcomm-envelope-enc").await
    }

    /// Posts anything, with any content type.
    pub async fn post_as(&self, body: &Bytes, content_type: &str) -> Posted {
        let request = self
            .http
            .post(format!("http://{}/", self.address))
            .header("content-type", content_type);
        let Ok(answer) = request.body(body.clone()).send().await else { return Posted::Cut };
        let status = answer.status();
        let Ok(body) = answer.bytes().await else { return Posted::Cut };
        match (status.is_success(), body.is_empty()) {
            (true, true) => Posted::Accepted,
            (true, false) => Posted::Answered(body),
            (false, _) => {
                Posted::Refused(status.as_u16(), String::from_utf8_lossy(&body).into_owned())
            }
        }
    }

    /// Asks the mediator something over HTTP, and returns its words. Mail in them counts as arrived.
    ///
    /// # Panics
    /// If no words come back.
    pub async fn ask(&self, words: &[u8]) -> Words {
        match self.exchange(words).await {
            Ok(Heard::Words(words)) => words,
            other => panic!("no words but {other:?} came back"),
        }
    }

    /// Asks the mediator something over HTTP. `None` if there is no answer, or an empty one.
    pub async fn request(&self, words: &[u8]) -> Option<Heard> {
        self.exchange(words).await.ok()
    }

    /// The same; or what came instead of an answer.
    async fn exchange(&self, words: &[u8]) -> Result<Heard, Posted> {
        let line = self.history.line();
        match self.post(&self.agent.seal(words)).await {
            Posted::Answered(answer) => {
                let heard = self.agent.read(&answer).expect("the answer is for this agent");
                self.history.arrived(self.agent.number, line, &heard);
                Ok(heard)
            }
            other => Err(other),
        }
    }

    /// Opens a socket.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn dial(&self) -> Socket {
        self.try_dial().await.expect("the mediator takes sockets")
    }

    /// Opens a socket, if the mediator is there.
    ///
    /// # Errors
    /// As the WebSocket library sees them.
    pub async fn try_dial(&self) -> Result<Socket, Box<tokio_tungstenite::tungstenite::Error>> {
        Socket::open(self.address, self.agent.clone(), self.history.clone()).await
    }

    /// Sends mail to another wallet through its mediator, and says whether that was accepted.
    pub async fn send(&self, to: &Agent, number: u32) -> bool {
        let parcel = Parcel { to: to.number, number };
        self.send_envelope(to, parcel, &parcel.write()).await == Posted::Accepted
    }

    /// Sends an envelope that stands for `parcel`.
    pub async fn send_envelope(&self, to: &Agent, parcel: Parcel, envelope: &[u8]) -> Posted {
        self.history.posted(parcel);
        let posted = self.post(&to.forward_envelope(envelope)).await;
        if posted == Posted::Accepted {
            self.history.accepted(parcel);
        }
        posted
    }
}
