//! Tills, which redeem coupons through the relay's effects API.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::Users;
use crate::loopback;
use crate::stage::{TOKEN, world};

impl Users<'_> {
    /// A till redeems a coupon: it asks until the relay has taken it, always with the same key and body.
    pub(super) fn redeem(&mut self) {
        if self.made.tills >= self.stage.tills {
            return;
        }
        let number = self.made.tills;
        self.made.tills += 1;
        let (relays, accepted) = (self.stage.relays.clone(), Arc::clone(&self.accepted));
        let mut rng = self.rng.fork();
        self.tills.spawn(async move {
            let body = Bytes::from(order(number).to_string());
            while let Some(relay) = rng.choice(&relays) {
                match post(*relay, body.clone()).await {
                    Some((200 | 202, _)) => break,
                    _ => tokio::time::sleep(Duration::from_millis(rng.u64(50..200))).await,
                }
            }
            *accepted.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        });
    }
}

fn order(number: usize) -> Value {
    json!({
        "key": format!("till-{number}"),
        "effect": {
            "operation": "marketing_busifavor_coupons_use",
            "lane": "till",
            "body": {
                "coupon_code": world::till_code(number), "stock_id": world::A.stock, "appid": world::APPID,
                "use_time": "2026-06-01T12:00:00+08:00", "openid": world::till_holder(),
            },
        },
    })
}

async fn post(relay: SocketAddr, body: Bytes) -> Option<(u16, Bytes)> {
    let request = Request::post("/v1/effects")
        .header("host", relay.to_string())
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Full::new(body));
    loopback::call(relay, request.ok()?).await
}
