//! Merchant coupons: stocks, codes, sending, redemption, subsidies.

mod codes;
mod redemption;
mod sending;
mod stocks;
mod subsidy;

use serde_json::{Value, json};

use crate::client::{Client, with};

const STOCKS: &str = "/v3/marketing/busifavor/stocks";
pub(crate) const SEND: &str = "/v3/marketing/busifavor/coupons/send";
const APPID: &str = "wx1234567889999";
/// Somebody whom the world of the pages knows.
const USER: &str = "xsd3434454567676";

/// A body that creates a stock.
fn terms(number: &str) -> Value {
    json!({
        "stock_name": "8月1日活动券",
        "belong_merchant": "1900000100",
        "comment": "活动使用",
        "goods_name": "全场商品可用",
        "stock_type": "NORMAL",
        "coupon_use_rule": {
            "coupon_available_time": {
                "available_begin_time": "2015-05-20T13:29:35+08:00",
                "available_end_time": "2099-05-20T13:29:35+08:00",
            },
            "fixed_normal_coupon": { "discount_amount": 500, "transaction_minimum": 5000 },
            "use_method": "OFF_LINE",
        },
        "stock_send_rule": { "max_coupons": 10, "max_coupons_per_user": 5 },
        "out_request_no": number,
        "coupon_code_mode": "WECHATPAY_MODE",
    })
}

/// Creates a stock; returns its id.
pub(crate) async fn stock(client: &Client, changes: Value) -> String {
    let reply = client.json(STOCKS, &with(&terms("stock"), changes)).await;
    reply.is(200);
    reply.value()["stock_id"].as_str().unwrap().to_owned()
}

/// A body that sends a coupon.
pub(crate) fn parcel(stock_id: &str, number: &str) -> Value {
    json!({"openid": USER, "appid": APPID, "stock_id": stock_id, "out_request_no": number})
}

/// Sends a coupon; returns its code.
pub(crate) async fn send(client: &Client, stock_id: &str, number: &str) -> String {
    let reply = client.json(SEND, &parcel(stock_id, number)).await;
    reply.is(200);
    reply.value()["coupon_code"].as_str().unwrap().to_owned()
}

async fn patch(client: &Client, target: &str, body: &Value) -> crate::client::Reply {
    client.send(&client.draft("PATCH", target, &body.to_string())).await
}
