//! What can go wrong when the sandbox is started or steered. Refusals to callers are HTTP answers, not these.

use std::fmt;

/// Why the sandbox could not start, or could not do what it was told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The address could not be bound.
    Listen(std::io::Error),
    /// The certificate authority for HTTPS cannot be used; says why.
    Authority(String),
    /// A key or certificate of the world cannot be used; names whose it is and what is expected.
    Key(String),
    /// No such fault, or no such variant of it; lists what there is.
    Fault(String),
    /// The seed data cannot be read; says where and why.
    Seed(String),
    /// A saved world cannot be read, written or gone on with; names the file if there is one.
    Snapshot(String),
    /// The world has no such entity.
    Unknown {
        /// The kind of entity, in the API's words, such as `transaction_id`.
        what: &'static str,
        /// The name that was looked for.
        name: String,
    },
    /// The entity does not allow this now; says why.
    State(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(cause) => write!(f, "the sandbox cannot listen: {cause}; choose another address"),
            Self::Authority(why) => write!(f, "the certificate authority is unusable: {why}"),
            Self::Key(what) => write!(f, "a key of the world is unusable: {what}"),
            Self::Fault(what) => write!(f, "{what}"),
            Self::Seed(why) => write!(f, "the seed data cannot be read: {why}"),
            Self::Snapshot(why) => write!(f, "the saved world cannot be used: {why}"),
            Self::Unknown { what, name } => {
                write!(f, "the world has no {what} `{name}`; add it to the World before the sandbox starts")
            }
            Self::State(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(cause) => Some(cause),
            _ => None,
        }
    }
}
