//! The console as a browser meets it.
#![expect(clippy::unwrap_used, reason = "a broken premise of a test should fail loudly, also in its helpers")]

mod browser;
mod pages;
mod relay;
mod stage;

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weipay_console::Neighbours;
use weipay_sandbox::Sandbox;

/// A sandbox with its console.
async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start().await.unwrap();
    assert!(sandbox.mount(weipay_console::sandbox(sandbox.control(), None, Neighbours::default())));
    sandbox
}

/// Sends a request with these headers and gives the whole answer.
async fn send(address: SocketAddr, line: &str, headers: &str, body: &str) -> String {
    send_as(&address.to_string(), address, line, headers, body).await
}

/// The same under another name of the host.
async fn send_as(host: &str, address: SocketAddr, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let text = format!(
        "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    // Some servers, chromedriver among them, keep a connection open all the same.
    let mut answer = Vec::new();
    while !complete(&answer) && stream.read_buf(&mut answer).await.unwrap() > 0 {}
    String::from_utf8(answer).unwrap()
}

/// Whether head and body are there.
fn complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    length.is_some_and(|length: usize| answer.len() >= head.len() + 4 + length)
}
