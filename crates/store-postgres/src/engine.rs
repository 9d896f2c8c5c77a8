//! What the acts of the store share.

use std::sync::Arc;
use std::time::Duration;

use store::{Bells, Clock, Epoch, Holder, QueueBells, RecipientId, Result, Timestamp};

use crate::evictions::Caches;
use crate::leaving::Leaving;
use crate::pool::Pool;
use crate::values::{amount, column, number};

/// The connections, the bells of this process, and who we are.
pub(crate) struct Engine {
    pub(crate) pool: Pool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bells: Bells,
    pub(crate) leaving: Leaving,
    pub(crate) queue_bells: QueueBells,
    pub(crate) cache: Caches,
    /// Tells the readers of this store from those of others. Random.
    pub(crate) here: i64,
    pub(crate) schema: String,
}

const RELEASE: &str = "select release($1, $2, $3, $4, $5, $6) as freed";

impl Engine {
    /// The time, as the tables have it.
    pub(crate) fn now(&self) -> i64 {
        amount(self.clock.now().0)
    }

    pub(crate) fn after(&self, span: Duration) -> i64 {
        amount((self.clock.now() + span).0)
    }

    /// Ends the marks of a holder after `linger`; a session is no reader any more.
    pub(crate) async fn release(
        &self,
        owner: RecipientId,
        holder: Holder,
        linger: Duration,
    ) -> Result<()> {
        let (is_session, holder) = self::holder(holder);
        let parameters = (self.after(linger), self.now());
        let row = self
            .pool
            .row(
                RELEASE,
                &[&&owner.0[..], &is_session, &holder, &parameters.0, &parameters.1, &self.here],
            )
            .await?;
        if column(&row, "freed")? {
            self.bells.ring(owner);
        }
        Ok(())
    }

    /// The server's time.
    pub(crate) async fn time(&self) -> Result<Timestamp> {
        let sql = "select (extract(epoch from clock_timestamp()) * 1000)::bigint as now";
        Ok(Timestamp(column::<i64>(&self.pool.row(sql, &[]).await?, "now")?.cast_unsigned()))
    }
}

/// A holder as the tables have it: whether it is a session, and its number.
pub(crate) fn holder(holder: Holder) -> (bool, i64) {
    match holder {
        Holder::Session(Epoch(epoch)) => (true, number(epoch)),
        Holder::Request(request) => (false, number(request)),
    }
}
