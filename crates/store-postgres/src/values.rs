//! Our values as PostgreSQL knows them, and back.

use bytes::Bytes;
use didcomm::Destination;
use store::{Demand, Mail, Position, RecipientId, Result, StoreError, Timestamp};
use tokio_postgres::Row;

use crate::error::chain;

/// Numbers that only have to be the same again.
pub(crate) fn number(value: u64) -> i64 {
    value.cast_signed()
}

/// Amounts and times: what is beyond the largest is the largest.
pub(crate) fn amount(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn time(value: i64) -> Timestamp {
    if value == i64::MAX { Timestamp::NEVER } else { Timestamp(value.cast_unsigned()) }
}

/// The value of a column that is never null.
pub(crate) fn column<'a, T>(row: &'a Row, name: &str) -> Result<T>
where
    T: tokio_postgres::types::FromSql<'a>,
{
    row.try_get(name).map_err(|error| StoreError::Damaged(chain(&error)))
}

pub(crate) fn bytes(row: &Row, name: &str) -> Result<Bytes> {
    column::<&[u8]>(row, name).map(Bytes::copy_from_slice)
}

pub(crate) fn owner(bytes: &[u8]) -> Result<RecipientId> {
    let id = bytes
        .try_into()
        .map_err(|_| StoreError::Damaged("an owner of another length".to_owned()))?;
    Ok(RecipientId(id))
}

pub(crate) fn destination(bytes: &[u8]) -> Result<Destination> {
    Destination::from_bytes(bytes).map_err(|error| StoreError::Damaged(error.to_string()))
}

pub(crate) fn position(row: &Row) -> Result<Position> {
    Ok(Position {
        sequence: column::<i64>(row, "sequence")?.cast_unsigned(),
        incarnation: column::<i64>(row, "incarnation")?.cast_unsigned(),
    })
}

pub(crate) fn mail(row: &Row) -> Result<Mail> {
    Ok(Mail {
        position: position(row)?,
        envelope: bytes(row, "envelope")?,
        destination: destination(column(row, "destination")?)?,
        received: time(column(row, "received")?),
    })
}

/// What a demand asks for: messages, bytes, key.
pub(crate) fn wanted(demand: &Demand) -> (i64, i64, Option<Vec<u8>>) {
    let key = demand.key.as_ref().map(Destination::to_bytes);
    (count(demand.messages), count(demand.bytes), key)
}
