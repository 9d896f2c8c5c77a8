//! Messages and webhooks to their endpoints.

use std::sync::Arc;

use mediator::End;
use transport::{Headers, HttpWsCarrier};
use url::Url;

use super::lanes::Job;
use super::lease::Lease;
use super::schedule::Schedule;
use super::tally::Tally;
use super::trade::{Fate, Place, Trade, lane_of};
use super::{Carriers, Controller};
use crate::wire;

/// Posts what agents send.
pub(super) struct Outbound {
    pub carriers: Carriers,
    pub controllers: Vec<Controller>,
    pub schedule: Schedule,
    pub tally: Arc<Tally>,
}

impl Trade for Outbound {
    const WHAT: &'static str = "messages";

    fn place(&self, entry: &[u8]) -> Result<Place, String> {
        let (url, _) = read(entry).map(|(entry, url, _)| (url, entry.retries))?;
        Ok(Place { lane: lane_of(&[url.as_str().as_bytes()]), endpoint: shown(&url) })
    }

    async fn attempt(&self, job: &Job, _: &Lease) -> Fate {
        let (entry, url, headers) = match read(&job.entry) {
            Ok(read) => read,
            Err(reason) => return Fate::Dead { endpoint: String::new(), attempts: 0, reason },
        };
        let failures = entry.retries.saturating_add(job.failures).saturating_add(1);
        let dead = |reason| Fate::Dead { endpoint: shown(&url), attempts: failures, reason };
        match self.carrier(&url).bring(url.as_str(), &headers, entry.payload).await {
            End::Done => {
                self.tally.delivered();
                Fate::Done
            }
            End::Forbidden(reason) => dead(reason),
            End::Refused(reason) | End::Failed(reason) => match self.schedule.wait(failures) {
                Some(wait) => Fate::Later { failures: job.failures + 1, wait },
                None => dead(reason),
            },
        }
    }
}

impl Outbound {
    /// Controllers are the operator's own, wherever they live.
    fn carrier(&self, url: &Url) -> &HttpWsCarrier {
        let is_own = self.controllers.iter().any(|controller| controller.has(url));
        if is_own { &self.carriers.own } else { &self.carriers.endpoints }
    }
}

type Read = (wire::Outbound, Url, Headers);

/// An entry with its parts checked.
fn read(entry: &[u8]) -> Result<Read, String> {
    let entry = wire::Outbound::from_bytes(entry).map_err(|junk| junk.to_string())?;
    let url = Url::parse(&entry.service.url).map_err(|_| "the endpoint is no URL".to_owned())?;
    if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
        return Err("the endpoint is not one of http, https, ws or wss".to_owned());
    }
    let pairs = entry.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers = Headers::new(pairs).map_err(|bad| bad.to_string())?;
    Ok((entry, url, headers))
}

/// An endpoint as people may see it: users, passwords and queries may be secrets.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str, headers: &str) -> Vec<u8> {
        format!(r#"{{"service":{{"url":"{url}"}},"payload":"e30=","headers":{headers}}}"#).into()
    }

    #[test]
    fn what_cannot_be_posted_is_refused_with_a_reason() {
        for (bad, words) in [
            (b"junk".to_vec(), "not an outbound message"),
            (entry("nowhere", "{}"), "no URL"),
            (entry("ftp://a.example/", "{}"), "not one of http"),
            (entry("didcomm:transport/queue", "{}"), "not one of http"),
            (entry("http://a.example/", r#"{"host": "b"}"#), "belongs to the connection"),
        ] {
            let reason = read(&bad).map(|_| ()).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        }
    }

    #[test]
    fn secrets_of_an_endpoint_are_not_shown() {
        let (_, url, _) = read(&entry("https://u:pw@a.example/in?token=t#f", "{}")).unwrap();
        assert_eq!(shown(&url), "https://a.example/in");
    }
}
