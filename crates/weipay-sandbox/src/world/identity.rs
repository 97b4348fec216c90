//! Who may call, and with which keys.

use serde::{Deserialize, Serialize};

use super::Secret;
use crate::protocol::certificate::Certificate;

/// A merchant or partner that signs requests.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Merchant {
    /// Merchant number, also the CN of its certificates.
    pub mchid: String,
    /// Its API certificates; up to three at once on the real platform.
    pub certificates: Vec<MerchantCertificate>,
    /// 32 alphanumeric characters. Without it there are neither notifications nor a certificate list.
    pub apiv3_key: Option<Secret>,
    /// The appids bound to it.
    pub appids: Vec<String>,
    /// A partner's sub-merchants. Not empty makes this a partner.
    pub sub_mchids: Vec<String>,
    /// The ids of the brands that it owns or that authorised it.
    pub brands: Vec<String>,
    /// Where its notifications go: an `http://` loopback address. Card templates may name their own.
    pub notify_url: Option<String>,
    /// Which of the two published confirm shapes this partner's account accepts.
    pub confirm_shape: ConfirmShape,
    /// Which key signs the notifications to it.
    pub notifications_signed_with: SignWith,
}

/// One API certificate of a merchant.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantCertificate {
    /// PEM.
    pub certificate_pem: String,
    /// PKCS#8 PEM of its private key. The sandbox itself never uses it: it is handed out in
    /// [`Credentials`](crate::Credentials).
    pub private_key_pem: Secret,
    /// Whether the platform still takes it.
    pub state: CertificateState,
}

impl MerchantCertificate {
    /// Its serial in upper-case hexadecimal digits; none if it is not an X.509 PEM.
    pub fn serial(&self) -> Option<String> {
        Certificate::from_pem(&self.certificate_pem).map(|certificate| certificate.serial)
    }
}

/// What the platform thinks of a merchant certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum CertificateState {
    /// In use.
    #[default]
    Active,
    /// Refused with `商户证书已过期`.
    Expired,
    /// Refused with `商户证书已作废`.
    Revoked,
    /// Refused with `已更换证书，请使用新证书`.
    Replaced,
}

/// Which request shape of exchange-coupon/confirm is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum ConfirmShape {
    /// Both; told apart by `state` or `result`.
    #[default]
    Auto,
    /// Only the page of 2025: `state`, `coupon_code`, `fail_reason`.
    A,
    /// Only today's page: `result`, `reject_reason`.
    B,
}

/// Which of the platform's keys signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum SignWith {
    /// The `WeChat` Pay public key, as for every new merchant.
    #[default]
    PublicKey,
    /// The platform certificate.
    Certificate,
}

/// A brand, and the credential with which it calls `/brand/…`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// Brand id, decimal digits.
    pub brand_id: String,
    /// None when only partners call for it.
    pub credential: Option<BrandCredential>,
}

/// A brand's own keys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BrandCredential {
    /// Its API certificate.
    pub certificate: MerchantCertificate,
    /// The brand API key, 32 alphanumeric characters.
    pub api_key: Secret,
    /// The id of the platform's public key that is bound to this brand.
    pub platform_key_id: String,
    /// PKCS#8 PEM of that key's private half, with which the sandbox signs.
    pub platform_private_key_pem: Secret,
}

/// `WeChat`'s own keys: one platform certificate and one public key, for all merchants.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// PEM of the platform certificate.
    pub certificate_pem: String,
    /// PKCS#8 PEM of its private key.
    pub certificate_private_key_pem: Secret,
    /// `PUB_KEY_ID_…`
    pub public_key_id: String,
    /// PKCS#8 PEM of the public key's private half.
    pub public_key_private_pem: Secret,
    /// The certificate that follows in a rotation; [`Migration`](crate::Migration) says how far that is.
    pub next: Option<PlatformCertificate>,
    /// Merchants of today have no platform certificate: the list then answers 404.
    pub no_certificates: bool,
}

/// A platform certificate with its key.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformCertificate {
    /// PEM.
    pub certificate_pem: String,
    /// PKCS#8 PEM of its private key.
    pub private_key_pem: Secret,
}
