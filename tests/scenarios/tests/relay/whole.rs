use didcomm::VerKey;
use serde_json::Value;
use servers::free_port;
use testkit::{Server, Site};

use crate::plugin::Plugin;
use crate::world::{Engine, envelope, http, key, post, with_deliverer};

/// One process that relays and delivers, with everything around it: an agent that sends on whatever it gets, its endpoint, its
/// controller and its admin API.
pub struct Whole {
    pub server: Server,
    pub plugin: Plugin,
    pub endpoint: Site,
    pub controller: Site,
    pub api: Site,
    /// The URL of the port that is not for strangers.
    pub private: String,
}

impl Whole {
    pub async fn start(engine: &Engine) -> Self {
        let (endpoint, controller) = (Site::open().await, Site::open().await);
        let api = Site::open().await;
        api.decide(|before, _| (200, format!("answer {before}")));
        let plugin = Plugin::start(&engine.url()).await;
        plugin.sends_on_to(&endpoint.url("/in"));
        let private = format!("127.0.0.1:{}", free_port());
        let settings = [
            format!("relay.private_listen={private}"),
            "relay.admin=true".to_owned(),
            format!("deliverer.admin_url={}", api.url("")),
            format!("deliverer.controllers={}", controller.url("")),
        ];
        let settings = settings.each_ref().map(String::as_str);
        let server = Server::start_with(with_deliverer(engine).and(&settings)).await;
        Self { server, plugin, endpoint, controller, api, private: format!("http://{private}") }
    }

    /// Posts an envelope that the agent sends on; gives the envelope.
    pub async fn send(&self, to: VerKey, text: &str) -> Vec<u8> {
        let envelope = envelope(text, &[to]);
        assert_eq!(post(&self.server, envelope.clone()).await, 200);
        envelope.to_vec()
    }

    /// Posts a webhook, and says what the status was; 0 if there was none.
    pub async fn webhook(&self, body: &Value) -> u16 {
        let request = http().post(format!("{}/topic/connections/", self.private));
        let response = request.body(body.to_string()).send().await;
        response.map_or(0, |response| response.status().as_u16())
    }

    /// Makes a call of the admin API that writes, once for each key; gives status and answer.
    pub async fn call(&self, idempotency_key: &str) -> (u16, String) {
        let request = http().post(format!("{}/admin/connections/create?x=y", self.private));
        let request = request.header("x-api-key", "hunter2").body("{}");
        let request = request.header("idempotency-key", idempotency_key);
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }

    /// Whether a message, a webhook and an admin call get through now.
    pub async fn works(&self) {
        let name = key();
        let message = self.send(name, "does it work?").await;
        self.endpoint.until_it(|site| site.came().iter().any(|came| came.body == message)).await;
        let webhook = serde_json::json!({"does it work?": name.to_string()});
        assert_eq!(self.webhook(&webhook).await, 200);
        self.controller.until_it(|site| site.texts().contains(&webhook.to_string())).await;
        assert_eq!(self.call(&name.to_string()).await.0, 200);
    }
}
