//! Calls of the admin API, executed.
//!
//! A call that only reads may be made twice. One that writes is made once at most: that it is begun is noted before, so that
//! whoever finds the note after a crash answers 502 and does not repeat it. Answers to writes are kept for a while, so that the same
//! idempotency key, or the same call found a second time, gets the same answer. That a write could not be made is noted too, before
//! the caller is told: who finds that note says the same, and the key stays free for another attempt.

mod call;
mod records;

use std::sync::Arc;
use std::time::Duration;

use store::{Result, StoreError};
use transport::{HttpWsCarrier, NoReply, Reply};
use url::Url;

use self::call::{Checked, answer, check, lane};
use self::records::{Record, Records};
use super::lanes::Job;
use super::lease::Lease;
use super::tally::Tally;
use super::trade::{Fate, Place, Trade};
use crate::wire::{AdminAnswer, AdminCall, Names};

/// Where calls go.
#[derive(Debug, Clone)]
pub struct AdminApi {
    /// The URL that paths are appended to.
    pub url: Url,
    /// An answer may have so many bytes.
    pub answer_bytes: usize,
    /// For how long the answer to a call with an idempotency key is kept.
    pub kept: Duration,
}

/// See the module.
pub(super) struct Admin {
    pub api: AdminApi,
    pub carrier: Arc<HttpWsCarrier>,
    pub names: Names,
    pub redis: store_redis::Redis,
    pub tally: Arc<Tally>,
}

/// What is noted of a write: that it may have been made, and that nobody took it.
const BEGUN: u32 = 1;
const NOT_MADE: u32 = 2;

/// How long to wait before an answer that could not be given is given again.
const AGAIN: Duration = Duration::from_secs(1);

impl Trade for Admin {
    const WHAT: &'static str = "admin calls";

    fn place(&self, entry: &[u8]) -> std::result::Result<Place, String> {
        let call = AdminCall::from_bytes(entry).map_err(|junk| junk.to_string())?;
        if !call.reply_to.starts_with(&self.names.admin_answers_of_all()) {
            return Err("the answer is wanted where no answers go".to_owned());
        }
        Ok(Place { lane: lane(&call), endpoint: self.api.url.to_string() })
    }

    async fn attempt(&self, job: &Job, lease: &Lease) -> Fate {
        let Ok(call) = AdminCall::from_bytes(&job.entry) else { return Fate::Done };
        let mut noted = job.failures;
        match self.deal_with(&call, (job, lease), &mut noted).await {
            Ok(fate) => fate,
            // A key of the wrong type stays one: nobody can be answered there.
            Err(StoreError::Damaged(_)) => Fate::Done,
            Err(error) => {
                self.tally.failed(Self::WHAT, &error);
                Fate::Later { failures: noted, wait: AGAIN }
            }
        }
    }
}

impl Admin {
    /// `noted` is what is known of the call, for whoever takes it up if it comes to no end here.
    async fn deal_with(
        &self,
        call: &AdminCall,
        (job, lease): (&Job, &Lease),
        noted: &mut u32,
    ) -> Result<Fate> {
        if let Some(record) = self.records().find(call).await? {
            return self.reply(call, record.answer_to(call)).await;
        }
        // One that may have been made is answered for all that: its idempotency key is used up.
        if *noted == 0 && self.redis.time().await?.0 > call.deadline {
            return Ok(Fate::Done);
        }
        let checked = match check(call, &self.api) {
            Ok(checked) => checked,
            Err(why) => return self.reply(call, answer(call, 400, &why)).await,
        };
        if checked.reads {
            return self.reply(call, self.execute(call, checked).await.1).await;
        }
        match *noted {
            0 => self.write(call, checked, (job, lease), noted).await,
            NOT_MADE => self.reply(call, answer(call, 502, "the call could not be made")).await,
            _ => {
                const WHY: &str = "the call was interrupted: whether it was followed is not known";
                self.keep_and_reply(call, answer(call, 502, WHY)).await
            }
        }
    }

    async fn write(
        &self,
        call: &AdminCall,
        checked: Checked,
        (job, lease): (&Job, &Lease),
        noted: &mut u32,
    ) -> Result<Fate> {
        if !lease.mark(&job.id, BEGUN).await? {
            return Ok(Fate::Lost);
        }
        let (was_made, given) = self.execute(call, checked).await;
        *noted = if was_made { BEGUN } else { NOT_MADE };
        if was_made {
            return self.keep_and_reply(call, given).await;
        }
        if lease.mark(&job.id, NOT_MADE).await? {
            self.reply(call, given).await
        } else {
            Ok(Fate::Lost)
        }
    }

    async fn keep_and_reply(&self, call: &AdminCall, given: AdminAnswer) -> Result<Fate> {
        self.records().keep(call, &Record::of(call, &given)).await?;
        self.reply(call, given).await
    }

    fn records(&self) -> Records<'_> {
        Records { redis: &self.redis, names: &self.names, kept: self.api.kept }
    }

    /// Makes the call, and says whether it was made.
    async fn execute(&self, call: &AdminCall, checked: Checked) -> (bool, AdminAnswer) {
        match self.carrier.run(checked.errand).await {
            Ok(reply) => {
                self.tally.delivered();
                (true, passed_on(call, reply))
            }
            Err(NoReply::NotMade(why)) => (false, answer(call, 502, &why)),
            Err(NoReply::Lost(why)) => (true, answer(call, 504, &why)),
        }
    }

    async fn reply(&self, call: &AdminCall, answer: AdminAnswer) -> Result<Fate> {
        records::reply(&self.redis, &call.reply_to, &answer.to_bytes()).await?;
        Ok(Fate::Done)
    }
}

fn passed_on(call: &AdminCall, reply: Reply) -> AdminAnswer {
    let content_type = reply.headers.iter().find(|(name, _)| *name == "content-type");
    let headers = content_type.map(|(name, value)| (name.to_owned(), value.to_owned()));
    AdminAnswer {
        id: call.id.clone(),
        status: reply.status,
        headers: headers.into_iter().collect(),
        body: reply.body,
    }
}
