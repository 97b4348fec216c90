//! Something between client and server that changes one byte.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::Failure;

/// A relay to `server` that replaces the first `from` of a request by `to`, which has the same length.
pub(super) async fn start(
    server: SocketAddr,
    from: &'static str,
    to: &'static str,
) -> Result<(SocketAddr, JoinHandle<()>), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let task = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(relay(client, server, from, to));
        }
    });
    Ok((addr, task))
}

async fn relay(mut client: TcpStream, server: SocketAddr, from: &str, to: &str) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let mut request = Vec::new();
    let place = loop {
        if client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        if let Some(place) = request.windows(from.len()).position(|window| window == from.as_bytes()) {
            break place;
        }
    };
    request[place..place + to.len()].copy_from_slice(to.as_bytes());
    server.write_all(&request).await?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    tokio::select! {
        done = copy(&mut from_client, &mut to_server) => done.map(drop),
        done = copy(&mut from_server, &mut to_client) => done.map(drop),
    }
}
