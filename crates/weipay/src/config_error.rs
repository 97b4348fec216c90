//! Why a client cannot be put together.

use std::fmt;
use std::io;

use weipay_core::error::{CredentialError, KeyError};
use weipay_core::exchange::BaseUrlError;

/// A client that cannot be put together, found when it is built and not at the first call.
///
/// `Display` says what to change. It never repeats a key, or a proxy URL, which may hold a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither `.merchant(…)`, `.brand(…)` nor another credential was given.
    NoCredential,
    /// The credential cannot work.
    Credential(CredentialError),
    /// The base URL is none.
    BaseUrl(BaseUrlError),
    /// The proxy cannot be used; the text says why.
    Proxy(String),
    /// The additional certificate authority cannot be used; the text says why.
    ExtraCa(String),
    /// A setting has a value that cannot work; the text names it.
    Setting(String),
    /// A variable that the environment has to set is not set.
    MissingVariable {
        /// Its name.
        name: &'static str,
        /// What it holds.
        what: &'static str,
    },
    /// A key that the environment names is not usable.
    Key(KeyError),
    /// The background thread of the blocking client did not start.
    Thread(io::Error),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCredential => f.write_str(
                "the client has no credential; call .merchant(mchid, serial, private_key) or .brand(brand_id, serial, private_key)",
            ),
            Self::Credential(error) => error.fmt(f),
            Self::BaseUrl(error) => error.fmt(f),
            Self::Proxy(why) => write!(f, "the proxy is not usable: {why}; expected http://host:port"),
            Self::ExtraCa(why) => write!(f, "the additional certificate authority is not usable: {why}"),
            Self::Setting(why) => f.write_str(why),
            Self::MissingVariable { name, what } => {
                write!(f, "the environment variable {name} is not set; it holds {what}")
            }
            Self::Key(error) => error.fmt(f),
            Self::Thread(_) => f.write_str("the background thread of the blocking client did not start"),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Display is already that of the cause: go on with what is below it.
            Self::Credential(error) => error.source(),
            Self::Key(error) => error.source(),
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

impl From<CredentialError> for ConfigError {
    fn from(error: CredentialError) -> Self {
        Self::Credential(error)
    }
}

impl From<KeyError> for ConfigError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<BaseUrlError> for ConfigError {
    fn from(error: BaseUrlError) -> Self {
        Self::BaseUrl(error)
    }
}
