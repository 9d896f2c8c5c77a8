//! Media types of envelopes (RFC 0044).

/// What replies and outgoing envelopes are sent as; Credo takes it only without parameters.
pub(crate) const ENVELOPE: &str = "application/didcomm-envelope-enc";

/// The name it had before RFC 0044.
const AGENT_WIRE: &str = "application/ssi-agent-wire";

/// Every type an envelope may come as. The last four say nothing, and the content decides.
const ACCEPTED: [&str; 8] = [
    ENVELOPE,
    AGENT_WIRE,
    "application/didcomm-encrypted+json",
    "application/didcomm-encrypted",
    "application/jwe",
    "application/json",
    "application/octet-stream",
    "text/plain",
];

/// The type to reply in if an envelope came as `content_type`, or `None` if no envelope comes as that.
///
/// Case and parameters do not matter, a name without a slash means `application/`, and none at all is fine.
pub(crate) fn reply_to(content_type: Option<&str>) -> Option<&'static str> {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.is_empty() {
        return Some(ENVELOPE);
    }
    let known = ACCEPTED.iter().find(|accepted| names(accepted, essence))?;
    Some(if *known == AGENT_WIRE { AGENT_WIRE } else { ENVELOPE })
}

fn names(accepted: &str, essence: &str) -> bool {
    let subtype = accepted.strip_prefix("application/").unwrap_or(accepted);
    accepted.eq_ignore_ascii_case(essence)
        || (!essence.contains('/') && subtype.eq_ignore_ascii_case(essence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_parameters_do_not_matter() {
        assert_eq!(
            reply_to(Some("Application/DIDComm-Envelope-Enc; charset=utf-8")),
            Some(ENVELOPE)
        );
        assert_eq!(reply_to(Some("application/json;flavor=x")), Some(ENVELOPE));
    }

    #[test]
    fn the_old_name_is_answered_in_the_old_name() {
        assert_eq!(reply_to(Some("application/ssi-agent-wire")), Some(AGENT_WIRE));
        assert_eq!(reply_to(Some("ssi-agent-wire")), Some(AGENT_WIRE));
    }

    #[test]
    fn no_type_is_an_envelope() {
        assert_eq!(reply_to(None), Some(ENVELOPE));
        assert_eq!(reply_to(Some(" ")), Some(ENVELOPE));
    }

    #[test]
    fn a_form_is_no_envelope() {
        for refused in [
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/html",
            "plain",
            "application/",
        ] {
            assert_eq!(reply_to(Some(refused)), None, "{refused}");
        }
    }
}
