//! What faults do to the exchange that they hit.

use std::time::Duration;

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing: the call passes, and uses up a place in the order.
    Pass,
    /// Answers this status and executes nothing.
    Instead(u16),
    /// Executes nothing, and resets the connection: the main host is not there.
    NotThere,
    /// Answers this status, code and message and executes nothing.
    Refuse(u16, &'static str, &'static str),
    /// Executes, and takes another of the caller's certificates for what is encrypted to it.
    OtherCertificate,
    /// Executes, then answers this status.
    After(u16),
    /// Executes, then answers 200 with the body of an error.
    ErrorBody,
    /// Executes, then resets the connection.
    Reset,
    /// Executes, then cuts the body.
    CutBody,
    /// Executes, then falls silent in the middle of the body.
    Stall,
    /// Executes, and answers so much later.
    Delay(Duration),
    /// Executes, and resets the connection when it is used again.
    CloseOnReuse,
    /// Executes, then damages the signature.
    Sign(Tampering),
    /// Executes, then names another type of content, or none.
    ContentType(Option<&'static str>),
    /// Damages the signature of a refusal.
    SignRefusal,
    /// Does something to a notification.
    Deliver(Delivery),
}

/// When in an exchange an action strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before anything is executed.
    Before,
    /// Once it succeeded.
    Success,
    /// Once it was refused.
    Refusal,
    /// When a notification is raised.
    Raise,
    /// When a notification is sent.
    Send,
}

impl Action {
    pub(crate) fn stage(self) -> Stage {
        match self {
            Self::Pass | Self::Instead(_) | Self::NotThere | Self::Refuse(..) | Self::OtherCertificate => {
                Stage::Before
            }
            Self::SignRefusal => Stage::Refusal,
            Self::Deliver(Delivery::Sign(_) | Delivery::OtherKey) => Stage::Send,
            Self::Deliver(_) => Stage::Raise,
            _ => Stage::Success,
        }
    }

    /// Whether it strikes notifications instead of requests.
    pub(super) fn of_notifications(self) -> bool {
        matches!(self, Self::Deliver(_))
    }
}

/// How a signature is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tampering {
    /// It covers another body than the one that is sent.
    OtherBody,
    /// A proxy wrote the same JSON anew, with other white space.
    Reserialised,
    Probe,
    /// No signature headers at all.
    None,
    /// Seconds added to the timestamp before signing.
    Timestamp(i64),
    /// Another serial stands in the header.
    Serial(&'static str),
}

/// What happens to a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// One attempt is signed wrongly.
    Sign(Tampering),
    /// One attempt is signed by the certificate instead of the public key, or the reverse.
    OtherKey,
    /// It is sent once more after it was acknowledged.
    Again,
    /// The event comes in a second envelope.
    OtherId,
    /// Two copies go out at once.
    Twice,
    /// It goes out so much later, business time.
    Late(Duration),
    /// It never goes out.
    Never,
    /// Its resource is sealed with another key than the receiver's.
    WrongKey,
}
