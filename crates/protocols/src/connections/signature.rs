//! The `~sig` decorator (RFC 0234).

use didcomm::{SecretKey, base64};
use serde_json::{Value, json};

/// The type of an Ed25519 signature, old as it is.
pub(crate) const TYPE: &str = "https://didcomm.org/signature/1.0/ed25519Sha512_single";

/// Signs `value`: eight bytes of big-endian seconds since 1970, then the JSON. Unpadded, since Credo reads nothing else.
pub(super) fn sign(value: &Value, signer: &SecretKey, now_seconds: u64) -> Value {
    let signed = [now_seconds.to_be_bytes().as_slice(), value.to_string().as_bytes()].concat();
    json!({
        "@type": TYPE,
        "sig_data": base64::encode(&signed),
        "signature": base64::encode(&signer.sign(&signed)),
        "signer": signer.verkey().to_string(),
    })
}
