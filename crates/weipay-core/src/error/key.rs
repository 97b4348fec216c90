//! Why a key, a certificate or a credential is not usable.

use std::fmt;

/// A key or a certificate that cannot be used. The message never shows any part of it.
#[derive(Debug)]
pub struct KeyError {
    pub(crate) what: &'static str,
    pub(crate) source_name: Option<String>,
    pub(crate) problem: KeyProblem,
}

impl KeyError {
    pub(crate) fn new(what: &'static str, problem: KeyProblem) -> Self {
        Self { what, source_name: None, problem }
    }

    pub(crate) fn from(mut self, source_name: impl Into<String>) -> Self {
        self.source_name = Some(source_name.into());
        self
    }

    /// What is wrong.
    pub fn problem(&self) -> &KeyProblem {
        &self.problem
    }
}

/// What is wrong with a key or a certificate.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyProblem {
    /// The file or the environment variable could not be read.
    Read(std::io::Error),
    /// Neither PEM nor DER of the expected kind; the text says what it looks like and what was expected.
    Format(String),
    /// PEM and DER are fine, but the cryptographic library refuses the key; the text says why.
    Rejected(String),
    /// The value has the wrong length or alphabet.
    Value(String),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if let Some(source) = &self.source_name {
            write!(f, " from {source}")?;
        }
        match &self.problem {
            KeyProblem::Read(error) => write!(f, " cannot be read: {error}"),
            KeyProblem::Format(why) | KeyProblem::Rejected(why) | KeyProblem::Value(why) => {
                write!(f, " is not usable: {why}")
            }
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            KeyProblem::Read(error) => Some(error),
            _ => None,
        }
    }
}

/// A credential that cannot work, found when it is built and not at the first call.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialError {
    /// A member that every credential needs was not given.
    Missing(&'static str),
    /// A member has the wrong form; the text names it and says what is expected.
    Malformed(String),
    /// Members that contradict each other; the text explains which and what to give instead.
    Conflict(String),
    /// A key or a certificate is not usable.
    Key(KeyError),
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CredentialError::Missing(what) => write!(f, "the credential lacks {what}"),
            CredentialError::Malformed(why) | CredentialError::Conflict(why) => f.write_str(why),
            CredentialError::Key(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CredentialError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CredentialError::Key(error) => Some(error),
            _ => None,
        }
    }
}

impl From<KeyError> for CredentialError {
    fn from(error: KeyError) -> Self {
        CredentialError::Key(error)
    }
}
