//! `AEAD_AES_256_GCM` under the APIv3 key: notifications and platform certificates.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The name of the algorithm on the wire.
pub(crate) const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// Seals a text and returns base64 of ciphertext and tag. None unless the key has 32 bytes and the nonce 12.
pub(crate) fn seal(apiv3_key: &str, nonce: &str, associated_data: &str, plain: &[u8]) -> Option<String> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, apiv3_key.as_bytes()).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
    let mut buffer = plain.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut buffer).ok()?;
    Some(STANDARD.encode(buffer))
}

/// A sealed text with what is needed to open it, as it stands in a certificate list.
pub(crate) fn parcel(apiv3_key: &str, nonce: &str, associated_data: &str, plain: &[u8]) -> Option<Value> {
    let ciphertext = seal(apiv3_key, nonce, associated_data, plain)?;
    Some(json!({
        "algorithm": ALGORITHM, "nonce": nonce, "associated_data": associated_data, "ciphertext": ciphertext,
    }))
}
