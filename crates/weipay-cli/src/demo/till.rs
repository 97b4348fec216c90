//! The shop's till and its order system: they ask the relay for effects over its API, as a program in any language would.

use std::net::SocketAddr;

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use weipay::Time;
use weipay_relay::Effect;

use super::Failure;
use crate::stage::world::{APPID, MINIMUM, STOCK};

pub(super) struct Till {
    /// Where the relay listens.
    pub(super) relay: SocketAddr,
    /// Whose till it is.
    pub(super) token: String,
}

/// A sale at which the customer shows a coupon.
pub(super) struct Sale<'a> {
    pub(super) number: &'a str,
    /// Fen.
    pub(super) amount: u64,
    pub(super) openid: &'a str,
    pub(super) coupon_code: &'a str,
    pub(super) time: Time,
}

/// How an effect ended.
pub(super) struct Ended {
    /// Such as `settled`.
    pub(super) state: String,
    pub(super) attempts: u64,
    /// WeChat Pay's answer.
    pub(super) status: u64,
    pub(super) body: Value,
}

impl Till {
    /// Redeems the coupon of a sale; none when the sale is too small, and then nothing is sent.
    pub(super) async fn redeem(&self, sale: &Sale<'_>) -> Result<Option<Ended>, Failure> {
        if sale.amount < MINIMUM {
            return Ok(None);
        }
        let effect = Effect::coupons_use(json!({
            "coupon_code": sale.coupon_code,
            "stock_id": STOCK,
            "appid": APPID,
            "use_time": sale.time,
            "openid": sale.openid,
        }));
        self.effect(&format!("use-{}", sale.number), &effect).await.map(Some)
    }

    /// Gives the coupon of a cancelled sale back.
    pub(super) async fn give_back(&self, sale: &Sale<'_>) -> Result<Ended, Failure> {
        let body = json!({ "coupon_code": sale.coupon_code, "stock_id": STOCK });
        self.effect(&format!("return-{}", sale.number), &Effect::coupons_return(body)).await
    }

    /// `POST /v1/effects?wait=3s`, under a key of the shop's own.
    pub(super) async fn effect(&self, key: &str, effect: &Effect) -> Result<Ended, Failure> {
        let order = json!({ "key": key, "effect": effect });
        let request = Request::post("/v1/effects?wait=3s")
            .header("host", self.relay.to_string())
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(order.to_string())))?;
        let stream = TokioIo::new(TcpStream::connect(self.relay).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        let driver = tokio::spawn(connection);
        let answer = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
        driver.abort();
        let mut told: Value = serde_json::from_slice(&answer)?;
        if let Some(why) = told["error"].as_str() {
            return Err(format!("the relay did not take {key}: {why}").into());
        }
        Ok(Ended {
            state: told["state"].as_str().unwrap_or_default().to_owned(),
            attempts: told["attempts"].as_u64().unwrap_or_default(),
            status: told["result"]["status"].as_u64().unwrap_or_default(),
            body: told["result"]["body"].take(),
        })
    }
}
