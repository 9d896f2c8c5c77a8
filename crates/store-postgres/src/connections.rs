use async_trait::async_trait;
use didcomm::VerKey;
use store::{Admission, Connection, Connections, Invitation, RecipientId, Result, StoreError};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::values::{amount, column, count, owner, time};

#[async_trait]
impl Connections for PostgresStore {
    async fn admit(&self, connection: &Connection, invitation: Option<&str>) -> Result<Admission> {
        let parts = Parts::of(connection)?;
        let invitation = invitation.map(str::as_bytes);
        let sql = "select admit($1, $2, $3, $4, $5, $6) as body";
        let row = self
            .engine
            .pool
            .row(
                sql,
                &[
                    &parts.id,
                    &parts.our_key,
                    &parts.dialable,
                    &parts.body,
                    &invitation,
                    &self.engine.now(),
                ],
            )
            .await?;
        Ok(match column::<Option<&[u8]>>(&row, "body")? {
            None => Admission::Admitted,
            Some([]) => Admission::Refused,
            Some(body) => Admission::Known(Box::new(read(body)?)),
        })
    }

    async fn get(&self, id: RecipientId) -> Result<Option<Connection>> {
        let sql = "select body from connections where id = $1";
        first(&self.engine.pool.rows(sql, &[&&id.0[..]]).await?)
    }

    async fn by_key(&self, ours: &VerKey) -> Result<Option<Connection>> {
        let sql = "select body from connections where our_key = $1";
        first(&self.engine.pool.rows(sql, &[&&ours.as_bytes()[..]]).await?)
    }

    async fn update(&self, connection: &Connection) -> Result<()> {
        let parts = Parts::of(connection)?;
        let sql = "update connections set our_key = $2, dialable = $3, body = $4 where id = $1";
        let parameters: crate::link::Parameters<'_> =
            &[&parts.id, &parts.our_key, &parts.dialable, &parts.body];
        self.engine.pool.rows(sql, parameters).await.map(drop)
    }

    async fn remove(&self, id: RecipientId) -> Result<()> {
        let sql = "delete from connections where id = $1";
        self.engine.pool.rows(sql, &[&&id.0[..]]).await.map(drop)
    }

    async fn dialable(&self, after: Option<RecipientId>, limit: usize) -> Result<Vec<RecipientId>> {
        let after = after.map(|after| after.0.to_vec()).unwrap_or_default();
        let sql = "select id from connections where dialable and id > $1 order by id limit $2";
        let rows = self.engine.pool.rows(sql, &[&after, &count(limit)]).await?;
        rows.iter().map(|row| owner(column(row, "id")?)).collect()
    }

    async fn invite(&self, invitation: &Invitation) -> Result<()> {
        let sql = "insert into invitations (id, expires, used_by) values ($1, $2, $3) on conflict do nothing";
        let used_by = invitation.used_by.map(|user| user.0.to_vec());
        let (id, expires) = (invitation.id.as_bytes(), amount(invitation.expires.0));
        self.engine.pool.rows(sql, &[&id, &expires, &used_by]).await.map(drop)
    }

    async fn invitation(&self, id: &str) -> Result<Option<Invitation>> {
        let sql = "select expires, used_by from invitations where id = $1";
        let rows = self.engine.pool.rows(sql, &[&id.as_bytes()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let used_by = column::<Option<&[u8]>>(row, "used_by")?.map(owner).transpose()?;
        Ok(Some(Invitation { id: id.to_owned(), expires: time(column(row, "expires")?), used_by }))
    }
}

/// A connection in columns: those that are searched, and everything.
struct Parts<'a> {
    id: &'a [u8],
    our_key: &'a [u8],
    dialable: bool,
    body: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(connection: &'a Connection) -> Result<Self> {
        Ok(Self {
            id: &connection.id.0,
            our_key: connection.our_key.as_bytes(),
            dialable: !connection.endpoints.is_empty(),
            body: serde_json::to_vec(connection).map_err(damaged)?,
        })
    }
}

fn first(rows: &[Row]) -> Result<Option<Connection>> {
    rows.first().map(|row| read(column(row, "body")?)).transpose()
}

fn read(body: &[u8]) -> Result<Connection> {
    serde_json::from_slice(body).map_err(damaged)
}

fn damaged(error: serde_json::Error) -> StoreError {
    StoreError::Damaged(error.to_string())
}
