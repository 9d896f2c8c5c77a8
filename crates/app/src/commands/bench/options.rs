//! The options of a scenario, and the plan that they make.

use std::path::PathBuf;
use std::time::Duration;

use bench::{Handshakes, Pace, Pickup, Plan, Scenario};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use store::Clock;

use crate::clock::SystemClock;
use crate::exit::Misuse;

/// What a scenario does when nothing is said about it.
struct Usual {
    wallets: &'static str,
    pace: Pace,
    duration: &'static str,
    warm_up: &'static str,
    messages: &'static str,
}

fn usual(scenario: Scenario) -> Usual {
    let usual = |wallets, pace, duration, warm_up, messages| Usual {
        wallets,
        pace,
        duration,
        warm_up,
        messages,
    };
    match scenario {
        Scenario::Onboarding => usual("100", Pace::Clients(4), "0s", "0s", "0"),
        Scenario::Live => usual("200", Pace::Clients(16), "10s", "2s", "0"),
        Scenario::Queue => usual("20", Pace::Clients(32), "0s", "0s", "100"),
        Scenario::Sockets => usual("1000", Pace::Clients(16), "30s", "5s", "1"),
        Scenario::Day => usual("200", Pace::Rate(100.0), "60s", "0s", "0"),
    }
}

/// The subcommand of a scenario.
pub fn command(scenario: Scenario) -> Command {
    let usual = usual(scenario);
    let command = Command::new(scenario.name())
        .args([invitation(), address("http"), address("socket"), handshake()])
        .args(load(scenario, &usual))
        .args(measuring());
    match scenario {
        Scenario::Onboarding => command,
        _ => command.arg(implicit()).arg(
            number("size", "BYTES", "1024").help("Bytes of each message before it is wrapped"),
        ),
    }
}

fn load(scenario: Scenario, usual: &Usual) -> Vec<Arg> {
    let mut load = vec![
        number("wallets", "N", usual.wallets).help("How many wallets"),
        clients(usual.pace),
        rate(usual.pace),
        number("repeats", "N", "1").help("Rounds, of which the median is reported"),
        number("at-once", "N", "16").help("Wallets that join, and sockets that open, at a time"),
    ];
    let (lasts, warms_up, counts) = match scenario {
        Scenario::Onboarding => (None, None, None),
        Scenario::Live => (Some("How long a round lasts"), Some(WARM_UP), None),
        Scenario::Queue => (None, Some(WARM_UP), Some("Messages for each wallet")),
        Scenario::Sockets => (
            Some("How long sockets are watched at rest"),
            Some("How long the mediator may settle before its memory is looked at"),
            Some("Messages for each wallet after that"),
        ),
        Scenario::Day => (Some("How long a day lasts"), None, None),
    };
    load.extend(lasts.map(|help| time("duration", usual.duration).help(help)));
    load.extend(warms_up.map(|help| time("warm-up", usual.warm_up).help(help)));
    load.extend(counts.map(|help| number("messages", "N", usual.messages).help(help)));
    load
}

const WARM_UP: &str = "How long the same is done before, without being counted";

fn measuring() -> [Arg; 4] {
    let pid = Arg::new("pid")
        .long("pid")
        .value_name("PID")
        .action(ArgAction::Append)
        .value_parser(value_parser!(u32))
        .help("A process of the mediator here, whose CPU time and memory are reported, children included; repeatable");
    let json = Arg::new("json")
        .long("json")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Also write everything to this file, for `compare` and `plot`");
    let label = Arg::new("label")
        .long("label")
        .value_name("NAME")
        .default_value("mediator")
        .help("What the figures are called in comparisons and plots");
    let patience =
        time("patience", "30s").help("How long an answer, or the last message, may take");
    [pid, json, label, patience]
}

fn invitation() -> Arg {
    Arg::new("invitation")
        .long("invitation")
        .value_name("URL")
        .required(true)
        .action(ArgAction::Append)
        .help("The mediator's invitation, or an address that answers with it; with several, wallets live at one and are written to by way of the next")
}

fn address(kind: &'static str) -> Arg {
    let help = match kind {
        "http" => "Where envelopes are posted to, if the mediator names no such address",
        _ => {
            "Where sockets are opened, if the mediator names no such address [default: as for HTTP]"
        }
    };
    Arg::new(kind).long(kind).value_name("URL").help(help)
}

fn handshake() -> Arg {
    Arg::new("handshake")
        .long("handshake")
        .value_name("PROTOCOL")
        .value_parser(["offered", "did-exchange", "connections"])
        .default_value("offered")
        .help("How wallets connect")
}

fn implicit() -> Arg {
    Arg::new("implicit")
        .long("implicit")
        .action(ArgAction::SetTrue)
        .help("Fetch mail by return route, without acknowledgements, instead of with pickup 2.0")
}

fn clients(usual: Pace) -> Arg {
    let arg = Arg::new("clients").long("clients").value_name("N").conflicts_with("rate");
    let help = "So many at a time, each the next when the last is through";
    let arg = arg.value_parser(value_parser!(u32).range(1..=100_000));
    match usual {
        Pace::Clients(clients) => arg.help(format!("{help} [default: {clients}]")),
        Pace::Rate(_) => arg.help(help),
    }
}

fn rate(usual: Pace) -> Arg {
    let arg = Arg::new("rate").long("rate").value_name("PER SECOND");
    let help = "So many a second, come what may; latency counts from when each was due";
    match usual {
        Pace::Rate(rate) => arg.help(format!("{help} [default: {rate}]")),
        Pace::Clients(_) => arg.help(help),
    }
}

fn number(name: &'static str, value: &'static str, usual: &'static str) -> Arg {
    let least = i64::from(usual != "0");
    Arg::new(name)
        .long(name)
        .value_name(value)
        .value_parser(value_parser!(u32).range(least..=10_000_000))
        .default_value(usual)
}

fn time(name: &'static str, usual: &'static str) -> Arg {
    let parse = |text: &str| humantime::parse_duration(text);
    Arg::new(name).long(name).value_name("TIME").value_parser(parse).default_value(usual)
}

/// What was asked for.
pub fn plan(scenario: Scenario, args: &ArgMatches) -> anyhow::Result<Plan> {
    let number = |name| known(args, name).copied().unwrap_or_default();
    let time = |name| known::<Duration>(args, name).copied().unwrap_or_default();
    let text = |name| known::<String>(args, name).cloned();
    let handshakes = match text("handshake").as_deref() {
        Some("did-exchange") => Handshakes::DidExchange,
        Some("connections") => Handshakes::Connections,
        _ => Handshakes::Offered,
    };
    let is_implicit = known(args, "implicit").copied().unwrap_or(false);
    Ok(Plan {
        scenario,
        invitations: args.get_many("invitation").into_iter().flatten().cloned().collect(),
        http: text("http"),
        socket: text("socket"),
        handshakes,
        pickup: if is_implicit { Pickup::Implicit } else { Pickup::Acknowledged },
        wallets: number("wallets"),
        pace: pace(args)?.unwrap_or(usual(scenario).pace),
        duration: time("duration"),
        warm_up: time("warm-up"),
        rounds: u16::try_from(number("repeats"))
            .map_err(|_| Misuse("--repeats is too many".to_owned()))?,
        messages: number("messages"),
        size: number("size") as usize,
        at_once: number("at-once") as usize,
        patience: time("patience"),
        pids: args.get_many("pid").into_iter().flatten().copied().collect(),
        label: text("label").unwrap_or_default(),
        started: SystemClock::start().now().0,
    })
}

/// A value that a scenario may have no use for.
fn known<'a, T: Clone + Send + Sync + 'static>(args: &'a ArgMatches, name: &str) -> Option<&'a T> {
    args.try_get_one(name).ok().flatten()
}

fn pace(args: &ArgMatches) -> anyhow::Result<Option<Pace>> {
    if let Some(clients) = known::<u32>(args, "clients") {
        return Ok(Some(Pace::Clients(*clients as usize)));
    }
    let Some(text) = known::<String>(args, "rate") else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(Some(Pace::Rate(rate))),
        _ => {
            Err(Misuse(format!("--rate is {text:?}, expected a number from 0.001 to 1000000"))
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(scenario: Scenario, words: &[&str]) -> anyhow::Result<Plan> {
        let words = [&["bench", "--invitation", "https://m?oob=x"], words].concat();
        plan(scenario, &command(scenario).try_get_matches_from(words)?)
    }

    #[test]
    fn a_scenario_needs_an_invitation_and_nothing_else() {
        let plan = planned(Scenario::Live, &[]).unwrap();
        assert_eq!((plan.wallets, plan.pace, plan.rounds), (200, Pace::Clients(16), 1));
        assert_eq!(
            (plan.duration, plan.warm_up),
            (Duration::from_secs(10), Duration::from_secs(2))
        );
        assert!(command(Scenario::Live).try_get_matches_from(["bench"]).is_err());
    }

    #[test]
    fn clients_and_a_rate_exclude_each_other() {
        assert_eq!(planned(Scenario::Live, &["--rate", "0.5"]).unwrap().pace, Pace::Rate(0.5));
        assert_eq!(planned(Scenario::Day, &["--clients", "3"]).unwrap().pace, Pace::Clients(3));
        assert!(planned(Scenario::Live, &["--rate", "5", "--clients", "3"]).is_err());
        for odd in ["0", "-1", "NaN", "inf", "x"] {
            let rate = format!("--rate={odd}");
            assert!(planned(Scenario::Live, &[&rate]).is_err(), "{odd}");
        }
    }

    #[test]
    fn an_option_that_a_scenario_has_no_use_for_is_none_of_its() {
        assert!(planned(Scenario::Onboarding, &["--implicit"]).is_err());
        assert!(planned(Scenario::Queue, &["--duration", "1s"]).is_err());
        assert!(planned(Scenario::Live, &["--messages", "1"]).is_err());
        assert!(planned(Scenario::Live, &["--wallets", "0"]).is_err());
        assert_eq!(planned(Scenario::Queue, &["--implicit"]).unwrap().pickup, Pickup::Implicit);
    }
}
