//! How a connection comes about: name, TCP, proxy, TLS; each failure says which of them it was.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::TryFutureExt as _;
use futures_util::future::MapErr;
use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiFuture, GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;
use weipay_core::BoxError;
use weipay_core::exchange::FailureKind;

use super::failure::find;
use super::{Proxy, Tls};

type Connecting<S> = Pin<Box<dyn Future<Output = Result<S, Unconnected>> + Send>>;

/// Why there is no connection, and at which step.
#[derive(Debug)]
pub(super) struct Unconnected {
    kind: FailureKind,
    source: BoxError,
}

impl Unconnected {
    pub(super) fn kind(&self) -> FailureKind {
        self.kind
    }
}

impl fmt::Display for Unconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FailureKind::Dns => "resolving the host name failed",
            FailureKind::Tls => "the TLS handshake failed",
            FailureKind::Proxy => "the proxy gave no tunnel",
            _ => "connecting failed",
        })
    }
}

impl Error for Unconnected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// Makes connections for the pool, `http` and `https`, directly or through a proxy.
#[derive(Clone)]
pub(super) struct Connector {
    way: Way,
    tls: Arc<Tls>,
}

impl Connector {
    pub(super) fn new(proxy: Option<Proxy>, tls: Tls) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let way = match proxy {
            None => Way::Direct(tcp),
            Some(Proxy { address, authorization: None }) => Way::Proxy(Tunnel::new(address, tcp)),
            Some(Proxy { address, authorization: Some(authorization) }) => {
                Way::Proxy(Tunnel::new(address, tcp).with_auth(authorization))
            }
        };
        Self { way, tls: Arc::new(tls) }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Unconnected;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unconnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let Self { mut way, tls } = self.clone();
        Box::pin(async move {
            if target.scheme() != Some(&Scheme::HTTPS) {
                return way.call(target).await.map(MaybeHttpsStream::Http);
            }
            let failed = |source: BoxError| Unconnected { kind: FailureKind::Tls, source };
            let config = match tls.loaded() {
                Some(config) => config,
                // Reading the platform's roots is file work, once.
                None => tokio::task::spawn_blocking(move || tls.load())
                    .await
                    .map_err(|error| failed(error.into()))?
                    .map_err(|error| failed(error.into()))?,
            };
            HttpsConnector::from((way, config)).call(target).await.map_err(|error| {
                // What already says its step came from below; everything else is the handshake.
                error.downcast::<Unconnected>().map_or_else(failed, |below| *below)
            })
        })
    }
}

/// The way to a byte stream that reaches the target's host.
#[derive(Clone)]
enum Way {
    Direct(HttpConnector<Resolver>),
    Proxy(Tunnel<HttpConnector<Resolver>>),
}

impl Service<Uri> for Way {
    type Response = TokioIo<TcpStream>;
    type Error = Unconnected;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unconnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        match self {
            Way::Direct(tcp) => Box::pin(tcp.call(target).map_err(|error| {
                let unresolved = find::<Unconnected>(&error).is_some();
                let kind = if unresolved { FailureKind::Dns } else { FailureKind::Connect };
                Unconnected { kind, source: error.into() }
            })),
            Way::Proxy(tunnel) => Box::pin(
                tunnel
                    .call(with_port(target))
                    .map_err(|error| Unconnected { kind: FailureKind::Proxy, source: error.into() }),
            ),
        }
    }
}

/// A tunnel is asked for with host and port; hyper-util would take 443 for `http` as well.
fn with_port(target: Uri) -> Uri {
    let plain = target.scheme() == Some(&Scheme::HTTP) && target.port().is_none();
    let Some(host) = target.host().filter(|_| plain) else { return target };
    let with_port = Uri::builder().scheme(Scheme::HTTP).authority(format!("{host}:80")).path_and_query("/");
    with_port.build().unwrap_or(target)
}

/// The system's resolver, whose failures can be told from those of a connection.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = Unconnected;
    type Future = MapErr<GaiFuture, fn(io::Error) -> Unconnected>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Unconnected>> {
        self.0.poll_ready(context).map_err(unresolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        self.0.call(name).map_err(unresolved)
    }
}

fn unresolved(error: io::Error) -> Unconnected {
    Unconnected { kind: FailureKind::Dns, source: error.into() }
}
