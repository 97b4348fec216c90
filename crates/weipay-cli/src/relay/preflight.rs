//! `weipay relay preflight`: one signed call and one connection per merchant, before anything depends on them.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use weipay::Error;
use weipay_relay::{Config, Merchant};

use crate::output;

/// Says of each merchant what held. Nothing is changed anywhere.
pub(super) async fn run(config: &Config) -> bool {
    let mut held = true;
    for merchant in config.merchants() {
        for (what, result) in [("WeChat Pay", wechat_pay(merchant).await), ("hook", hook(merchant).await)] {
            held &= result.is_ok();
            let (mark, text) = match result {
                Ok(text) => ("ok", text),
                Err(text) => ("FAILED", text),
            };
            output::result(&format!("{mark:6} {} {what}: {text}", merchant.name()));
        }
    }
    held
}

/// The certificate list is the one call that changes nothing and that every merchant may make. That there are no
/// certificates is a good answer as well: newer merchants have the public key instead.
async fn wechat_pay(merchant: &Merchant) -> Result<String, String> {
    let no_certificates =
        |error: &Error| error.status() == Some(404) && error.code() == Some("RESOURCE_NOT_EXISTS");
    match merchant.client().certificates().await {
        Ok(_) => Ok("accepts our signature, and its own is verified".to_owned()),
        Err(error) if no_certificates(&error) => {
            Ok("accepts our signature; it has the public key only".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Whether somebody listens there. No question is asked: it would be answered.
async fn hook(merchant: &Merchant) -> Result<String, String> {
    let Some(address) = merchant.hook_address() else { return Ok("is part of this program".to_owned()) };
    match timeout(Duration::from_secs(5), TcpStream::connect(&address)).await {
        Ok(Ok(_)) => Ok(format!("{address} accepts connections")),
        Ok(Err(error)) => Err(format!("{address} accepts no connection: {error}")),
        Err(_) => Err(format!("{address} gave no answer within 5 s")),
    }
}
