//! What an [`Exchange`](super::Exchange) and its driver say to each other.
//!
//! The driver owns sockets, clocks and threads; the exchange owns every decision. A driver is a loop: it carries out
//! the [`Step`] that it was given and reports what came of it as the next [`Event`].

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::Answer;
use crate::call::Digest;
use crate::error::{Error, Failure, SignerError};
use crate::ring::RefreshTicket;
use crate::wire::{Signature, SigningKey};

/// The moment at which something happened, as the driver's clocks tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Wall clock, in seconds since 1970-01-01T00:00:00Z: what signatures and time windows use.
    pub unix: i64,
    /// A clock that never jumps, counted from any fixed start: what time-outs use.
    pub mono: Duration,
}

/// What happened since the last step. `Debug` shows its kind, never a body.
#[non_exhaustive]
pub enum Event<'a> {
    /// The first event of every exchange.
    Start,
    /// The answer to [`Step::Sign`].
    Signed(Result<Signature, SignerError>),
    /// The answer to [`Step::Send`]: for [`Reply::Buffer`] with the whole body, for [`Reply::Stream`] with an empty one.
    Response(http::Response<Bytes>),
    /// The next part of a streamed body.
    Chunk(&'a [u8]),
    /// The streamed body is complete.
    StreamEnded,
    /// The request or its answer broke off.
    Failed(Failure),
    /// The moment of [`Step::Sleep`] has come.
    Woke,
    /// The refresh that [`Step::AwaitRefresh`] asked for has ended, well or not.
    RefreshDone,
}

impl Event<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Event::Start => "Start",
            Event::Signed(_) => "Signed",
            Event::Response(_) => "Response",
            Event::Chunk(_) => "Chunk",
            Event::StreamEnded => "StreamEnded",
            Event::Failed(_) => "Failed",
            Event::Woke => "Woke",
            Event::RefreshDone => "RefreshDone",
        }
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event::{}", self.name())
    }
}

/// What the driver has to do next. `Debug` shows its kind, never a body.
#[non_exhaustive]
pub enum Step {
    /// Sign `bytes` with `key` and report [`Event::Signed`]. A local key answers at once; a
    /// [`Signer`](crate::Signer) may ask a KMS or an HSM.
    Sign {
        /// The string to sign (see [`crate::wire`]).
        bytes: Bytes,
        /// The merchant's key.
        key: SigningKey,
    },
    /// Send `request` and report [`Event::Response`] or [`Event::Failed`].
    Send {
        /// The complete request. Its target is what was signed: a driver that would send another one must refuse.
        request: http::Request<Bytes>,
        /// By when a connection must stand, on the clock of [`Now::mono`].
        connect_by: Duration,
        /// By when the answer must be complete, and of a streamed one the head, on the clock of [`Now::mono`].
        respond_by: Duration,
        /// How to hand over the body of the answer.
        reply: Reply,
    },
    /// Read on and report [`Event::Chunk`] or [`Event::StreamEnded`]; first pass `output` to whoever wants the file.
    Read {
        /// Bytes of the file, inflated. Not verified before the exchange is [`Done`](Step::Done), whose answer holds
        /// the last of them.
        output: Bytes,
        /// By when the next chunk must have come, on the clock of [`Now::mono`]; else report a time-out.
        by: Duration,
    },
    /// Report [`Event::Woke`] at `until`.
    Sleep {
        /// On the clock of [`Now::mono`].
        until: Duration,
    },
    /// Refresh the platform certificates (the ticket's owner) or wait for whoever does, then report
    /// [`Event::RefreshDone`].
    AwaitRefresh(RefreshTicket),
    /// The exchange is over.
    Done(Result<Answer, Error>),
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Sign { .. } => "Step::Sign",
            Step::Send { .. } => "Step::Send",
            Step::Read { .. } => "Step::Read",
            Step::Sleep { .. } => "Step::Sleep",
            Step::AwaitRefresh(_) => "Step::AwaitRefresh",
            Step::Done(_) => "Step::Done",
        })
    }
}

/// How a driver hands over the body of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The whole body at once, refused above `max` bytes.
    Buffer {
        /// In bytes, as received.
        max: usize,
    },
    /// Chunk by chunk; the exchange applies the limit, the hash and the inflation of this digest.
    Stream(Digest),
}
