//! How requests reach the network: one trait of two methods, and the HTTP stack that implements it by default.

mod connector;
mod failure;
mod pool;
mod proxy;
mod tls;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use weipay_core::exchange::Failure;

pub(crate) use pool::Pool;
pub(crate) use proxy::Proxy;
pub(crate) use tls::Tls;

/// What sends a signed request and brings its answer.
///
/// The default one is hyper with rustls. Bring your own to use another HTTP library, or as a test double. An
/// implementation
///
/// - sends the target byte for byte as [`http::Uri::path_and_query`] has it, because it is signed, and answers
///   [`FailureKind::Target`](weipay_core::exchange::FailureKind::Target) without sending where it cannot;
/// - never follows a redirect, never asks for or undoes a compression, never repeats a request of which a byte was sent;
/// - says in [`Failure::phase`] truthfully how far the request got: whether an operation may have happened is judged
///   by it. [`MaybeSent`](weipay_core::exchange::Phase::MaybeSent) is the safe answer where it does not know.
///
/// # Examples
///
/// A double that is never connected:
///
/// ```
/// use bytes::Bytes;
/// use weipay::exchange::{Failure, FailureKind, Phase};
/// use weipay::{Chunks, Deadlines, Transport, Transporting};
///
/// struct Unplugged;
///
/// impl Transport for Unplugged {
///     fn send(&self, _: http::Request<Bytes>, _: Deadlines, _: usize) -> Transporting<'_, Bytes> {
///         Box::pin(async { Err(Failure::new(Phase::NotConnected, FailureKind::Connect)) })
///     }
///
///     fn stream(&self, _: http::Request<Bytes>, _: Deadlines) -> Transporting<'_, Chunks> {
///         Box::pin(async { Err(Failure::new(Phase::NotConnected, FailureKind::Connect)) })
///     }
/// }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` and brings the whole answer, with at most `max` bytes of body as received.
    fn send(
        &self,
        request: http::Request<Bytes>,
        deadlines: Deadlines,
        max: usize,
    ) -> Transporting<'_, Bytes>;

    /// Sends `request` and brings the head of the answer, then its body as it comes.
    fn stream(&self, request: http::Request<Bytes>, deadlines: Deadlines) -> Transporting<'_, Chunks>;
}

/// What a [`Transport`] gives: an answer with a body of type `B`.
pub type Transporting<'a, B> = Pin<Box<dyn Future<Output = Result<http::Response<B>, Failure>> + Send + 'a>>;

/// A body that is passed on as it comes. A stream that ends without an error was complete.
pub type Chunks = BoxStream<'static, Result<Bytes, Failure>>;

/// By when a request has to get how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// By when a connection must stand, TLS and proxy included.
    pub connect_by: Instant,
    /// By when the last byte of the answer must have come.
    pub respond_by: Instant,
}
