//! A merchant's notification endpoint: takes what comes and answers by a script.

use std::sync::{Arc, Mutex};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use weipay_sandbox::Credentials;

use crate::client::{certificate_key, der, verifies};

/// What the endpoint does with a notification.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Answers this status.
    Status(u16),
    /// Closes the connection.
    Hang,
    /// Never answers.
    Silence,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Notification>>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) request_line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Receiver {
    /// Follows the script; the last act goes on for ever.
    pub(crate) async fn start(script: &'static [Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/notify", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&log), script));
            }
        });
        Self { url, received }
    }

    pub(crate) fn received(&self) -> Vec<Notification> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<Notification>>>, script: &[Act]) {
    let mut bytes = Vec::new();
    let notification = loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the request ended early");
        bytes.extend_from_slice(&buffer[..count]);
        if let Some(notification) = Notification::parse(&bytes) {
            break notification;
        }
    };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(notification);
        log.len() - 1
    };
    match script.get(number).or(script.last()).copied().unwrap_or(Act::Status(204)) {
        Act::Status(status) => {
            let answer = format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        Act::Hang => {}
        Act::Silence => {
            // Until the other side gives up.
            let _ = stream.read(&mut [0]).await;
        }
    }
}

impl Notification {
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let request_line = lines.next()?.to_owned();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().unwrap();
        let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
        Some(Self { request_line, headers, body })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn envelope(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Verifies the signature and opens the resource.
    pub(crate) fn open(&self, credentials: &Credentials) -> Value {
        assert!(self.verifies(credentials), "the notification is not validly signed");
        open(&self.envelope()["resource"], &credentials.apiv3_key)
    }

    /// Whether the signature is one of the key that the serial names.
    pub(crate) fn verifies(&self, credentials: &Credentials) -> bool {
        let key = match self.header("wechatpay-serial") {
            Some(serial) if serial == credentials.platform_key_id => {
                der(&credentials.platform_public_key_pem)
            }
            Some(serial) if serial == credentials.platform_certificate_serial => {
                certificate_key(&credentials.platform_certificate_pem)
            }
            _ => return false,
        };
        verifies(&key, |name| self.header(name), &self.body)
    }

    /// Whether the resource opens with the receiver's APIv3 key.
    pub(crate) fn opens(&self, credentials: &Credentials) -> bool {
        try_open(&self.envelope()["resource"], &credentials.apiv3_key).is_some()
    }
}

/// Opens a sealed JSON text.
pub(crate) fn open(resource: &Value, apiv3_key: &str) -> Value {
    serde_json::from_slice(&open_bytes(resource, apiv3_key)).unwrap()
}

pub(crate) fn open_bytes(resource: &Value, apiv3_key: &str) -> Vec<u8> {
    try_open(resource, apiv3_key).unwrap()
}

fn try_open(resource: &Value, apiv3_key: &str) -> Option<Vec<u8>> {
    assert_eq!(resource["algorithm"], "AEAD_AES_256_GCM");
    let text = |name: &str| resource[name].as_str().unwrap().to_owned();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, apiv3_key.as_bytes()).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(text("nonce").as_bytes()).unwrap();
    let mut sealed = STANDARD.decode(text("ciphertext")).unwrap();
    let opened = key.open_in_place(nonce, Aad::from(text("associated_data").as_bytes()), &mut sealed);
    opened.ok().map(|plain| plain.to_vec())
}
