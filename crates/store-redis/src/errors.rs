//! What a failure of Redis means for a store.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use store::StoreError;

/// A failed command. Nothing of it reaches a log but what the server or the network said.
pub(crate) fn store_error(error: &RedisError) -> StoreError {
    use ServerErrorKind as Server;
    let text = error.to_string();
    match error.kind() {
        ErrorKind::Extension => by_code(error.code().unwrap_or_default(), text),
        ErrorKind::Server(Server::ResponseError) => by_detail(text),
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => StoreError::Damaged(text),
        ErrorKind::Server(Server::ExecAbort | Server::CrossSlot | Server::NotBusy) => {
            StoreError::Damaged(text)
        }
        _ => StoreError::Unavailable(text),
    }
}

fn by_code(code: &str, text: String) -> StoreError {
    match code {
        "OOM" => full(&text),
        // Disks that are full show when the snapshot fails.
        "MISCONF" => StoreError::Full(text),
        "WRONGTYPE" => StoreError::Damaged(text),
        _ => StoreError::Unavailable(text),
    }
}

/// Errors that a script meets come as plain text.
fn by_detail(text: String) -> StoreError {
    if text.contains("OOM command not allowed") || text.contains("-OOM") {
        full(&text)
    } else if ["-READONLY", "-NOREPLICAS", "-CLUSTERDOWN", "-MASTERDOWN", "max number of clients"]
        .iter()
        .any(|code| text.contains(code))
    {
        StoreError::Unavailable(text)
    } else if text.contains("-MISCONF") {
        StoreError::Full(text)
    } else {
        StoreError::Damaged(text)
    }
}

/// Whoever reads this has to do something.
fn full(text: &str) -> StoreError {
    StoreError::Full(format!("raise its maxmemory, or remove what else is kept there ({text})"))
}

/// Whether the server does not know the script, so that nothing was done.
pub(crate) fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
