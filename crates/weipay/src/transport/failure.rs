//! From the HTTP library's errors to [`Failure`].

use std::error::Error;
use std::io;

use hyper_util::client::legacy;
use weipay_core::exchange::{Failure, FailureKind, Phase};

use super::connector::Unconnected;

/// The failure of a request that got no head. `assigned` tells whether it had been given a connection.
pub(super) fn unanswered(error: legacy::Error, assigned: bool) -> Failure {
    let unconnected = find::<Unconnected>(&error).map(Unconnected::kind);
    // hyper hands a request back as canceled only when it had not begun to write it.
    let untouched = find::<hyper::Error>(&error).is_some_and(hyper::Error::is_canceled);
    let connected = assigned && !untouched && unconnected.is_none();
    let phase = if connected { Phase::MaybeSent } else { Phase::NotConnected };
    let kind = unconnected.unwrap_or_else(|| broken(&error, FailureKind::Closed));
    Failure::new(phase, kind).because(error)
}

/// The failure of an answer whose head had come.
pub(super) fn cut_short(error: hyper::Error) -> Failure {
    Failure::new(Phase::ReadingBody, broken(&error, FailureKind::Truncated)).because(error)
}

/// What broke a standing connection; `end` is what its end means here.
fn broken(error: &(dyn Error + 'static), end: FailureKind) -> FailureKind {
    for cause in chain(error) {
        if let Some(cause) = cause.downcast_ref::<hyper::Error>() {
            if cause.is_parse() {
                return FailureKind::Protocol;
            }
            if cause.is_incomplete_message() {
                return end;
            }
            if cause.is_canceled() || cause.is_closed() {
                return FailureKind::Closed;
            }
        }
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            match cause.kind() {
                io::ErrorKind::UnexpectedEof => return end,
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => return FailureKind::Protocol,
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::NotConnected => return FailureKind::Closed,
                _ => {}
            }
        }
    }
    FailureKind::Other
}

/// The first cause of type `E`.
pub(super) fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
