//! Secrets, certificates, and the address that the world is told.

use config::{Config, PublicUrl};

use super::Report;
use crate::{assembly, root_secret};

/// Whether keys can be had.
pub fn secrets(config: &Config, report: &mut Report) {
    match root_secret::check(config) {
        Ok(place) => report.good("root secret", place),
        Err(error) => report.wrong("root secret", format!("{error:#}")),
    }
    tls(config, report);
}

/// Whether certificate and key fit, where TLS is spoken.
pub fn tls(config: &Config, report: &mut Report) {
    if config.tls.files().is_some() {
        match assembly::certificates(&config.tls) {
            Ok(_) => report.good("tls", "certificate and key fit"),
            Err(error) => report.wrong("tls", format!("{error:#}")),
        }
    }
}

/// Whether the address that agents are told makes sense for them.
pub fn public_url(config: &Config, report: &mut Report) {
    const ABOUT: &str = "public url";
    let shared = config.mail_engine().is_shared();
    match &config.listen.public_url {
        None if shared => report.advice(
            ABOUT,
            "is not set: several mediators on one store have to tell agents one address, that of the load balancer \
             (--public-url)",
        ),
        None => report.advice(
            ABOUT,
            format!("is not set: agents are told {}, which has to be reachable for them", config.listen.address),
        ),
        Some(url) => about(config, url, report),
    }
}

fn about(config: &Config, url: &PublicUrl, report: &mut Report) {
    const ABOUT: &str = "public url";
    if url.is_loopback() {
        report.advice(ABOUT, format!("{url} can be reached from this machine only"));
    } else if !url.is_https() {
        report.advice(
            ABOUT,
            format!(
                "{url} is not https: phones may refuse it, and networks see who speaks to whom"
            ),
        );
    } else {
        report.good(ABOUT, url.to_string());
    }
    if url.is_https() && config.tls.files().is_none() && config.listen.proxies.0.is_empty() {
        report.advice(
            "proxies",
            "TLS is spoken by something in front, but `listen.proxies` does not name it: there are no limits per address",
        );
    }
}
