//! The address that WeChat Pay posts notifications to.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use weipay::{Client, Notification};

/// Notifications are a few kilobytes; whoever sends more is somebody else.
const MAX_BODY: usize = 256 * 1024;

/// A server that verifies notifications and hands each one over once.
#[derive(Debug)]
pub struct Receiver {
    addr: SocketAddr,
    inbox: mpsc::UnboundedReceiver<Notification>,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Listens on `addr`; port 0 takes a free one.
    pub async fn bind(addr: SocketAddr, client: Client) -> std::io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let (sender, inbox) = mpsc::unbounded_channel();
        let door = Arc::new(Door { client, sender, seen: Mutex::default() });
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let door = Arc::clone(&door);
                let service = service_fn(move |request| {
                    let door = Arc::clone(&door);
                    async move { Ok::<_, std::convert::Infallible>(door.take(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Ok(Self { addr, inbox, task })
    }

    /// The address for `notify_url`.
    pub fn url(&self) -> String {
        format!("http://{}/notify", self.addr)
    }

    /// The next notification. Duplicates are acknowledged and left out.
    pub async fn next(&mut self) -> Option<Notification> {
        self.inbox.recv().await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Door {
    client: Client,
    sender: mpsc::UnboundedSender<Notification>,
    seen: Mutex<BTreeSet<String>>,
}

impl Door {
    async fn take(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
            return fail(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or incomplete");
        };
        // The signature covers the bytes as received: nothing parses them before this.
        match self.client.notification(&head.headers, &body.to_bytes()).await {
            Ok(notification) => {
                let new = self
                    .seen
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(notification.id().to_owned());
                // A real shop commits the notification to its database here, and acknowledges only then.
                if new && self.sender.send(notification).is_err() {
                    return fail(StatusCode::SERVICE_UNAVAILABLE, "the shop is closing");
                }
                let mut done = Response::new(Full::default());
                *done.status_mut() = StatusCode::NO_CONTENT;
                done
            }
            Err(error) => fail(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }
}

/// The documented failure answer: WeChat Pay sends the notification again.
fn fail(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({"code": "FAIL", "message": message}).to_string();
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}
