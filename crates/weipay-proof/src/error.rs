//! Why a proof could not be carried out. That it failed is a verdict, not an error.

use std::fmt;

/// What stood in the way.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder of the proof.
    Io(String, std::io::Error),
    /// The sandbox.
    Sandbox(weipay_sandbox::Error),
    /// A process ended although nobody killed it, or never became ready; its log says why.
    Process(String),
    /// What was asked for cannot be had here.
    Unavailable(String),
}

impl Error {
    pub(crate) fn io(what: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.to_string();
        move |error| Self::Io(what, error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(what, error) => write!(f, "{what}: {error}"),
            Self::Sandbox(error) => error.fmt(f),
            Self::Process(why) | Self::Unavailable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            Self::Sandbox(error) => Some(error),
            Self::Process(_) | Self::Unavailable(_) => None,
        }
    }
}

impl From<weipay_postgres::Error> for Error {
    fn from(error: weipay_postgres::Error) -> Self {
        match error {
            weipay_postgres::Error::NotInstalled => Self::Unavailable(error.to_string()),
            _ => Self::Process(error.to_string()),
        }
    }
}

impl From<weipay_sandbox::Error> for Error {
    fn from(error: weipay_sandbox::Error) -> Self {
        Self::Sandbox(error)
    }
}
