//! Members that travel encrypted.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Deserializer;
use serde::ser::{Error as _, Serialize, SerializeSeq, Serializer};
use zeroize::Zeroizing;

use super::Read;
use crate::error::{KeyError, KeyProblem};
use crate::{PlatformKey, PrivateKey};

/// A personal text in a request, such as a name or a phone number: sent encrypted, at most 214 bytes in UTF-8.
///
/// It has no `Serialize`, so it cannot be sent in clear; a call encrypts it with the platform key whose serial it
/// names. `Debug` shows nothing of it.
///
/// # Examples
///
/// ```
/// let name = weipay_core::json::Sensitive::from("张三");
/// assert_eq!(format!("{name:?}"), "Sensitive(***)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(Zeroizing<String>);

impl<T: Into<String>> From<T> for Sensitive {
    fn from(text: T) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(***)")
    }
}

impl Default for Sensitive {
    fn default() -> Self {
        Self::from(String::new())
    }
}

impl Sensitive {
    /// The base64 of what `key` encrypts it to; another one each time.
    pub(crate) fn encrypt(&self, key: &PlatformKey) -> Result<String, KeyError> {
        Ok(STANDARD.encode(key.key().encrypt(self.0.as_bytes())?))
    }
}

/// A type that has sensitive members and is written with them encrypted.
pub trait Seal {
    /// Writes the value; sensitive members are encrypted with `key`.
    fn seal<S: Serializer>(&self, serializer: S, key: &PlatformKey) -> Result<S::Ok, S::Error>;
}

impl Seal for Sensitive {
    fn seal<S: Serializer>(&self, serializer: S, key: &PlatformKey) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encrypt(key).map_err(S::Error::custom)?)
    }
}

impl<T: Seal> Seal for Vec<T> {
    fn seal<S: Serializer>(&self, serializer: S, key: &PlatformKey) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for item in self {
            list.serialize_element(&Sealing(item, key))?;
        }
        list.end()
    }
}

impl<T: Seal + ?Sized> Seal for Box<T> {
    fn seal<S: Serializer>(&self, serializer: S, key: &PlatformKey) -> Result<S::Ok, S::Error> {
        (**self).seal(serializer, key)
    }
}

impl<T: Seal + ?Sized> Seal for &T {
    fn seal<S: Serializer>(&self, serializer: S, key: &PlatformKey) -> Result<S::Ok, S::Error> {
        (**self).seal(serializer, key)
    }
}

/// A value and the key that its sensitive members are encrypted with: this can be serialised.
pub struct Sealing<'a, T>(pub &'a T, pub &'a PlatformKey);

impl<T: Seal> Serialize for Sealing<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.seal(serializer, self.1)
    }
}

impl<T> fmt::Debug for Sealing<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealing(***)")
    }
}

/// A personal text in an answer or a notification, as it arrives: encrypted to the merchant's certificate, in base64.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ciphertext(String);

impl Ciphertext {
    /// Decrypts it with the merchant's private key.
    ///
    /// # Errors
    ///
    /// When it is no base64, or was encrypted to another certificate.
    pub fn decrypt(&self, key: &PrivateKey) -> Result<String, KeyError> {
        let wrong = |why: &str| KeyError::new("the encrypted member", KeyProblem::Value(why.to_owned()));
        let bytes = STANDARD.decode(&self.0).map_err(|_| wrong("it is not base64"))?;
        String::from_utf8(key.decrypt(&bytes)?).map_err(|_| wrong("what it holds is no UTF-8"))
    }

    /// The base64 as received.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ciphertext({} characters)", self.0.len())
    }
}

impl Read for Ciphertext {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(String::read(deserializer)?.map(Self))
    }
}
