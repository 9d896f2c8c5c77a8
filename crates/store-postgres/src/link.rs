//! One connection, on which several acts may be under way.

use std::collections::HashMap;
use std::future::poll_fn;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Notification, Row, Statement};

use crate::tls::{Secret, Tls};

/// How long anybody waits for the server, connecting included.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// How to connect.
pub(crate) struct Dial {
    pub(crate) config: Config,
    pub(crate) tls: Tls,
}

/// A connection and the statements that the server knows by now. Dropping it ends what is under way on it.
pub(crate) struct Link {
    client: Client,
    statements: Mutex<HashMap<&'static str, Statement>>,
    driver: JoinHandle<()>,
}

impl Link {
    pub(crate) async fn open(dial: &Dial) -> Result<Self, tokio_postgres::Error> {
        Self::open_and_listen(dial, None).await
    }

    /// Gives what the server notifies of to `heard`, which is closed when the connection ends.
    pub(crate) async fn open_and_listen(
        dial: &Dial,
        heard: Option<mpsc::UnboundedSender<Notification>>,
    ) -> Result<Self, tokio_postgres::Error> {
        let (client, connection) = dial.config.connect(dial.tls.clone()).await?;
        let driver = tokio::spawn(drive(connection, heard));
        Ok(Self { client, statements: Mutex::default(), driver })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The connection itself, for what is done once.
    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// One act: one round trip, and another one the first time.
    pub(crate) async fn rows(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let known = self.statements.lock().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => {
                let statement = self.client.prepare(sql).await?;
                self.statements.lock().insert(sql, statement.clone());
                statement
            }
        };
        self.client.query(&statement, parameters).await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn drive(
    mut connection: Connection<tokio_postgres::Socket, Secret>,
    heard: Option<mpsc::UnboundedSender<Notification>>,
) {
    while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
        match (message, &heard) {
            (Ok(AsyncMessage::Notification(notification)), Some(heard)) => {
                // Who no longer listens drops the link.
                let _ = heard.send(notification);
            }
            (Ok(_), _) => {}
            (Err(error), _) => {
                tracing::debug!(
                    error = crate::error::chain(&error),
                    "a connection to PostgreSQL ended"
                );
                return;
            }
        }
    }
}
