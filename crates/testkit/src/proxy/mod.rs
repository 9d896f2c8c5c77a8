//! A network that can be made to fail: a TCP proxy between an agent and the mediator.

mod pump;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use pump::Ends;

/// What one direction does with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flow {
    /// Passes them on.
    #[default]
    Pass,
    /// Passes them on, each piece after this pause.
    Delay(Duration),
    /// Leaves them in the sender's hands, which fill up: nobody reads at the other end.
    Stall,
    /// Takes them and forgets them: to its sender all looks well.
    Swallow,
    /// Passes so many more of them on and then resets both ends.
    ResetAfter(u64),
}

/// The weather on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Towards the mediator.
    pub up: Flow,
    /// From the mediator.
    pub down: Flow,
}

impl Weather {
    /// Fair in both directions.
    pub const FAIR: Self = Self { up: Flow::Pass, down: Flow::Pass };

    /// Both directions are dead, and neither end is told.
    pub const HALF_DEAD: Self = Self { up: Flow::Swallow, down: Flow::Swallow };
}

/// What happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open(Weather),
    /// Closed in an orderly way.
    Cut,
    /// Closed by a reset.
    Reset,
}

/// A proxy on a port of its own. Ends with its last handle, and its connections with it.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _end: DropGuard,
}

struct Shared {
    upstream: Mutex<SocketAddr>,
    newcomers: Mutex<Weather>,
    refusing: Mutex<bool>,
    connections: Mutex<Vec<watch::Sender<State>>>,
}

impl Proxy {
    /// A proxy before `upstream`, with fair weather.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn before(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream: Mutex::new(upstream),
            newcomers: Mutex::default(),
            refusing: Mutex::default(),
            connections: Mutex::default(),
        });
        let end = CancellationToken::new();
        let accepting = shared.clone().accept(listener, end.clone());
        tokio::spawn(end.clone().run_until_cancelled_owned(accepting));
        Ok(Self { address, shared, _end: end.drop_guard() })
    }

    /// Where agents connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// New connections go there from now on.
    pub fn lead_to(&self, upstream: SocketAddr) {
        *self.shared.upstream.lock() = upstream;
    }

    /// The weather of all connections, those that are open and those to come.
    pub fn set(&self, weather: Weather) {
        *self.shared.newcomers.lock() = weather;
        self.strand(weather);
    }

    /// The weather of the connections that are open; new ones are not concerned.
    pub fn strand(&self, weather: Weather) {
        self.tell(State::Open(weather));
    }

    /// Ends every open connection in an orderly way.
    pub fn cut(&self) {
        self.tell(State::Cut);
    }

    /// Ends every open connection by a reset.
    pub fn reset(&self) {
        self.tell(State::Reset);
    }

    /// Whether new connections are reset at once.
    pub fn refuse(&self, on: bool) {
        *self.shared.refusing.lock() = on;
    }

    /// Connections that are open.
    pub fn open_connections(&self) -> usize {
        let mut connections = self.shared.connections.lock();
        connections.retain(|connection| !connection.is_closed());
        connections.len()
    }

    fn tell(&self, state: State) {
        for connection in self.shared.connections.lock().iter() {
            connection.send_replace(state);
        }
    }
}

impl Shared {
    async fn accept(self: Arc<Self>, listener: TcpListener, end: CancellationToken) {
        while let Ok((client, _)) = listener.accept().await {
            if *self.refusing.lock() {
                pump::reset(&client);
                continue;
            }
            let (tell, state) = watch::channel(State::Open(*self.newcomers.lock()));
            let mut connections = self.connections.lock();
            connections.retain(|connection| !connection.is_closed());
            connections.push(tell);
            let upstream = *self.upstream.lock();
            tokio::spawn(end.clone().run_until_cancelled_owned(carry(client, upstream, state)));
        }
    }
}

async fn carry(client: TcpStream, upstream: SocketAddr, state: watch::Receiver<State>) {
    match TcpStream::connect(upstream).await {
        Ok(server) => Ends { client, server }.pump(state).await,
        Err(_) => pump::reset(&client),
    }
}
