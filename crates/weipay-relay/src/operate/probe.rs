//! Whether somebody answers at a URL who asks for a signature: nothing is booked, nothing is stored.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a relay answers at a notify URL, also through the proxy before it: what is not signed is refused in the relay's
/// words. The error says what answered instead.
pub async fn notify_url(url: &str) -> Result<(), String> {
    let (status, body) = unsigned(url).await?;
    let relay = body.windows(6).any(|word| word == br#""FAIL""#);
    match (status, relay) {
        (400, true) => Ok(()),
        (404, true) => Err("the relay answers there, and knows no merchant of this name".to_owned()),
        (503, true) => {
            Err("the relay answers there, and takes nothing in: too many at once, or its store is away"
                .to_owned())
        }
        _ => Err(format!("HTTP {status} came back, and not from a relay: look at the proxy before it")),
    }
}

/// One unsigned POST: status and body.
pub(crate) async fn unsigned(url: &str) -> Result<(u16, Bytes), String> {
    let tls = crate::hook::tls().map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let request = Request::post(url).header("content-type", "application/json");
    let request =
        request.body(Full::new(Bytes::from_static(b"{}"))).map_err(|_| "it is no absolute URL".to_owned())?;
    let exchange = async {
        let answer = client.request(request).await.map_err(|error| match error.is_connect() {
            true => "it cannot be reached".to_owned(),
            false => "the connection was broken off".to_owned(),
        })?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), 64 * 1024).collect().await;
        Ok((status, body.map_err(|_| "the answer broke off".to_owned())?.to_bytes()))
    };
    let late = |_| format!("no answer came within {} s", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, exchange).await.map_err(late)?
}
