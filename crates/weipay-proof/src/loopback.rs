//! One request to a process on this machine, one answer. No connection outlives it, because the process may not either.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Status and body; none when the process is gone, or does not answer.
pub(crate) async fn call(address: SocketAddr, request: Request<Full<Bytes>>) -> Option<(u16, Bytes)> {
    tokio::time::timeout(PATIENCE, exchange(address, request)).await.ok()?
}

/// `GET`.
pub(crate) async fn get(address: SocketAddr, target: &str) -> Option<(u16, Bytes)> {
    let request = Request::get(target).header("host", address.to_string()).body(Full::default());
    call(address, request.ok()?).await
}

async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> Option<(u16, Bytes)> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let answer = async {
        let answer = sender.send_request(request).await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.into_body().collect().await.ok()?.to_bytes()))
    };
    let (mut answer, mut connection) = (std::pin::pin!(answer), std::pin::pin!(connection));
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}
