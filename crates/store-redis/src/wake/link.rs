use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, PushInfo, PushKind, RedisError, RedisResult, Value};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::timeout;

use super::message::Message;
use super::topology::Node;
use crate::shared::Shared;

/// After this long without an answer a connection counts as broken.
const ANSWER: Duration = Duration::from_secs(1);

/// A connection on which wakes come in. Clones are the same connection.
#[derive(Clone)]
pub(super) struct Link {
    connection: MultiplexedConnection,
    /// Tells it from others to the same server.
    pub number: u64,
}

impl Link {
    /// Opens one. What comes in rings at once; trouble is told to `troubles`, with this number.
    pub async fn open(
        shared: &Arc<Shared>,
        node: &Node,
        number: u64,
        troubles: UnboundedSender<u64>,
    ) -> RedisResult<Self> {
        let bells = shared.bells.clone();
        let hear = move |push: PushInfo| -> Result<(), redis::aio::SendError> {
            match push.kind {
                PushKind::SMessage => {
                    if let Some(Value::BulkString(bytes)) = push.data.get(1)
                        && let Some(message) = Message::read(bytes)
                    {
                        message.ring(&bells);
                    }
                }
                // The server takes a subscription back when its slot moves.
                PushKind::Disconnection | PushKind::SUnsubscribe => {
                    // If nobody listens, the store is gone.
                    let _ = troubles.send(number);
                }
                _ => {}
            }
            Ok(())
        };
        let config =
            AsyncConnectionConfig::new().set_response_timeout(Some(ANSWER)).set_push_sender(hear);
        let opening = shared.engine.door().open((&node.0, node.1), config);
        let connection = timeout(ANSWER * 2, opening).await.map_err(|_| silent())??;
        Ok(Self { connection, number })
    }

    /// Subscribes to these channels and says for each whether that worked.
    pub async fn subscribe(&mut self, channels: &[Vec<u8>]) -> RedisResult<Vec<bool>> {
        let mut pipeline = redis::pipe();
        for channel in channels {
            pipeline.cmd("SSUBSCRIBE").arg(channel);
        }
        let answers = self.connection.send_packed_commands(&pipeline, 0, channels.len());
        let answers = timeout(ANSWER, answers).await.map_err(|_| silent())??;
        if let Some(error) = answers.iter().find_map(forbidden) {
            return Err(error);
        }
        Ok(answers.iter().map(|answer| matches!(answer, Value::Push { .. })).collect())
    }

    /// Whether it still answers.
    pub async fn has_pulse(&mut self) -> bool {
        let ping = redis::cmd("PING");
        matches!(timeout(ANSWER, self.connection.send_packed_command(&ping)).await, Ok(Ok(_)))
    }

    /// Asks for the topology.
    pub async fn slots(&mut self) -> RedisResult<Value> {
        let mut command = redis::cmd("CLUSTER");
        let answer = self.connection.send_packed_command(command.arg("SLOTS"));
        timeout(ANSWER, answer).await.map_err(|_| silent())??.extract_error()
    }
}

fn forbidden(answer: &Value) -> Option<RedisError> {
    match answer {
        Value::ServerError(error) if error.code() == "NOPERM" => Some(error.clone().into()),
        _ => None,
    }
}

fn silent() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}
