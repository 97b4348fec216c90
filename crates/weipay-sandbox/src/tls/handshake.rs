//! From a connection that begins like TLS to one under TLS.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Authority, is_backup};
use crate::Error;

/// What a handshake begins with: a record of type 22.
const HANDSHAKE: u8 = 22;
/// A fatal alert, `internal_error`.
const BROKEN: &[u8] = &[21, 3, 3, 0, 2, 2, 80];

/// Whether the first byte of a connection is one of TLS. Waits for that byte, and leaves it where it is.
pub(crate) async fn speaks_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1)) && first[0] == HANDSHAKE
}

/// What one port needs for TLS. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
    ca_pem: Arc<str>,
}

impl Tls {
    pub(crate) fn new(authority: &Authority) -> Result<Self, Error> {
        Ok(Self { config: Arc::new(authority.server()?), ca_pem: authority.certificate_pem().into() })
    }

    pub(crate) fn ca_pem(&self) -> &Arc<str> {
        &self.ca_pem
    }

    /// Shakes hands. Says too whether the backup host was asked for, by name; `fails` says of any other name whether the
    /// handshake fails. None if it did, for whatever reason.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        fails: impl FnOnce() -> bool,
    ) -> Option<(TlsStream<TcpStream>, bool)> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await;
        let mut hello = hello.inspect_err(|error| tracing::debug!(%error, "no TLS handshake")).ok()?;
        let backup = hello.client_hello().server_name().is_some_and(is_backup);
        if !backup && fails() {
            let _ = hello.io.write_all(BROKEN).await;
            return None;
        }
        match hello.into_stream(Arc::clone(&self.config)).await {
            Ok(stream) => Some((stream, backup)),
            Err(error) => {
                // Most often a client that does not trust the authority.
                tracing::warn!(%error, "a TLS handshake with the sandbox failed");
                None
            }
        }
    }
}
