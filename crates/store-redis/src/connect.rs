//! Finding out what stands at an address, and whether it will do.

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, RedisError, ServerErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ConnectError;
use crate::door::{Door, OPENING};
use crate::info::Info;
use crate::names::Names;
use crate::options::Address;
use crate::script::script;

script!(PROBE, "probe.lua");

/// Whether a cluster stands there. Touches no data.
///
/// # Errors
/// What to change.
pub(crate) async fn recognise(
    address: &Address,
    door: &Door,
    names: &Names,
) -> Result<bool, ConnectError> {
    let (at, mut connection) = first_that_answers(address, door).await?;
    let info =
        ask(&mut connection, &redis::cmd("INFO")).await.map_err(|error| why(&at, names, &error))?;
    check(&at, address, &info)?;
    if info.is_cluster() {
        let state = ask(&mut connection, redis::cmd("CLUSTER").arg("INFO")).await;
        let state = state.map_err(|error| why(&at, names, &error))?;
        if state.get("cluster_state") != "ok" {
            let why = format!(
                "cluster_state {}, {} of 16384 slots",
                state.get("cluster_state"),
                state.get("cluster_slots_ok")
            );
            return Err(ConnectError::ClusterDown { at, why });
        }
    }
    Ok(info.is_cluster())
}

async fn first_that_answers(
    address: &Address,
    door: &Door,
) -> Result<(String, MultiplexedConnection), ConnectError> {
    let mut failure = ConnectError::BadUrl("it names no host");
    for (host, port) in &address.hosts {
        let at = format!("{host}:{port}");
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(OPENING));
        match tokio::time::timeout(OPENING * 2, door.open((host, *port), config)).await {
            Ok(Ok(connection)) => return Ok((at, connection)),
            Ok(Err(error)) => failure = not_opened(&at, address.tls, &error),
            Err(_) => failure = ConnectError::Unreachable { at, why: "no answer".to_owned() },
        }
        if address.tls && speaks_plainly(host, *port).await {
            failure = ConnectError::NotTls { at: format!("{host}:{port}") };
        }
        if !matches!(failure, ConnectError::Unreachable { .. }) {
            return Err(failure);
        }
    }
    Err(failure)
}

/// Whether a Redis without TLS is there: it waits for the end of a line that a client of TLS never sends.
async fn speaks_plainly(host: &str, port: u16) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect((host, port)).await?;
        stream.write_all(b"PING\r\n").await?;
        stream.read_u8().await
    };
    matches!(tokio::time::timeout(OPENING, asked).await, Ok(Ok(b'+' | b'-')))
}

async fn ask(
    connection: &mut MultiplexedConnection,
    command: &redis::Cmd,
) -> Result<Info, RedisError> {
    let value: redis::Value = command.query_async(connection).await?;
    let text: String = redis::from_redis_value(value)?;
    Ok(Info::read(&text))
}

pub(crate) fn check(at: &str, address: &Address, info: &Info) -> Result<(), ConnectError> {
    let at = at.to_owned();
    let policy = info.get("maxmemory_policy").to_owned();
    if !info.is_new_enough() {
        Err(ConnectError::TooOld { at, version: info.get("redis_version").to_owned() })
    } else if address.must_be_cluster && !info.is_cluster() {
        Err(ConnectError::NotCluster { at })
    } else if info.is_cluster() && address.database != 0 {
        Err(ConnectError::DatabaseOfCluster { at })
    } else if info.is_replica() && !info.is_cluster() {
        Err(ConnectError::ReadOnly { at })
    } else if !matches!(policy.as_str(), "" | "noeviction") {
        Err(ConnectError::Evicts { at, policy })
    } else if info.get("loading") == "1" {
        let why = "it is still reading its data from disk; try again later".to_owned();
        Err(ConnectError::Other { at, why })
    } else {
        Ok(())
    }
}

/// A call that does what we will do, to keys that are not there, so that nothing changes.
pub(crate) fn probe(names: &Names) -> crate::script::Call {
    let key = |what: &str| names.of_partition(0, what);
    PROBE.on(&[key("probe"), key("probe:wake")])
}

/// Why a connection could not be opened.
fn not_opened(at: &str, tls: bool, error: &RedisError) -> ConnectError {
    let (at, why) = (at.to_owned(), error.to_string());
    let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
    match error.kind() {
        ErrorKind::AuthenticationFailed => ConnectError::WrongPassword { at, why },
        ErrorKind::RESP3NotSupported => ConnectError::TooOld { at, version: "before 6".to_owned() },
        ErrorKind::Server(ServerErrorKind::BusyLoading) => ConnectError::Other {
            at,
            why: "it is still reading its data from disk; try again later".to_owned(),
        },
        _ if says(&[
            "WRONGPASS",
            "NOAUTH",
            "invalid username-password",
            "AuthenticationFailed",
        ]) =>
        {
            ConnectError::WrongPassword { at, why }
        }
        _ if says(&["CertificateRequired"]) => ConnectError::NoCertificate { at, why },
        _ if says(&["invalid peer certificate", "trust anchor"]) => {
            ConnectError::WrongAuthority { at, why }
        }
        _ if tls && says(&["InvalidContentType", "corrupt message"]) => ConnectError::NotTls { at },
        _ if says(&["not allowed in cluster mode"]) => ConnectError::DatabaseOfCluster { at },
        _ if !tls && error.is_io_error() && !error.is_connection_refusal() => {
            let why = format!("{why}; if it speaks TLS, say rediss://");
            ConnectError::Unreachable { at, why }
        }
        _ if error.is_io_error() => ConnectError::Unreachable { at, why },
        _ => ConnectError::Other { at, why },
    }
}

/// Why a server that answered did not do what it was asked.
pub(crate) fn why(at: &str, names: &Names, error: &RedisError) -> ConnectError {
    let (at, text) = (at.to_owned(), error.to_string());
    let prefix = names.prefix().to_owned();
    if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm)
        || ["NOPERM", "ACL failure", "can't run this", "can't access", "can't publish"]
            .iter()
            .any(|word| text.contains(word))
    {
        ConnectError::Forbidden { at, why: text, prefix }
    } else if error.is_io_error() {
        ConnectError::Unreachable { at, why: text }
    } else if text.contains("READONLY") {
        ConnectError::ReadOnly { at }
    } else if ["NOAUTH", "WRONGPASS"].iter().any(|word| text.contains(word)) {
        ConnectError::WrongPassword { at, why: text }
    } else {
        ConnectError::Other { at, why: text }
    }
}
