//! Why a signer gave no signature.

use std::fmt;

use crate::BoxError;

/// A [`Signer`](crate::Signer) gave no signature.
#[derive(Debug)]
pub struct SignerError(BoxError);

impl SignerError {
    /// The signer failed because of `cause`. Keep secrets out of it: it is shown and logged.
    pub fn new(cause: impl Into<BoxError>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signing failed: {}", self.0)
    }
}

impl std::error::Error for SignerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
