//! Invitations as links (RFC 0434, "Standard Out-of-Band Message Encoding").

use didcomm::base64;

use super::InvitationError;
use crate::limits;

/// The query names that carry an invitation: RFC 0434, RFC 0160.
const NAMES: [&str; 2] = ["oob", "c_i"];

/// Appends `message` to `base`. Unpadded, since Credo's reader accepts nothing else.
pub(super) fn write(base: &str, message: &str) -> String {
    let (page, fragment) =
        base.split_once('#').map_or((base, None), |(page, fragment)| (page, Some(fragment)));
    let joint = match page.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{page}{joint}oob={}{fragment}", base64::encode(message.as_bytes()))
}

/// The message in a link, padded or not, in either base64 alphabet.
pub(super) fn read(url: &str) -> Result<Vec<u8>, InvitationError> {
    if url.len() > limits::INVITATION * 2 {
        return Err(InvitationError::TooLarge);
    }
    let page = url.split('#').next().unwrap_or_default();
    let (_, query) = page.split_once('?').ok_or(InvitationError::NoInvitation)?;
    let value = query.split('&').find_map(invitation_value).ok_or(InvitationError::NoInvitation)?;
    let text =
        value.replace("%3D", "=").replace("%3d", "=").replace("%2B", "+").replace("%2F", "/");
    base64::decode(&text, limits::INVITATION).map_err(|_| InvitationError::BadEncoding)
}

fn invitation_value(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    NAMES.contains(&name).then_some(value)
}
