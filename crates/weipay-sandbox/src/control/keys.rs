//! Who signs with what, and what the platform thinks of it. No key is shown.

use serde::{Deserialize, Serialize};

use super::Control;
use crate::world::{CertificateState, MerchantCertificate, Secret, World};
use crate::{Error, Migration};

/// The keys of a world, by their serials.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeysView {
    /// The platform certificate's serial.
    pub platform_certificate_serial: String,
    /// The serial of the platform certificate that follows.
    pub next_certificate_serial: Option<String>,
    /// `PUB_KEY_ID_…`
    pub platform_key_id: String,
    /// How far the platform's change of keys is.
    pub migration: MigrationView,
    /// Everybody with credentials.
    pub merchants: Vec<MerchantView>,
}

/// How far the platform's changes of keys are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MigrationView {
    /// The next certificate can be fetched and named.
    pub announced: bool,
    /// The share that the next certificate signs, from 0 to 1.
    pub to_next_certificate: f64,
    /// The share that the public key signs, from 0 to 1.
    pub to_public_key: f64,
}

/// A merchant or partner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MerchantView {
    /// Merchant number.
    pub mchid: String,
    /// Its API certificates.
    pub certificates: Vec<CertificateView>,
    /// Whether it has set an APIv3 key.
    pub has_apiv3_key: bool,
    /// Where its notifications go.
    pub notify_url: Option<String>,
    /// A partner's sub-merchants.
    pub sub_mchids: Vec<String>,
    /// The brands that it acts for.
    pub brands: Vec<String>,
}

/// An API certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CertificateView {
    /// Upper-case hexadecimal.
    pub serial: String,
    /// `active`, `replaced`, `expired` or `revoked`.
    pub state: String,
}

/// An API certificate to register. `Debug` does not show the key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateOrder {
    /// X.509 PEM.
    pub certificate_pem: String,
    /// PKCS#8 PEM of its private key, if the sandbox is to hand it out.
    #[serde(default)]
    pub private_key_pem: Secret,
}

const STATES: [(&str, CertificateState); 4] = [
    ("active", CertificateState::Active),
    ("replaced", CertificateState::Replaced),
    ("expired", CertificateState::Expired),
    ("revoked", CertificateState::Revoked),
];

impl Control {
    /// Everybody's keys.
    pub fn keys(&self) -> KeysView {
        let keys = self.world.shared.keys();
        let state = self.world.shared.state();
        let Migration { announced, to_next_certificate, to_public_key } = state.migration;
        KeysView {
            platform_certificate_serial: keys.platform_certificate.serial.clone(),
            next_certificate_serial: keys.next.as_ref().map(|(key, _)| key.serial.clone()),
            platform_key_id: keys.platform_public.serial.clone(),
            migration: MigrationView { announced, to_next_certificate, to_public_key },
            merchants: merchants(&state.world),
        }
    }

    /// How far the platform's change of keys is, from now on.
    pub fn migrate(&self, migration: MigrationView) -> Result<KeysView, Error> {
        let MigrationView { announced, to_next_certificate, to_public_key } = migration;
        if ![to_next_certificate, to_public_key].iter().all(|share| (0.0..=1.0).contains(share)) {
            return Err(Error::Key("a share is from 0 to 1".to_owned()));
        }
        if (announced || to_next_certificate > 0.0) && self.keys().next_certificate_serial.is_none() {
            return Err(Error::State("this world has no next platform certificate".to_owned()));
        }
        self.world.migrate(Migration { announced, to_next_certificate, to_public_key });
        Ok(self.keys())
    }

    /// Says what the platform thinks of a merchant's certificate: `active`, `replaced`, `expired` or `revoked`.
    pub fn set_certificate(&self, mchid: &str, serial: &str, state: &str) -> Result<KeysView, Error> {
        let state = STATES.iter().find(|(name, _)| *name == state).map(|(_, state)| *state);
        let state = state
            .ok_or_else(|| Error::Key("a certificate is active, replaced, expired or revoked".to_owned()))?;
        self.world.set_certificate(mchid, serial, state)?;
        Ok(self.keys())
    }

    /// Registers one more API certificate of a merchant.
    pub fn register_certificate(&self, mchid: &str, order: CertificateOrder) -> Result<KeysView, Error> {
        let CertificateOrder { certificate_pem, private_key_pem } = order;
        let state = CertificateState::Active;
        let certificate = MerchantCertificate { certificate_pem, private_key_pem, state };
        self.world.register_certificate(mchid, certificate)?;
        Ok(self.keys())
    }

    /// Sends the notifications of this merchant there from now on.
    pub fn set_notify_url(&self, mchid: &str, url: &str) -> Result<KeysView, Error> {
        self.world.set_notify_url(mchid, url)?;
        Ok(self.keys())
    }
}

fn merchants(world: &World) -> Vec<MerchantView> {
    let certificate = |certificate: &crate::world::MerchantCertificate| CertificateView {
        serial: certificate.serial().unwrap_or_default(),
        state: STATES
            .iter()
            .find(|(_, state)| *state == certificate.state)
            .map(|(name, _)| (*name).to_owned())
            .unwrap_or_default(),
    };
    let view = |merchant: &crate::world::Merchant| MerchantView {
        mchid: merchant.mchid.clone(),
        certificates: merchant.certificates.iter().map(certificate).collect(),
        has_apiv3_key: merchant.apiv3_key.is_some(),
        notify_url: merchant.notify_url.clone(),
        sub_mchids: merchant.sub_mchids.clone(),
        brands: merchant.brands.clone(),
    };
    world.merchants.iter().map(view).collect()
}
