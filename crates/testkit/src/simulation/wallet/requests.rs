//! Wallets that post.

use protocols::client;
use protocols::pickup::V2_0;
use tokio::time::sleep;

use super::Visit;
use crate::simulation::world::Sent;
use crate::{Heard, Words};

impl Visit {
    /// Asks in a request. `None` if no answer came.
    pub(super) async fn request(&mut self, words: &[u8]) -> Option<Heard> {
        let envelope = self.agent.seal(words);
        match self.world.post(&self.agent, &envelope, &mut self.random).await {
            Sent::Answered(heard) => Some(heard),
            Sent::Accepted | Sent::Unknown => None,
        }
    }

    /// A noop fetches one envelope, as long as there is one.
    pub(super) async fn implicit_http(&mut self) {
        loop {
            let words = client::noop(&self.agent.id());
            if !matches!(self.request(&words).await, Some(Heard::Mail(_))) {
                sleep(self.habits.interval).await;
            }
        }
    }

    pub(super) async fn batch(&mut self) {
        loop {
            let words = client::batch_pickup(&self.agent.id(), self.habits.appetite);
            match self.request(&words).await {
                Some(Heard::Words(Words::Batch(items))) if !items.is_empty() => {}
                _ => sleep(self.habits.interval).await,
            }
        }
    }

    pub(super) async fn polling(&mut self) {
        loop {
            self.poll().await;
            sleep(self.habits.interval).await;
        }
    }

    /// Status, delivery, acknowledgement, and again until nothing waits.
    async fn poll(&mut self) -> Option<()> {
        let mut words = client::status_request(&V2_0, &self.agent.id(), None);
        loop {
            let Heard::Words(Words::Status { messages: 1.., .. }) = self.request(&words).await?
            else {
                return None;
            };
            let asked =
                client::delivery_request(&V2_0, &self.agent.id(), self.habits.appetite, None);
            let Heard::Words(Words::Delivery { items, .. }) = self.request(&asked).await? else {
                return None;
            };
            let ids = self.worth_acknowledging(items.into_iter().map(|item| item.id).collect());
            words = client::messages_received(&V2_0, &self.agent.id(), &ids);
            self.acknowledge_by_request(&words, &ids).await?;
            words = client::status_request(&V2_0, &self.agent.id(), None);
        }
    }

    pub(super) async fn acknowledge_by_request(
        &mut self,
        words: &[u8],
        ids: &[String],
    ) -> Option<()> {
        match self.request(words).await? {
            Heard::Words(Words::Status { .. }) => {
                self.world.history.settled(self.agent.number, ids.to_vec());
                Some(())
            }
            _ => None,
        }
    }
}
