//! Commands to a running relay, over its admin API.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::Command;

/// A backup of a large store takes minutes.
const PATIENCE: Duration = Duration::from_mins(30);

/// Who asks.
#[derive(Clone)]
pub enum Caller {
    /// Whoever has this token.
    Token(String),
    /// Somebody of this name on the relay's machine, where no tokens are configured.
    Named(String),
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token(…)"),
            Self::Named(name) => f.debug_tuple("Named").field(name).finish(),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody listens there.
    NoRelay,
    /// The relay answered that it will not, or cannot.
    Refused(String),
    /// The connection broke off, or the answer is none: whether it was done is not known.
    Unknown(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRelay => f.write_str("no relay listens there"),
            Self::Refused(why) | Self::Unknown(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CallError {}

/// Gives a command to the relay whose admin API is at `url`, such as `http://127.0.0.1:8092`.
pub async fn call(url: &str, caller: &Caller, command: &Command) -> Result<Value, CallError> {
    let refused = |why: &str| CallError::Refused(why.to_owned());
    let (name, members) = command.written();
    let target: Uri = format!("{}/admin/v1/{name}", url.trim_end_matches('/'))
        .parse()
        .map_err(|_| refused("the admin API's address is no URL such as http://127.0.0.1:8092"))?;
    let (header, value) = match caller {
        Caller::Token(token) => ("authorization", format!("Bearer {token}")),
        Caller::Named(name) => ("weipay-operator", name.clone()),
    };
    let request = Request::post(target)
        .header("content-type", "application/json")
        .header(header, value)
        .body(Full::new(Bytes::from(members.to_string())))
        .map_err(|_| refused("the URL, the token or the name has characters that cannot be sent"))?;
    let tls =
        crate::hook::tls().map_err(|error| CallError::Refused(format!("TLS cannot be set up: {error}")))?;
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let exchange = async {
        let answer = client.request(request).await.map_err(|error| match error.is_connect() {
            true => CallError::NoRelay,
            false => {
                CallError::Unknown("the relay broke the connection off: look whether it was done".to_owned())
            }
        })?;
        let status = answer.status();
        let body = answer.into_body().collect().await;
        let body =
            body.map_err(|_| CallError::Unknown("the relay's answer broke off".to_owned()))?.to_bytes();
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        match status.is_success() {
            true => Ok(value),
            false => Err(CallError::Refused(match value.get("error").and_then(Value::as_str) {
                Some(why) => why.to_owned(),
                None => format!("HTTP {} came from {url}: is that the relay's admin API?", status.as_u16()),
            })),
        }
    };
    let late = |_| CallError::Unknown("the relay gave no answer within half an hour".to_owned());
    tokio::time::timeout(PATIENCE, exchange).await.map_err(late)?
}
