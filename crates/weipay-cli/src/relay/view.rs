//! `weipay relay status` and `show`: asked of the running relay, because its store may belong to it alone.

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use weipay_relay::Config;

use crate::output::{self, Failure};

/// Figures: what stands where, what waits for which budget and how long.
pub(super) async fn status(config: &Config, json: bool) -> Result<(), Failure> {
    let status = ask(config, "/v1/status").await?;
    if json {
        output::result(&status.to_string());
        return Ok(());
    }
    for count in list(&status["counts"]) {
        let words = ["merchant", "name", "state"].map(|name| text(&count[name]));
        output::result(&format!("{:12} {:24} {:10} {}", words[0], words[1], words[2], count["jobs"]));
    }
    for budget in list(&status["budgets"]) {
        let (name, drained) = (text(&budget["budget"]), text(&budget["drained"]));
        let line = format!("{name}: {} waiting, drained at {drained}", budget["jobs"]);
        output::result(&match budget["first_not_after"].as_str() {
            Some(last) => format!("{line}, first last moment {last}"),
            None => line,
        });
    }
    if let Some(oldest) = status["oldest"].as_str() {
        output::result(&format!("oldest unfinished: {oldest}"));
    }
    output::result(&format!("held: {}, refused notifications: {}", status["held"], status["refused"]));
    Ok(())
}

/// Everything of one case, in the order of time.
pub(super) async fn show(config: &Config, merchant: Option<&str>, case: &str) -> Result<bool, Failure> {
    let only = match config.merchants() {
        [only] => Some(only.name()),
        _ => None,
    };
    let merchant = merchant.or(only).ok_or("several merchants are configured: say --merchant NAME")?;
    let case = case.trim_matches('/').replace('%', "%25").replace('+', "%2B").replace('&', "%26");
    let moments = ask(config, &format!("/v1/timeline/{merchant}?case={case}")).await?;
    for moment in list(&moments) {
        let words: Vec<String> =
            ["at", "what", "key", "state", "outcome", "status", "code", "request_no", "text"]
                .iter()
                .map(|name| text(&moment[*name]))
                .filter(|word| !word.is_empty())
                .collect();
        output::result(&words.join("  "));
    }
    if list(&moments).is_empty() {
        output::log(
            "weipay: nothing is known of this case; cases are spelled such as exchange/R1, payment/4200…, refund/…",
        );
    }
    Ok(!list(&moments).is_empty())
}

async fn ask(config: &Config, path: &str) -> Result<Value, Failure> {
    let (address, token) = config.viewer().ok_or(
        "the configuration needs relay.listen with a port, and relay.viewer_token, to look at the relay",
    )?;
    let request = Request::get(format!("http://{address}{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Empty::<Bytes>::new())?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client
        .request(request)
        .await
        .map_err(|_| format!("no relay answers at {address}; is it running?"))?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        return Err(format!(
            "the relay at {address} answered {status}: does it run with this configuration?"
        )
        .into());
    }
    Ok(serde_json::from_slice(&body)?)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
