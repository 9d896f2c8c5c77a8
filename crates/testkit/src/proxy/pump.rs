//! Moving bytes, or not.

use std::future::pending;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Flow, State, Weather};

/// The two ends of one connection.
pub(super) struct Ends {
    pub client: TcpStream,
    pub server: TcpStream,
}

type Direction = fn(&Weather) -> Flow;

impl Ends {
    /// Moves bytes both ways until either end or the weather ends it.
    pub async fn pump(mut self, mut state: watch::Receiver<State>) {
        let (from_client, to_client) = self.client.split();
        let (from_server, to_server) = self.server.split();
        let up = one_way(from_client, to_server, state.clone(), |weather| weather.up);
        let down = one_way(from_server, to_client, state.clone(), |weather| weather.down);
        let is_reset = tokio::select! {
            ended = async { tokio::try_join!(up, down) } => ended.is_err(),
            is_reset = torn(&mut state) => is_reset,
        };
        if is_reset {
            reset(&self.client);
            reset(&self.server);
        }
    }
}

/// Makes the end of this stream a reset.
pub(super) fn reset(stream: &TcpStream) {
    // A stream that is gone already needs no reset.
    let _ = stream.set_zero_linger();
}

/// Waits until the connection is to end, and says whether by a reset.
async fn torn(state: &mut watch::Receiver<State>) -> bool {
    let is_torn = state
        .wait_for(|state| !matches!(state, State::Open(_)))
        .await
        .map(|state| *state == State::Reset);
    match is_torn {
        Ok(by_reset) => by_reset,
        Err(_) => pending().await,
    }
}

/// An error asks for a reset.
async fn one_way(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut state: watch::Receiver<State>,
    direction: Direction,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut passed = 0;
    loop {
        until_it_moves(&mut state, direction).await;
        let read = tokio::select! {
            read = from.read(&mut buffer) => read?,
            _ = state.changed() => continue,
        };
        if read == 0 {
            return to.shutdown().await;
        }
        // What was read is subject to the weather of now, not of when the wait began.
        match flow(&state, direction) {
            Flow::Swallow => continue,
            Flow::Delay(pause) => sleep(pause).await,
            Flow::ResetAfter(most) => {
                let left = most.saturating_sub(passed).min(read as u64) as usize;
                to.write_all(&buffer[..left]).await?;
                passed += left as u64;
                if passed >= most {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                continue;
            }
            Flow::Pass | Flow::Stall => {}
        }
        to.write_all(&buffer[..read]).await?;
    }
}

fn flow(state: &watch::Receiver<State>, direction: Direction) -> Flow {
    match &*state.borrow() {
        State::Open(weather) => direction(weather),
        State::Cut | State::Reset => Flow::Stall,
    }
}

async fn until_it_moves(state: &mut watch::Receiver<State>, direction: Direction) {
    let moves =
        |state: &State| matches!(state, State::Open(weather) if direction(weather) != Flow::Stall);
    if state.wait_for(moves).await.is_err() {
        // Nobody is left to change the weather: it stays as it is.
        if flow(state, direction) == Flow::Stall {
            pending::<()>().await;
        }
    }
}
