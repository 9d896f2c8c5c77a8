//! What the scripts answer.

use std::time::Duration;

use bytes::Bytes;
use redis::{FromRedisValue, Value};
use store::{Result, StoreError};

/// An entry in a leased lane.
#[derive(Clone)]
pub(crate) struct Job {
    pub id: String,
    pub failures: u32,
    pub entry: Bytes,
}

/// What was leased, and what there is to do beside.
pub(crate) struct Claim {
    /// Entries that producers have pushed, and nobody has moved yet.
    pub listed: usize,
    pub streamed: usize,
    /// When the next lane may be leased; none if there is no other.
    pub next: Option<Duration>,
    pub lanes: Vec<(String, Vec<Job>)>,
}

/// How it goes on with a lane.
pub(crate) enum Going {
    /// It is somebody else's by now.
    Lost,
    /// Nothing is left, and it was given back.
    Empty,
    /// It is still ours, with these entries if some were asked for.
    On(Vec<Job>),
}

/// An entry that is not yet in a lane: what names it, and itself unless it is too large.
pub(crate) struct Peeked {
    pub handle: Vec<u8>,
    pub entry: Vec<u8>,
}

/// A dead letter, without what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Names it, and says when it was buried: milliseconds since 1970, a hyphen, a number.
    pub id: String,
    /// Where it should have gone; empty if it did not say. Without user, password and query.
    pub endpoint: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it is tried no more.
    pub reason: String,
    /// The bytes of the whole entry.
    pub bytes: usize,
}

/// The values of an answer, one after the other.
struct Reader(std::vec::IntoIter<Value>);

impl Reader {
    fn new(value: Value) -> Result<Self> {
        match value {
            Value::Array(values) => Ok(Self(values.into_iter())),
            _ => Err(senseless()),
        }
    }

    fn is_done(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    fn next<T: FromRedisValue>(&mut self) -> Result<T> {
        let value = self.0.next().ok_or_else(senseless)?;
        redis::from_redis_value(value).map_err(|_| senseless())
    }

    fn all<T>(mut self, mut one: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while !self.is_done() {
            all.push(one(&mut self)?);
        }
        Ok(all)
    }

    fn job(&mut self) -> Result<Job> {
        let (id, failures) = (self.next()?, self.next()?);
        Ok(Job { id, failures, entry: self.next::<Vec<u8>>()?.into() })
    }

    fn lane(&mut self) -> Result<(String, Vec<Job>)> {
        let (lane, count): (_, usize) = (self.next()?, self.next()?);
        Ok((lane, (0..count).map(|_| self.job()).collect::<Result<_>>()?))
    }
}

pub(super) fn claim(answer: Value) -> Result<Claim> {
    let mut reader = Reader::new(answer)?;
    let (listed, streamed, next) = (reader.next()?, reader.next()?, reader.next::<i64>()?);
    let next = u64::try_from(next).ok().map(Duration::from_millis);
    Ok(Claim { listed, streamed, next, lanes: reader.all(Reader::lane)? })
}

pub(super) fn going(answer: Value) -> Result<Going> {
    let mut reader = Reader::new(answer)?;
    match reader.next::<u8>()? {
        0 => Ok(Going::Lost),
        2 => Ok(Going::Empty),
        _ => Ok(Going::On(reader.all(Reader::job)?)),
    }
}

pub(super) fn peeked(answer: Value) -> Result<Vec<Peeked>> {
    Reader::new(answer)?.all(|reader| Ok(Peeked { handle: reader.next()?, entry: reader.next()? }))
}

pub(super) fn letters(answer: Value) -> Result<Vec<Letter>> {
    Reader::new(answer)?.all(|reader| {
        let (id, endpoint): (_, Vec<u8>) = (reader.next()?, reader.next()?);
        let (attempts, reason): (String, Vec<u8>) = (reader.next()?, reader.next()?);
        Ok(Letter {
            id,
            endpoint: String::from_utf8_lossy(&endpoint).into_owned(),
            attempts: attempts.parse().unwrap_or_default(),
            reason: String::from_utf8_lossy(&reason).into_owned(),
            bytes: reader.next()?,
        })
    })
}

fn senseless() -> StoreError {
    StoreError::Damaged("a script for lanes gave an answer without sense".to_owned())
}
