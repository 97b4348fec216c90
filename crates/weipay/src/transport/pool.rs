//! The default transport: hyper's HTTP/1.1 client with one pool of connections.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Uri, response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout_at;
use weipay_core::exchange::{Failure, FailureKind, Phase};

use super::connector::Connector;
use super::failure::{cut_short, unanswered};
use super::{Chunks, Deadlines, Proxy, Tls, Transport, Transporting};

/// How long an unused connection is kept: shorter than servers and the gateways before them keep theirs.
const IDLE: Duration = Duration::from_secs(30);

/// Keep-alive connections, shared by every merchant handle that descends from one client.
pub(crate) struct Pool(Client<Connector, Full<Bytes>>);

impl Pool {
    pub(crate) fn new(proxy: Option<Proxy>, tls: Tls) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(Connector::new(proxy, tls));
        Self(client)
    }

    async fn head(
        &self,
        request: http::Request<Bytes>,
        deadlines: Deadlines,
    ) -> Result<(response::Parts, Incoming), Failure> {
        let mut request = prepare(request)?;
        let connection = capture_connection(&mut request);
        let assigned = || connection.connection_metadata().is_some();
        let connect_by = deadlines.connect_by.min(deadlines.respond_by);
        let mut response = pin!(self.0.request(request));
        let result = match timeout_at(connect_by.into(), &mut response).await {
            Err(_) if !assigned() => return Err(Failure::new(Phase::NotConnected, FailureKind::Timeout)),
            Err(_) => timeout_at(deadlines.respond_by.into(), response)
                .await
                .map_err(|_| Failure::new(Phase::MaybeSent, FailureKind::Timeout))?,
            Ok(result) => result,
        };
        result.map(http::Response::into_parts).map_err(|error: legacy::Error| unanswered(error, assigned()))
    }
}

impl Transport for Pool {
    fn send(
        &self,
        request: http::Request<Bytes>,
        deadlines: Deadlines,
        max: usize,
    ) -> Transporting<'_, Bytes> {
        Box::pin(async move {
            let (head, body) = self.head(request, deadlines).await?;
            let body = match timeout_at(deadlines.respond_by.into(), whole(body, max)).await {
                Ok(body) => body?,
                Err(_) => return Err(Failure::new(Phase::ReadingBody, FailureKind::Timeout)),
            };
            Ok(http::Response::from_parts(head, body))
        })
    }

    fn stream(&self, request: http::Request<Bytes>, deadlines: Deadlines) -> Transporting<'_, Chunks> {
        Box::pin(async move {
            let (head, body) = self.head(request, deadlines).await?;
            let respond_by = deadlines.respond_by;
            let chunks = stream::unfold(Some(body), move |body| next(body, respond_by)).boxed();
            Ok(http::Response::from_parts(head, chunks))
        })
    }
}

/// The request as hyper takes it, refused if hyper would write another target than the signed one.
fn prepare(request: http::Request<Bytes>) -> Result<http::Request<Full<Bytes>>, Failure> {
    if !is_written_as_signed(request.uri()) {
        return Err(Failure::new(Phase::NotConnected, FailureKind::Target));
    }
    let (mut head, body) = request.into_parts();
    // Without a length, some gateways answer 411 to a POST that has no body.
    if body.is_empty() && [Method::POST, Method::PUT, Method::PATCH].contains(&head.method) {
        head.headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
    Ok(http::Request::from_parts(head, Full::new(body)))
}

/// Whether the request line will show the target byte for byte: hyper prints a URI of the path and query alone.
fn is_written_as_signed(uri: &Uri) -> bool {
    let Some(signed) = uri.path_and_query() else { return false };
    let written = Uri::from(signed.clone()).to_string();
    written == signed.as_str()
}

/// The whole body, given up as soon as it cannot end within `max` bytes.
async fn whole(mut body: Incoming, max: usize) -> Result<Bytes, Failure> {
    let too_large = || Failure::new(Phase::ReadingBody, FailureKind::TooLarge);
    if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > max) {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(cut_short)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > max {
            return Err(too_large());
        }
        // Most answers come in one piece, which needs no copy.
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut body = BytesMut::with_capacity(first.len() + rest.len());
    body.extend_from_slice(&first);
    body.extend_from_slice(&rest);
    Ok(body.freeze())
}

/// The next chunk of a streamed body; after an error there is none.
async fn next(
    body: Option<Incoming>,
    respond_by: Instant,
) -> Option<(Result<Bytes, Failure>, Option<Incoming>)> {
    let mut body = body?;
    loop {
        match timeout_at(respond_by.into(), body.frame()).await {
            Err(_) => return Some((Err(Failure::new(Phase::ReadingBody, FailureKind::Timeout)), None)),
            Ok(None) => return None,
            Ok(Some(Err(error))) => return Some((Err(cut_short(error)), None)),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Some((Ok(data), Some(body)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_hyper_would_rewrite_is_refused() {
        let written = |uri: &str| is_written_as_signed(&uri.parse().unwrap());
        assert!(written("http://host/v3/a%2Fb/%E5%88%B8?x=%7C&y="));
        assert!(written("http://host/v3/..%2F/./{a}"));
        assert!(!written("host:80"), "no path, nothing signed");
    }

    #[tokio::test]
    async fn and_nothing_is_sent() {
        let pool = Pool::new(None, Tls::default());
        let request = http::Request::get("host:80").body(Bytes::new()).unwrap();
        let now = Instant::now();
        let failure =
            pool.send(request, Deadlines { connect_by: now, respond_by: now }, 0).await.unwrap_err();
        assert_eq!((failure.phase, failure.kind), (Phase::NotConnected, FailureKind::Target));
    }
}
