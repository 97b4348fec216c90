//! Mistakes of the client that the server recognises, by the ids of the pitfall catalogue.

use std::fmt;

/// A recognised mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// `Q01` … `Q16`, `F05`, `F10`, `K09`, `K13`, `N24`.
    pub id: &'static str,
    /// The likely cause, for the person who has to repair it. No secrets, no values.
    pub cause: String,
}

impl Mistake {
    pub(crate) fn new(id: &'static str, cause: impl Into<String>) -> Self {
        Self { id, cause: cause.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.cause)
    }
}
