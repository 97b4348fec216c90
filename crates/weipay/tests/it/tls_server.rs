//! A TLS server with the throw-away certificate of `tests/keys`.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};

/// Answers one request on one connection.
pub(crate) struct TlsServer(SocketAddr);

impl TlsServer {
    pub(crate) fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            // A client that does not trust the certificate ends it here, as the tests want it.
            let _ = serve(stream, &answer);
        });
        Self(address)
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.0.port())
    }
}

fn serve(stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../keys/tls-server.cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../keys/tls-server.key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
    let mut request = Vec::new();
    while !request.ends_with(br#""}"#) {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    stream.write_all(answer)?;
    stream.conn.send_close_notify();
    stream.flush()
}
