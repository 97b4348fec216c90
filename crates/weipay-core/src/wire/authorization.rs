//! The `Authorization` header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weipay_catalog::ops::Scheme;

use super::{Signature, scheme_name};

/// Writes the `Authorization` header of a request.
///
/// `id` is the mchid, or the brand's id under [`Scheme::Brand`]; `serial` is that of the merchant's own certificate.
/// The pairs stand in the order of the published samples; WeChat Pay takes any.
pub fn authorization(
    scheme: Scheme,
    id: &str,
    serial: &str,
    nonce: &str,
    timestamp: i64,
    signature: &Signature,
) -> String {
    let name = scheme_name(scheme);
    let signature = STANDARD.encode(signature.as_bytes());
    match scheme {
        Scheme::Brand => format!(
            "{name} brand_id=\"{id}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{serial}\""
        ),
        _ => format!(
            "{name} mchid=\"{id}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",serial_no=\"{serial}\",signature=\"{signature}\""
        ),
    }
}
