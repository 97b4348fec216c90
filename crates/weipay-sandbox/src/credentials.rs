//! What a client needs to call.

use std::fmt;

use crate::keys::Keys;
use crate::protocol::certificate::Certificate;
use crate::world::World;

/// The keys of one merchant and the platform's public halves, as texts. `Debug` shows no key.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// Merchant number.
    pub mchid: String,
    /// Serial of the merchant's API certificate, upper-case hexadecimal.
    pub merchant_serial: String,
    /// PKCS#8 PEM.
    pub private_key_pem: String,
    /// X.509 PEM.
    pub merchant_certificate_pem: String,
    /// `PUB_KEY_ID_…`
    pub platform_key_id: String,
    /// SPKI PEM.
    pub platform_public_key_pem: String,
    /// X.509 PEM.
    pub platform_certificate_pem: String,
    /// Serial of the platform certificate, upper-case hexadecimal.
    pub platform_certificate_serial: String,
    /// 32 characters; empty if the merchant has none.
    pub apiv3_key: String,
}

impl Credentials {
    /// Those of a merchant with at least one certificate.
    pub(crate) fn of(world: &World, keys: &Keys, mchid: &str) -> Option<Self> {
        let merchant = world.merchant(mchid)?;
        let key = merchant.certificates.first()?;
        Some(Self {
            mchid: merchant.mchid.clone(),
            merchant_serial: Certificate::from_pem(&key.certificate_pem)?.serial,
            private_key_pem: key.private_key_pem.expose().to_owned(),
            merchant_certificate_pem: key.certificate_pem.clone(),
            platform_key_id: keys.platform_public.serial.clone(),
            platform_public_key_pem: keys.platform_public.private.public_pem()?,
            platform_certificate_pem: world.platform.certificate_pem.clone(),
            platform_certificate_serial: keys.platform_certificate.serial.clone(),
            apiv3_key: merchant.apiv3_key.as_ref().map(|key| key.expose().to_owned()).unwrap_or_default(),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("mchid", &self.mchid)
            .field("merchant_serial", &self.merchant_serial)
            .field("platform_key_id", &self.platform_key_id)
            .finish_non_exhaustive()
    }
}
