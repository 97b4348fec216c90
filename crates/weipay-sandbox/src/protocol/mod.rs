//! The wire protocol as WeChat Pay's side sees it: strings to sign, the Authorization header, keys, sealing, times.
//!
//! Written apart from the client's, so that both sides cannot share a mistake.

pub(crate) mod authorization;
pub(crate) mod canonical;
pub(crate) mod certificate;
pub(crate) mod hex;
pub(crate) mod percent;
pub(crate) mod rsa;
pub(crate) mod seal;
pub(crate) mod time;
#[cfg(test)]
mod vectors;

/// The scheme of merchants and partners, on `/v3/…`.
pub(crate) const MERCHANT_SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// The scheme of brands, on `/brand/…`.
pub(crate) const BRAND_SCHEME: &str = "WECHATPAY-BRAND-SHA256-RSA2048";
