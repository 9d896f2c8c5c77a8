//! The other side: what a wallet says to a mediator and reads from it. For simulated wallets.

mod handshake;
mod mediation;
mod message;
mod pickup;

pub use handshake::{
    Response, connections_request, did_exchange_complete, did_exchange_request, read_response,
};
pub use mediation::{
    Granted, keylist_query, keylist_update, mediate_request, read_grant, read_keylist,
    read_keylist_updated,
};
pub use message::{
    forward, message_id, message_type, noop, ping, ping_response, problem_code, thread_id,
};
pub use pickup::{
    Delivered, Waiting, batch_pickup, delivery_request, live_delivery_change, messages_received,
    read_batch, read_delivery, read_status, status_request,
};

#[cfg(test)]
mod tests;
