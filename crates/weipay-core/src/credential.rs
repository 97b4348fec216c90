//! Who calls: a merchant, a partner or a brand, with its keys and those it trusts.

use std::fmt;
use std::sync::Arc;

use weipay_catalog::ops::Scheme;

use crate::error::CredentialError;
use crate::ring::{KeyRing, PlatformKey};
use crate::wire::{Signer, SigningKey};
use crate::{ApiV3Key, Certificate, PrivateKey, PublicKey};

/// Everything that a merchant, a partner or a brand needs to call WeChat Pay and to be called by it.
///
/// Built by [`Credential::merchant`] or [`Credential::brand`]; what cannot work is refused there, not at the first call.
/// `Debug` shows ids and serials, never a key.
pub struct Credential {
    scheme: Scheme,
    id: String,
    serial: String,
    key: SigningKey,
    ring: Arc<KeyRing>,
    apiv3_keys: Vec<ApiV3Key>,
}

impl Credential {
    /// Starts the credential of a merchant or partner; `mchid` is its merchant number.
    pub fn merchant(mchid: impl Into<String>) -> CredentialBuilder {
        CredentialBuilder::new(Scheme::Merchant, mchid.into())
    }

    /// Starts the credential of a brand, which calls `/brand/…`; `brand_id` is its number.
    pub fn brand(brand_id: impl Into<String>) -> CredentialBuilder {
        CredentialBuilder::new(Scheme::Brand, brand_id.into())
    }

    /// Whether this is a merchant's (or partner's) credential or a brand's.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The mchid, or the brand's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The serial of the merchant's own API certificate.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The platform keys.
    pub fn key_ring(&self) -> &Arc<KeyRing> {
        &self.ring
    }

    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// Whether there is an APIv3 key, without which neither notifications nor certificate lists open.
    pub fn has_apiv3_key(&self) -> bool {
        !self.apiv3_keys.is_empty()
    }

    /// The APIv3 key in use, then the former ones.
    pub(crate) fn apiv3_keys(&self) -> &[ApiV3Key] {
        &self.apiv3_keys
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("scheme", &self.scheme)
            .field("id", &self.id)
            .field("serial", &self.serial)
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

/// Puts a [`Credential`] together.
///
/// # Examples
///
/// ```
/// use weipay_core::Credential;
///
/// let error = Credential::merchant("1900000001").build().unwrap_err();
/// assert_eq!(error.to_string(), "the credential lacks the merchant's private key and its certificate serial");
/// ```
#[must_use = "a credential comes into being by build()"]
pub struct CredentialBuilder {
    scheme: Scheme,
    id: String,
    key: Option<(String, SigningKey)>,
    keys: Vec<Result<PlatformKey, CredentialError>>,
    apiv3_key: Option<ApiV3Key>,
    former: Vec<ApiV3Key>,
    downloads: bool,
}

impl CredentialBuilder {
    fn new(scheme: Scheme, id: String) -> Self {
        Self {
            scheme,
            id,
            key: None,
            keys: Vec::new(),
            apiv3_key: None,
            former: Vec::new(),
            downloads: false,
        }
    }

    /// The private key that signs requests, and the serial of its certificate (hexadecimal).
    pub fn private_key(mut self, serial: impl Into<String>, key: PrivateKey) -> Self {
        self.key = Some((serial.into(), SigningKey::Local(key)));
        self
    }

    /// A key that lives elsewhere, and the serial of its certificate (hexadecimal).
    pub fn signer(mut self, serial: impl Into<String>, signer: Arc<dyn Signer>) -> Self {
        self.key = Some((serial.into(), SigningKey::Remote(signer)));
        self
    }

    /// The WeChat Pay public key and its id `PUB_KEY_ID_…`, both from the merchant portal.
    pub fn platform_public_key(mut self, id: impl Into<String>, key: PublicKey) -> Self {
        self.keys.push(PlatformKey::public_key(id, key));
        self
    }

    /// A platform certificate. Can be given several times, and beside a public key: migrations need both.
    #[expect(clippy::needless_pass_by_value, reason = "the builder takes what it keeps, like its siblings")]
    pub fn platform_certificate(mut self, certificate: Certificate) -> Self {
        self.keys.push(PlatformKey::certificate(&certificate));
        self
    }

    /// The APIv3 key (a brand's API key): opens notifications and certificate lists.
    pub fn apiv3_key(mut self, key: ApiV3Key) -> Self {
        self.apiv3_key = Some(key);
        self
    }

    /// A former APIv3 key, tried when the present one does not open a notification: after a change, some still come.
    pub fn former_apiv3_key(mut self, key: ApiV3Key) -> Self {
        self.former.push(key);
        self
    }

    /// Fetches platform certificates from WeChat Pay when there is none, or when an unknown one is named. Needs the
    /// APIv3 key.
    pub fn download_certificates(mut self) -> Self {
        self.downloads = true;
        self
    }

    /// Checks everything and gives the credential.
    pub fn build(self) -> Result<Credential, CredentialError> {
        let whose = if self.scheme == Scheme::Brand { "brand_id" } else { "mchid" };
        if self.id.is_empty() || !self.id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CredentialError::Malformed(format!("the {whose} has to be digits only")));
        }
        let (serial, key) = self
            .key
            .ok_or(CredentialError::Missing("the merchant's private key and its certificate serial"))?;
        let serial = merchant_serial(&serial)?;
        let keys = self.keys.into_iter().collect::<Result<Vec<_>, _>>()?;
        for platform in &keys {
            refuse_own_key(platform, &serial, &key)?;
        }
        if self.scheme == Scheme::Brand
            && (self.downloads || keys.iter().any(|key| !key.serial().starts_with("PUB_KEY_ID_")))
        {
            return Err(CredentialError::Conflict(
                "a brand is answered under the WeChat Pay public key only; configure that key, without platform certificates"
                    .to_owned(),
            ));
        }
        if self.downloads && self.apiv3_key.is_none() {
            return Err(CredentialError::Missing(
                "the APIv3 key, without which downloaded certificates do not open",
            ));
        }
        if keys.is_empty() && !self.downloads {
            return Err(CredentialError::Missing(
                "a platform key: the WeChat Pay public key (PUB_KEY_ID_…), a platform certificate, or leave to download certificates",
            ));
        }
        Ok(Credential {
            scheme: self.scheme,
            id: self.id,
            serial,
            key,
            ring: KeyRing::new(keys, self.downloads),
            apiv3_keys: self.apiv3_key.into_iter().chain(self.former).collect(),
        })
    }
}

impl fmt::Debug for CredentialBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialBuilder")
            .field("scheme", &self.scheme)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The merchant certificate's serial in WeChat Pay's spelling.
fn merchant_serial(serial: &str) -> Result<String, CredentialError> {
    if serial.starts_with("PUB_KEY_ID_") {
        return Err(CredentialError::Conflict(
            "the merchant serial names a WeChat Pay public key (PUB_KEY_ID_…); give the serial of the merchant's own API \
             certificate"
                .to_owned(),
        ));
    }
    let hex: String = serial.chars().filter(|char| !matches!(char, ':' | ' ')).collect();
    if hex.is_empty() || hex.len() > 40 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(CredentialError::Malformed(
            "the merchant serial has to be the hexadecimal serial of the merchant's API certificate \
             (openssl x509 -in apiclient_cert.pem -noout -serial)"
                .to_owned(),
        ));
    }
    Ok(hex.to_ascii_uppercase())
}

/// The commonest mix-up: the merchant's own certificate or key offered as WeChat Pay's.
fn refuse_own_key(platform: &PlatformKey, serial: &str, key: &SigningKey) -> Result<(), CredentialError> {
    let same_key = matches!(key, SigningKey::Local(own) if own.public_der() == platform.key().der());
    if platform.serial() == serial || same_key {
        return Err(CredentialError::Conflict(format!(
            "the platform key {} is the merchant's own: WeChat Pay signs with its key, not with the one that signs requests. \
             Take the WeChat Pay public key (pub_key.pem) or a platform certificate",
            platform.serial()
        )));
    }
    Ok(())
}
