//! A client as the environment describes it.

use std::env;

use weipay_core::{ApiV3Key, PrivateKey, PublicKey};

use crate::{ClientBuilder, ConfigError};

impl<C> ClientBuilder<C> {
    /// Takes what the environment says. What is set afterwards by other methods wins.
    ///
    /// | variable | holds |
    /// |---|---|
    /// | `WEIPAY_BASE_URL` | where to send requests, if not to WeChat Pay: the sandbox |
    /// | `WEIPAY_MCHID` | the merchant number |
    /// | `WEIPAY_MERCHANT_SERIAL` | the serial of the merchant's API certificate |
    /// | `WEIPAY_PRIVATE_KEY`, or `WEIPAY_PRIVATE_KEY_FILE` | the key of that certificate, or the path of its file |
    /// | `WEIPAY_PLATFORM_KEY_ID` | the id of the WeChat Pay public key, `PUB_KEY_ID_…` |
    /// | `WEIPAY_PLATFORM_PUBLIC_KEY`, or `…_FILE` | that key |
    /// | `WEIPAY_APIV3_KEY`, or `…_FILE` | the APIv3 key: opens notifications |
    ///
    /// Without a WeChat Pay public key, the APIv3 key is needed and the platform certificates are downloaded. An empty
    /// variable counts as one that is not set.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing, or the one whose key is not usable.
    pub fn environment(mut self) -> Result<Self, ConfigError> {
        if let Some(base_url) = optional("WEIPAY_BASE_URL") {
            self = self.base_url(base_url);
        }
        let mchid = needed("WEIPAY_MCHID", "the merchant number")?;
        let serial = needed("WEIPAY_MERCHANT_SERIAL", "the serial of the merchant's API certificate")?;
        key("WEIPAY_PRIVATE_KEY", "WEIPAY_PRIVATE_KEY_FILE", "the path of the merchant's private key")?;
        self = self.merchant(mchid, serial, PrivateKey::from_env("WEIPAY_PRIVATE_KEY")?);
        let public_key = ("WEIPAY_PLATFORM_PUBLIC_KEY", "WEIPAY_PLATFORM_PUBLIC_KEY_FILE");
        let apiv3_key = is_set("WEIPAY_APIV3_KEY") || is_set("WEIPAY_APIV3_KEY_FILE");
        let platform = is_set(public_key.0) || is_set(public_key.1) || is_set("WEIPAY_PLATFORM_KEY_ID");
        if platform || !apiv3_key {
            let id = needed(
                "WEIPAY_PLATFORM_KEY_ID",
                "the id of the WeChat Pay public key, PUB_KEY_ID_… (or set WEIPAY_APIV3_KEY_FILE alone, and the platform \
                 certificates are downloaded)",
            )?;
            key(public_key.0, public_key.1, "the path of the WeChat Pay public key, pub_key.pem")?;
            self = self.platform_public_key(id, PublicKey::from_env(public_key.0)?);
        } else {
            self = self.download_certificates();
        }
        if apiv3_key {
            self = self.apiv3_key(ApiV3Key::from_env("WEIPAY_APIV3_KEY")?);
        }
        Ok(self)
    }
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn needed(name: &'static str, what: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::MissingVariable { name, what })
}

/// One of a pair: the value itself, or its file, which is what a message recommends.
fn key(name: &str, file: &'static str, what: &'static str) -> Result<(), ConfigError> {
    if is_set(name) || is_set(file) { Ok(()) } else { Err(ConfigError::MissingVariable { name: file, what }) }
}
