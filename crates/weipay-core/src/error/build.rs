//! Why a call cannot be made into a request.

use std::fmt;

use super::{OperationName, Outcome};

/// The call cannot be made into a request. Nothing was sent.
#[derive(Debug)]
pub struct BuildError {
    pub(crate) operation: OperationName,
    pub(crate) outcome: Outcome,
    pub(crate) reason: BuildReason,
}

impl BuildError {
    /// What is wrong.
    pub fn reason(&self) -> &BuildReason {
        &self.reason
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; nothing was sent", self.operation, self.reason)?;
        match self.outcome {
            Outcome::NotSent => Ok(()),
            earlier => write!(f, ", and what it repeats stays as it was (outcome: {earlier})"),
        }
    }
}

impl std::error::Error for BuildError {}

/// What is wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildReason {
    /// The template is no path of WeChat Pay; the text says why.
    Template(String),
    /// The template has a parameter that no `.param()` gave.
    MissingParam(String),
    /// `.param()` named a parameter that the template does not have.
    UnknownParam {
        /// As given.
        name: String,
        /// Those of the template.
        known: Vec<String>,
    },
    /// `.param()` gave the same parameter twice.
    RepeatedParam(String),
    /// The value of a path parameter is empty, `.`, `..` or holds a backslash: servers and proxies would rewrite the path.
    ParamValue(String),
    /// A header that the protocol sets itself, or that is no legal header.
    Header(String),
    /// The body cannot be written as JSON; the text says where, never what.
    Body(String),
    /// The path needs the other authentication scheme.
    Scheme {
        /// Whether the path is one of `/brand/…`.
        brand_path: bool,
    },
    /// There is no platform key to verify the answer with, and none can be fetched.
    NoPlatformKey,
    /// There is no platform key yet, and fetching the platform certificates failed; the text says how.
    NoCertificates(String),
    /// The time-out had passed before anything was sent.
    NoTimeLeft,
    /// The request could not be put together; the text says why.
    Request(String),
    /// The file cannot be uploaded; the text says why, and never names the file.
    Upload(String),
    /// The file cannot be downloaded like this; the text says why.
    Download(&'static str),
}

impl fmt::Display for BuildReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildReason::Template(why) => write!(f, "the path is not usable: {why}"),
            BuildReason::MissingParam(name) => {
                write!(f, "path parameter '{name}' has no value; add .param(\"{name}\", …)")
            }
            BuildReason::UnknownParam { name, known } if known.is_empty() => {
                write!(f, "the path has no parameter '{name}'; it has none")
            }
            BuildReason::UnknownParam { name, known } => {
                write!(f, "the path has no parameter '{name}'; it has {}", known.join(", "))
            }
            BuildReason::RepeatedParam(name) => write!(f, "path parameter '{name}' was given twice"),
            BuildReason::ParamValue(name) => write!(
                f,
                "the value of path parameter '{name}' is empty, '.', '..' or holds a backslash, which no path can carry safely"
            ),
            BuildReason::Header(why) => write!(f, "{why}"),
            BuildReason::Body(why) => write!(f, "the body cannot be written as JSON: {why}"),
            BuildReason::Scheme { brand_path: true } => {
                write!(f, "paths of /brand/… need a brand credential, and this client has a merchant's")
            }
            BuildReason::Scheme { brand_path: false } => {
                write!(f, "only paths of /brand/… can be called with a brand credential")
            }
            BuildReason::NoPlatformKey => write!(
                f,
                "there is no platform key to verify the answer with; configure the WeChat Pay public key (PUB_KEY_ID_…) \
                 or let the client download platform certificates"
            ),
            BuildReason::NoCertificates(why) => write!(
                f,
                "there is no platform key to verify the answer with, and the platform certificates could not be fetched ({why}); \
                 cure that, or configure the WeChat Pay public key (PUB_KEY_ID_…)"
            ),
            BuildReason::NoTimeLeft => write!(f, "the time-out had already passed"),
            BuildReason::Request(why) => write!(f, "the request could not be put together: {why}"),
            BuildReason::Upload(why) => write!(f, "the file cannot be uploaded: {why}"),
            BuildReason::Download(why) => write!(f, "no file to download: {why}"),
        }
    }
}
