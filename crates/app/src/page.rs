//! What a browser sees: one page without anything from elsewhere.

use crate::qr::Qr;

const HOME: &str = include_str!("page/home.html");

/// Nothing may be loaded, and nothing may run but the page's own style and script, known by their SHA-256.
pub const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     style-src 'sha256-cIiWxJqoeYHLOtI1GIs4VPah1ZOU3V7ehj4xxQoSqSw='; script-src 'sha256-Js8DjdZRYfaWqo4mB4+4kNR+69PVUyYOPeH3m3Tc6C8='";

/// What the page is about.
pub struct Home {
    /// The mediator's name.
    pub label: String,
    /// The invitation's URL.
    pub invitation: String,
    /// The public URL.
    pub endpoint: String,
    /// The same for sockets.
    pub socket: String,
    /// Whether no other device can reach the public URL.
    pub loopback: bool,
}

/// The invitation page. An invitation that is too long for a QR code is there as a link all the same.
pub fn home(home: &Home) -> String {
    let qr = Qr::new(&home.invitation).map_or_else(
        |_| "<p>This invitation is too long for a QR code.</p>".to_owned(),
        |qr| qr.svg("QR code of the invitation"),
    );
    let notice = if home.loopback { NOTICE } else { "" };
    let mut page = HOME.to_owned();
    for (place, text) in [
        ("{{notice}}", notice),
        ("{{qr}}", &qr),
        ("{{label}}", &escape(&home.label)),
        ("{{url}}", &escape(&home.invitation)),
        ("{{endpoint}}", &escape(&home.endpoint)),
        ("{{socket}}", &escape(&home.socket)),
    ] {
        page = page.replace(place, text);
    }
    page
}

const NOTICE: &str = "<p class=\"notice\"><strong>Only this machine can reach this mediator.</strong> For phones in your \
     network start it with <code>restante mediator --lan</code>.</p>";

/// Text as it may stand in HTML, in attributes too; braces as well, so that no text is taken for a place.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' | '{' | '}' => {
                out.push_str(&format!("&#{};", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn example(label: &str, loopback: bool) -> String {
        inviting("http://127.0.0.1:8080?oob=eyJ9", label, loopback)
    }

    fn inviting(invitation: &str, label: &str, loopback: bool) -> String {
        home(&Home {
            label: label.to_owned(),
            invitation: invitation.to_owned(),
            endpoint: "http://127.0.0.1:8080".to_owned(),
            socket: "ws://127.0.0.1:8080".to_owned(),
            loopback,
        })
    }

    fn hash_of(tag: &str) -> String {
        let inside = HOME
            .split(&format!("<{tag}>"))
            .nth(1)
            .unwrap()
            .split(&format!("</{tag}>"))
            .next()
            .unwrap();
        format!("'sha256-{}'", STANDARD.encode(digest::digest(&digest::SHA256, inside.as_bytes())))
    }

    #[test]
    fn the_policy_knows_the_pages_own_style_and_script() {
        let (style, script) = (hash_of("style"), hash_of("script"));
        assert!(POLICY.contains(&style), "style is now {style}");
        assert!(POLICY.contains(&script), "script is now {script}");
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = example("Mediator", false);
        for outside in ["src=", "url(", "@import", "<link"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn a_label_is_text_and_never_markup() {
        let page = example("<script>alert('{{url}}')</script>", false);
        assert!(page.contains("&#60;script&#62;"));
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(!page.contains("{{"));
    }

    #[test]
    fn an_invitation_too_long_for_a_code_is_a_link_all_the_same() {
        let long = format!("http://127.0.0.1:8080?oob={}", "a".repeat(4000));
        let page = inviting(&long, "m", false);
        assert!(page.contains("too long for a QR code") && page.contains(&long));
    }

    #[test]
    fn a_loopback_address_comes_with_a_notice() {
        assert!(example("m", true).contains("--lan"));
        assert!(!example("m", false).contains("--lan"));
    }
}
