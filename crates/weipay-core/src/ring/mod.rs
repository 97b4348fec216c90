//! The key ring: every key with which WeChat Pay may have signed, chosen by exact serial.

mod refresh;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

pub use refresh::{RefreshFinished, RefreshTicket};

use crate::error::{CredentialError, VerifyReason};
use crate::{Certificate, PublicKey};

/// A key with which WeChat Pay signs, and its serial.
#[derive(Clone, Debug)]
pub struct PlatformKey {
    serial: String,
    key: PublicKey,
    /// From when until when, in Unix seconds; a public key has no end.
    validity: Option<(i64, i64)>,
}

impl PlatformKey {
    /// The WeChat Pay public key with its id `PUB_KEY_ID_…`, exactly as the merchant portal shows it.
    pub fn public_key(id: impl Into<String>, key: PublicKey) -> Result<Self, CredentialError> {
        let serial = id.into();
        let digits = serial.strip_prefix("PUB_KEY_ID_").unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(CredentialError::Malformed(
                "the WeChat Pay public key's id has to be given whole, as PUB_KEY_ID_…; the merchant's certificate serial is \
                 another thing"
                    .to_owned(),
            ));
        }
        Ok(Self { serial, key, validity: None })
    }

    /// A platform certificate.
    ///
    /// # Errors
    ///
    /// When it is a merchant's API certificate: that one signs requests, and WeChat Pay never signs with it.
    pub fn certificate(certificate: &Certificate) -> Result<Self, CredentialError> {
        if certificate.is_merchants() {
            return Err(CredentialError::Conflict(format!(
                "the certificate {} is a merchant's API certificate (apiclient_cert.pem), not a platform certificate: it belongs \
                 to the key that signs requests. Configure the WeChat Pay public key from the merchant portal, or let the client \
                 download the platform certificates",
                certificate.serial()
            )));
        }
        Ok(Self {
            serial: certificate.serial().to_owned(),
            key: certificate.public_key().clone(),
            validity: Some((certificate.not_before(), certificate.not_after())),
        })
    }

    /// What `Wechatpay-Serial` says when this key is meant.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The key itself: verifies answers, and encrypts sensitive fields.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether the key may be used at `now` (Unix seconds).
    pub fn is_valid_at(&self, now: i64) -> bool {
        self.validity.is_none_or(|(from, until)| (from..=until).contains(&now))
    }
}

/// Platform certificates and WeChat Pay public keys together. Keys can be added and removed while calls are under way.
pub struct KeyRing {
    keys: RwLock<Arc<Vec<PlatformKey>>>,
    slot: Mutex<refresh::Slot>,
    downloads: bool,
}

impl KeyRing {
    /// A ring of these keys. With `downloads`, unknown certificate serials are looked up once at WeChat Pay.
    pub fn new(keys: Vec<PlatformKey>, downloads: bool) -> Arc<Self> {
        Arc::new(Self { keys: RwLock::new(Arc::new(keys)), slot: Mutex::default(), downloads })
    }

    /// Whether the ring has no key at all.
    pub fn is_empty(&self) -> bool {
        self.snapshot().is_empty()
    }

    /// The serials of all keys, the preferred one not marked.
    pub fn serials(&self) -> Vec<String> {
        self.snapshot().iter().map(|key| key.serial.clone()).collect()
    }

    /// The key of exactly this serial.
    pub fn find(&self, serial: &str) -> Option<PlatformKey> {
        self.snapshot().iter().find(|key| key.serial == serial).cloned()
    }

    /// The key for the request's `Wechatpay-Serial` and its sensitive fields: the first public key, else the valid
    /// certificate that ends last.
    pub fn preferred(&self, now: i64) -> Option<PlatformKey> {
        let keys = self.snapshot();
        let public_key = keys.iter().find(|key| key.validity.is_none());
        let newest = || {
            keys.iter()
                .filter(|key| key.is_valid_at(now))
                .max_by_key(|key| key.validity.map(|(_, until)| until))
        };
        public_key.or_else(newest).cloned()
    }

    /// Adds a key, or replaces the one of the same serial.
    pub fn insert(&self, key: PlatformKey) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut new: Vec<_> = keys.iter().filter(|old| old.serial != key.serial).cloned().collect();
        new.push(key);
        *keys = Arc::new(new);
    }

    /// Removes the key of this serial.
    pub fn remove(&self, serial: &str) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *keys = Arc::new(keys.iter().filter(|key| key.serial != serial).cloned().collect());
    }

    /// Whether the key of this serial can be fetched from WeChat Pay: it is a certificate's, and downloads are allowed.
    pub fn may_download(&self, serial: &str) -> bool {
        self.downloads && !serial.starts_with("PUB_KEY_ID_")
    }

    /// Whether fetching the certificate list could help against `reason`.
    pub(crate) fn may_refresh_for(&self, reason: &VerifyReason) -> bool {
        matches!(reason, VerifyReason::UnknownSerial(serial) if self.may_download(serial))
    }

    /// Whether the ring can be filled from WeChat Pay.
    pub(crate) fn downloads(&self) -> bool {
        self.downloads
    }

    /// Why the last refresh brought no list.
    pub(crate) fn refresh_failure(&self) -> Option<String> {
        self.slot().failure.clone()
    }

    fn snapshot(&self) -> Arc<Vec<PlatformKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn slot(&self) -> MutexGuard<'_, refresh::Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("serials", &self.serials())
            .field("downloads", &self.downloads)
            .finish_non_exhaustive()
    }
}
