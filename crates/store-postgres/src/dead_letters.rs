use async_trait::async_trait;
use store::{DeadLetter, DeadLetters, Mail, Position, Result};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::pool::damaged;
use crate::values::{amount, bytes, column, count, destination, owner, time};

const BURY: &str = "insert into dead_letters \
    (position, owner, received, destination, envelope, reason, buried) \
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
const LIST: &str = "select * from dead_letters where position > $1 order by position limit $2";
const EXHUME: &str = "delete from dead_letters where position = $1 returning *";

#[async_trait]
impl DeadLetters for PostgresStore {
    async fn bury(&self, letter: &DeadLetter) -> Result<()> {
        let DeadLetter { owner, mail, reason, buried } = letter;
        let (received, buried) = (amount(mail.received.0), amount(buried.0));
        self.engine
            .pool
            .rows(
                BURY,
                &[
                    &&mail.position.to_bytes()[..],
                    &&owner.0[..],
                    &received,
                    &mail.destination.to_bytes(),
                    &&mail.envelope[..],
                    &reason.as_bytes(),
                    &buried,
                ],
            )
            .await
            .map(drop)
    }

    async fn list(&self, after: Option<Position>, limit: usize) -> Result<Vec<DeadLetter>> {
        let after = after.map(|after| after.to_bytes().to_vec()).unwrap_or_default();
        let rows = self.engine.pool.rows(LIST, &[&after, &count(limit)]).await?;
        rows.iter().map(dead_letter).collect()
    }

    async fn exhume(&self, position: Position) -> Result<Option<DeadLetter>> {
        let rows = self.engine.pool.rows(EXHUME, &[&&position.to_bytes()[..]]).await?;
        rows.first().map(dead_letter).transpose()
    }
}

fn dead_letter(row: &Row) -> Result<DeadLetter> {
    let position = column::<&[u8]>(row, "position")?.try_into();
    let reason = String::from_utf8_lossy(column(row, "reason")?).into_owned();
    let mail = Mail {
        position: Position::from_bytes(
            position.map_err(|_| damaged("a position of another length"))?,
        ),
        envelope: bytes(row, "envelope")?,
        destination: destination(column(row, "destination")?)?,
        received: time(column(row, "received")?),
    };
    Ok(DeadLetter {
        owner: owner(column(row, "owner")?)?,
        mail,
        reason,
        buried: time(column(row, "buried")?),
    })
}
