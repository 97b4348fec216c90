//! Connections, from the first to the last: a stop leaves none without an answer.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service as _;

/// A stop leaves an accepted connection so long to send its request: who just connected is not turned away.
const GRACE: Duration = Duration::from_millis(500);
/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// After the system gave no connection, for want of descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` says so; then answers what was accepted, and what is not over after `drain` is broken off.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, _)) => _ = connections.spawn(connection(stream, router.clone(), stop.clone())),
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    // Where systemd keeps the socket, the next connections wait in it for the next process.
    drop(listener);
    let answered = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(drain, answered).await.is_err() {
        tracing::warn!("some connections were broken off: their requests were not over");
    }
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let stopping = stop.clone();
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let (mut router, stopping) = (router.clone(), stopping.clone());
        async move {
            let mut response = router.call(request.map(Body::new)).await?;
            if *stopping.borrow() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    let stopped = async {
        let _ = stop.wait_for(|stop| *stop).await;
        tokio::time::sleep(GRACE).await;
    };
    // How a connection ends is the other side's affair.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = stopped => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = serving.await;
}
