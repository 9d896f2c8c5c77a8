//! From a configuration to the parts of a mediator. Which setting goes where is written here and nowhere else.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use config::{Config, PublicUrl, Tls};
use mediator::{
    Allowance, Carrier, Identity, Introduction, Mediator, Outbound, Pace, Patience, Policy,
    Settings, Sockets,
};
use store::{Clock as _, Quota, Stores};
use transport::{CarrierOptions, Certificates, Limits, Network, Roots, TlsFiles};

use crate::carrier::{LateCarrier, NoCarrier};
use crate::clock::SystemClock;
use crate::crowd::limit_addresses;
use crate::exit::Misuse;
use crate::health::Health;
use crate::spool::Spool;
use crate::{instance, kinship, root_secret, stores};

/// A mediator and what it stands on.
#[derive(Clone)]
pub struct Assembled {
    /// The mediator.
    pub mediator: Arc<Mediator>,
    /// Its stores.
    pub stores: Stores,
    /// Its time.
    pub clock: Arc<SystemClock>,
    /// Whether its stores answer.
    pub health: Arc<Health>,
    /// Where mail waits while they do not.
    pub spool: Option<Arc<Spool>>,
}

/// What a mediator is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To serve; the spool is its own.
    Serving,
    /// To be asked one thing, perhaps beside one that serves.
    Errand,
}

/// The mediator that is reached at `url`.
///
/// # Errors
/// If the root secret or the store is not to be had.
pub async fn mediator(
    config: &Config,
    url: &PublicUrl,
    purpose: Purpose,
) -> anyhow::Result<Assembled> {
    let identity = Identity::from_root(root_secret::obtain(config)?);
    let clock = Arc::new(SystemClock::start());
    let opened = stores::open(config, &clock).await?;
    kinship::prove(&identity, opened.stores.connections.as_ref(), clock.now()).await?;
    let (carrier, (stores, spool)) = match purpose {
        Purpose::Serving => (
            carrier(config, url)?,
            Spool::put_before(opened.stores.clone(), config, clock.clone())?,
        ),
        Purpose::Errand => (Arc::new(NoCarrier) as Arc<dyn Carrier>, (opened.stores.clone(), None)),
    };
    let health = Arc::new(Health::of(&opened, spool.is_some()));
    let settings = settings(config, url);
    let mediator = Mediator::new(settings, identity, stores.clone(), clock.clone(), carrier);
    Ok(Assembled { mediator, stores, clock, health, spool })
}

fn settings(config: &Config, url: &PublicUrl) -> Settings {
    Settings {
        introduction: Introduction {
            label: config.identity.label.clone(),
            goal_code: config.invitation.goal_code.clone(),
            goal: config.invitation.goal.clone(),
            image_url: config.invitation.image_url.clone(),
            standing: config.invitation.standing,
        },
        policy: match config.mediation.policy {
            config::Policy::Open => Policy::Open,
            config::Policy::Deny => Policy::Deny,
        },
        allowance: allowance(config),
        sockets: match config.pickup.sockets {
            config::Sockets::Newest => Sockets::Newest,
            config::Sockets::All => Sockets::All,
        },
        pace: pace(config),
        outbound: outbound(&config.outbound),
        limits: didcomm::Limits {
            envelope_bytes: config.transport.largest_message(),
            ..didcomm::Limits::default()
        },
        patience: Patience {
            for_route: config.mediation.patience,
            waiting_for_route: config.mediation.waiting,
            refuse_unknown: config.mediation.refuse_unknown,
            for_store: config.mailbox.store_patience,
            known_routes: config.spool.directory.is_some(),
            held: config.mailbox.held,
            held_bytes: config.mailbox.held_bytes.as_usize(),
        },
        instance: instance::name(&config.instance),
        ..Settings::at(&url.to_string(), &url.socket())
    }
}

/// What one recipient may use.
pub fn allowance(config: &Config) -> Allowance {
    Allowance {
        keys: config.mediation.keys,
        mailbox: Quota { messages: config.mailbox.messages as u64, bytes: config.mailbox.bytes.0 },
        retention: config.mailbox.retention,
        dedupe_window: config.mailbox.dedupe_window,
    }
}

fn pace(config: &Config) -> Pace {
    let pickup = &config.pickup;
    Pace {
        batch_messages: pickup.batch_messages,
        batch_bytes: pickup.batch_bytes.as_usize(),
        largest_message: config.transport.largest_message(),
        window: pickup.window,
        ping_every: pickup.ping_every,
        ping_after_push: pickup.ping_after_push,
        ping_patience: pickup.ping_patience,
        look_every: pickup.look_every,
        lease: pickup.lease,
        delivery_lease: pickup.delivery_lease,
        linger: pickup.linger,
        request_lease: pickup.request_lease,
        introduction: pickup.introduction,
    }
}

fn outbound(outbound: &config::Outbound) -> Outbound {
    Outbound {
        backoff_first: outbound.backoff_first,
        backoff_most: outbound.backoff_most,
        refusals: u32::try_from(outbound.refusals).unwrap_or(u32::MAX),
        parallel: outbound.parallel,
        look_every: outbound.look_every,
    }
}

/// What strangers may use at the port. Behind a proxy that was not named everybody comes from one address, so that what one may
/// use is what all may, unless the operator has set something else.
pub fn limits(config: &Config, url: &PublicUrl) -> Limits {
    let transport = &config.transport;
    let behind_proxy =
        url.is_https() && config.tls.files().is_none() && config.listen.proxies.0.is_empty();
    let mut limits = Limits {
        header_bytes: transport.header_bytes.as_usize(),
        header_timeout: transport.header_timeout,
        body_bytes: transport.body_bytes.as_usize(),
        body_timeout: transport.body_timeout,
        idle: transport.idle,
        frame_bytes: transport.frame_bytes.as_usize(),
        handshake_timeout: transport.handshake_timeout,
        write_timeout: transport.write_timeout,
        close_timeout: transport.close_timeout,
        connections: transport.connections,
        sockets: transport.sockets,
        receipt_timeout: transport.receipt_timeout,
        ..Limits::default()
    };
    limit_addresses(config, behind_proxy, &mut limits);
    limits
}

/// The reverse proxies in front.
///
/// # Errors
/// If one of them is no network.
pub fn proxies(config: &Config) -> anyhow::Result<Vec<Network>> {
    let parse = |text: &String| text.parse().with_context(|| format!("listen.proxies: {text}"));
    config.listen.proxies.0.iter().map(parse).collect()
}

/// The certificates to show, if TLS is spoken.
///
/// # Errors
/// If they cannot be read or do not fit.
pub fn certificates(tls: &Tls) -> anyhow::Result<Option<Arc<Certificates>>> {
    let Some((certificate, key)) = tls.files() else { return Ok(None) };
    let files = TlsFiles { certificate: certificate.clone(), key: key.clone() };
    let loaded = Certificates::load(files).map_err(|error| Misuse(format!("TLS: {error}")))?;
    Ok(Some(Arc::new(loaded)))
}

/// Who is trusted beside those whom the system trusts, from the file that this setting names.
///
/// # Errors
/// If there are no certificates in it.
pub fn roots(file: Option<&Path>, setting: &str) -> anyhow::Result<Roots> {
    let Some(file) = file else { return Ok(Roots::new()) };
    transport::roots_in(file)
        .map_err(|error| Misuse(format!("`{setting}`: {}: {error}", file.display())).into())
}

/// How mail reaches agents with an address.
fn carrier(config: &Config, url: &PublicUrl) -> anyhow::Result<Arc<dyn Carrier>> {
    let outbound = &config.outbound;
    Ok(Arc::new(LateCarrier::new(CarrierOptions {
        allow_private: outbound.allow_private.unwrap_or_else(|| url.is_private()),
        timeout: outbound.timeout,
        roots: roots(outbound.cacerts.as_deref(), "outbound.cacerts")?,
        ..CarrierOptions::default()
    })))
}

#[cfg(test)]
mod tests {
    use config::{Sources, Value};

    use super::*;

    fn defaults() -> Config {
        config::load(Sources::default()).unwrap().config
    }

    fn url(text: &str) -> PublicUrl {
        PublicUrl::parse(text).unwrap()
    }

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_mediator() {
        let said = Settings {
            instance: "restante".to_owned(),
            ..settings(&defaults(), &url("https://m.example.org"))
        };
        let own = Settings::at("https://m.example.org", "wss://m.example.org");
        assert_eq!(format!("{said:#?}"), format!("{own:#?}"));
    }

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_port() {
        let said = limits(&defaults(), &url("http://192.0.2.1:8080"));
        assert_eq!(format!("{said:#?}"), format!("{:#?}", Limits::default()));
    }

    #[test]
    fn behind_a_proxy_no_address_is_crowded() {
        let limits = limits(&defaults(), &url("https://m.example.org"));
        assert_eq!(limits.sockets_per_address, limits.sockets);
        assert_eq!(limits.connections_per_address, limits.connections);
    }
}
