//! The APIv3 key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::source;
use crate::error::{KeyError, KeyProblem};

const WHAT: &str = "the APIv3 key";

/// The symmetric key with which WeChat Pay encrypts notifications and certificates (AES-256-GCM): 32 characters.
///
/// A brand calls its own the brand API key. `Debug` shows nothing of it. Cloning is cheap.
#[derive(Clone)]
pub struct ApiV3Key(Arc<LessSafeKey>);

impl ApiV3Key {
    /// Takes the 32 letters and digits that the merchant portal holds.
    ///
    /// # Errors
    ///
    /// When it has another length or other characters (blanks at both ends are dropped). The APIv2 key also has 32
    /// characters and cannot be told from this one: it fails at the first notification.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let key = key.as_ref().trim_ascii();
        let wrong = |why: String| KeyError::new(WHAT, KeyProblem::Value(why));
        if key.len() != 32 {
            return Err(wrong(format!("it has {} characters, and 32 are needed", key.len())));
        }
        if !key.iter().all(u8::is_ascii_alphanumeric) {
            return Err(wrong("it holds something else than letters and digits".to_owned()));
        }
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|error| wrong(error.to_string()))?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// Reads a file that holds the 32 characters.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        source::from_file(WHAT, path.as_ref(), |key| Self::new(key))
    }

    /// Reads the environment variable `name`, or the file that the variable `name_FILE` names.
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        source::from_env(WHAT, name, |key| Self::new(key))
    }

    /// Opens what WeChat Pay sealed: `ciphertext` is base64 of the ciphertext with its 16-byte tag.
    ///
    /// An absent `associated_data` is the empty one. Never gives part of a plaintext.
    pub fn open(&self, nonce: &str, associated_data: &str, ciphertext: &str) -> Result<Vec<u8>, OpenError> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes())
            .map_err(|_| OpenError::NonceLength { bytes: nonce.len() })?;
        let mut sealed = STANDARD.decode(ciphertext).map_err(|_| OpenError::Base64)?;
        let length = self
            .0
            .open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut sealed)
            .map_err(|_| OpenError::Authentication)?
            .len();
        sealed.truncate(length);
        Ok(sealed)
    }
}

impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiV3Key(***)")
    }
}

/// Why a ciphertext does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The nonce does not have 12 bytes.
    NonceLength {
        /// What it has.
        bytes: usize,
    },
    /// The ciphertext is not base64.
    Base64,
    /// Another key was used, or the ciphertext, its tag, the nonce or the associated data was altered.
    Authentication,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NonceLength { bytes } => write!(f, "its nonce has {bytes} bytes, and 12 are supported"),
            OpenError::Base64 => f.write_str("its ciphertext is not base64"),
            OpenError::Authentication => f.write_str(
                "the APIv3 key does not open it: it was sealed with another key (changed lately? the APIv2 key?), or altered",
            ),
        }
    }
}

impl std::error::Error for OpenError {}
