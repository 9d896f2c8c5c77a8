//! What an operator reads when the mediator is up.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write, stdout};

use clap::{Arg, ArgAction, ArgMatches};
use config::{Config, Engine, PublicUrl};
use mediator::InvitationText;

use crate::qr::Qr;

/// Whether a QR code is printed where nobody may be looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowQr {
    /// On a terminal that is wide enough.
    Auto,
    /// Always.
    Always,
}

impl ShowQr {
    /// The flag.
    pub fn arg() -> Arg {
        Arg::new("qr")
            .long("qr")
            .action(ArgAction::SetTrue)
            .help("Print the QR code even if this is no terminal, or a narrow one")
    }

    /// What the flag says.
    pub fn from(matches: &ArgMatches) -> Self {
        if matches.get_flag("qr") { Self::Always } else { Self::Auto }
    }
}

/// What there is to say.
pub struct Announcement<'a> {
    /// Where the mediator is reached.
    pub url: &'a PublicUrl,
    /// The standing invitation.
    pub invitation: &'a InvitationText,
    /// What it is called among several.
    pub instance: &'a str,
    /// Its settings.
    pub config: &'a Config,
}

impl Announcement<'_> {
    /// Prints it.
    pub fn print(&self, show: ShowQr) {
        let address = self.config.listen.address;
        tracing::info!(%address, url = %self.url, instance = self.instance, "ready");
        if self.config.listen.public_url.is_none() && self.config.mail_engine().is_shared() {
            tracing::warn!(
                "agents are told the address of this instance alone; --public-url names the one that all share"
            );
        }
        let _ = stdout().write_all(self.head().as_bytes());
        print_qr(&self.invitation.url, show);
        let _ = stdout().write_all(self.foot().as_bytes());
        let _ = stdout().flush();
    }

    fn head(&self) -> String {
        let kept = match self.config.mail_engine() {
            Engine::Embedded(directory) => {
                format!("Its mail and its root secret are kept in {}", directory.display())
            }
            engine => format!("Its mail is kept in {engine}"),
        };
        format!("Restante is ready at {}\n{kept}\n\n", self.url)
    }

    fn foot(&self) -> String {
        let mut foot = format!("Invitation:\n{}\n\n", self.invitation.url);
        if self.url.is_loopback() {
            let _ = writeln!(
                foot,
                "No phone can reach this address, only this machine can. For phones in your network:"
            );
            let _ = writeln!(foot, "  restante mediator --lan\n");
        }
        let _ = writeln!(
            foot,
            "Open {} in a browser to see the invitation as a page. Ctrl+C stops the mediator.",
            self.url
        );
        foot
    }
}

/// Prints `text` as a QR code, if it is wanted and fits.
pub fn print_qr(text: &str, show: ShowQr) {
    let mut out = stdout();
    if show == ShowQr::Auto && !out.is_terminal() {
        return;
    }
    let Ok(qr) = Qr::new(text) else { return };
    let columns = terminal_size::terminal_size().map_or(0, |(width, _)| usize::from(width.0));
    let _ = if show == ShowQr::Always || columns >= qr.columns() {
        writeln!(out, "{}", qr.terminal())
    } else {
        writeln!(out, "(Its QR code needs a terminal of {} columns.)\n", qr.columns())
    };
}
