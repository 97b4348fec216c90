//! The HTTP side: accept loop, routing, authentication, and one request's life.

mod authenticate;
mod diagnose;
mod exchange;
mod multipart;
mod payer;
mod received;
mod reply;
mod router;
mod tunnel;
mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::control::Front;
use crate::shared::Shared;
use crate::tls::{self, Tls};
use crate::worlds::Worlds;
use tunnel::Tunnel;
use wire::{Stream, Wire};

/// Accepts connections for ever. Dropping it ends them.
pub(crate) async fn accept(listener: TcpListener, port: Port) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer, port.clone()));
                }
                Err(error) => {
                    // Most often too many open files: others have to close first.
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Everything that one port answers with.
#[derive(Clone)]
pub(crate) struct Port {
    pub(crate) front: Front,
    pub(crate) home: Arc<Shared>,
    pub(crate) worlds: Arc<Worlds>,
    /// Where the main port of this world listens.
    pub(crate) address: SocketAddr,
    /// What comes in here is for the backup host, whatever it names.
    pub(crate) backup: bool,
    /// None if only HTTP is spoken here; otherwise both are.
    pub(crate) tls: Option<Tls>,
}

/// How a connection came.
#[derive(Clone, Copy)]
struct Arrival {
    peer: SocketAddr,
    secure: bool,
    backup: bool,
}

async fn serve(stream: TcpStream, peer: SocketAddr, port: Port) {
    // Answers are written in one piece; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let arrival = Arrival { peer, secure: false, backup: port.backup };
    let Some(tls) = port.tls.clone() else {
        return drop(speak(stream, arrival, &port).await);
    };
    let stream = match tls::speaks_tls(&stream).await {
        true => Some(stream),
        false => speak(stream, arrival, &port).await,
    };
    let Some(stream) = stream else { return };
    let down = || !port.backup && port.home.state().main_host_is_down();
    if let Some((stream, backup)) = tls.accept(stream, down).await {
        let arrival = Arrival { secure: true, backup: port.backup || backup, ..arrival };
        speak(Box::new(stream), arrival, &port).await;
    }
}

/// Speaks HTTP on a connection until it ends, or until `CONNECT` made it a tunnel, whose other end is returned.
async fn speak<S: Stream>(stream: S, arrival: Arrival, port: &Port) -> Option<S> {
    let (wire, control) = Wire::new(stream);
    let tunnel = Tunnel::default();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (port, control, tunnel) = (port.clone(), Arc::clone(&control), tunnel.clone());
        async move {
            Ok::<_, Infallible>(if request.method() == Method::CONNECT && port.tls.is_some() {
                tunnel.open(request).map(Either::Left)
            } else if port.front.has(request.uri().path()) {
                Box::pin(port.front.answer(arrival.peer, request)).await.map(Either::Right)
            } else {
                exchange::handle(&port, arrival, control, request).await.map(Either::Left)
            })
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service).with_upgrades();
    if let Err(error) = connection.await {
        let (read, written) = control.counts();
        tracing::debug!(%error, read, written, "a connection ended early");
    }
    tunnel.stream().await
}

/// Headers as text, names in lower case, in their order.
pub(crate) fn header_list(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
