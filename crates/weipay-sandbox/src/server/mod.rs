//! The HTTP side: accept loop, routing, authentication, and one request's life.

mod authenticate;
mod diagnose;
mod exchange;
mod multipart;
mod payer;
mod received;
mod reply;
mod router;
mod wire;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::shared::Shared;
use crate::worlds::Worlds;

/// Accepts connections for ever. Dropping it ends them.
pub(crate) async fn accept(listener: TcpListener, home: Arc<Shared>, worlds: Arc<Worlds>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&home), Arc::clone(&worlds)));
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

async fn serve(stream: TcpStream, home: Arc<Shared>, worlds: Arc<Worlds>) {
    // Answers are written in one piece; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let (wire, control) = wire::Wire::new(stream);
    let service = service_fn(|request| {
        let (home, worlds, control) = (Arc::clone(&home), Arc::clone(&worlds), Arc::clone(&control));
        async move { Ok::<_, Infallible>(exchange::handle(home, worlds, control, request).await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service);
    if let Err(error) = connection.await {
        let (read, written) = control.counts();
        tracing::debug!(%error, read, written, "a connection ended early");
    }
}

/// Headers as text, names in lower case, in their order.
pub(crate) fn header_list(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
