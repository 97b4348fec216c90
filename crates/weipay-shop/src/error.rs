//! Why a shop does not start, or does not answer.

use std::fmt;

/// What went wrong. Its text names files, members and rules, and no person.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used.
    Config(String),
    /// The address cannot be bound.
    Listen(std::io::Error),
    /// The ledger cannot be opened, read or written.
    Ledger(sqlx::Error),
    /// A question is not what the contract says.
    Question(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(why) => write!(f, "the shop's configuration: {why}"),
            Self::Listen(why) => write!(f, "the shop cannot listen: {why}"),
            Self::Ledger(why) => write!(f, "the shop's ledger: {why}"),
            Self::Question(why) => write!(f, "the question is not what the contract says: {why}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(source) => Some(source),
            Self::Ledger(source) => Some(source),
            Self::Config(_) | Self::Question(_) => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error)
    }
}
