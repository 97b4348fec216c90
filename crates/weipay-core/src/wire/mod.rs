//! What stands on the wire: the strings to sign, the `Authorization` header, signatures and their verification.

mod authorization;
mod canonical;
mod signer;
mod verification;

pub use authorization::authorization;
pub use canonical::{request_message, response_message};
pub use signer::{Signature, Signer, SignerFuture, SigningKey};
pub(crate) use verification::{Signed, verify};

use weipay_catalog::ops::Scheme;

/// The name of a scheme in `Authorization` and `Wechatpay-Signature-Type`.
pub fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Brand => "WECHATPAY-BRAND-SHA256-RSA2048",
        _ => "WECHATPAY2-SHA256-RSA2048",
    }
}
