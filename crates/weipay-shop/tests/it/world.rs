//! A shop of two merchants with one member each, in a folder of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use weipay_shop::{Config, Coupons, Ledger, Member, Merchant, Question};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) fn config() -> Config {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("shop-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let member = |merchant: &str| Member {
        merchant: merchant.to_owned(),
        openid: "oLi".to_owned(),
        name: "Li".to_owned(),
        points: 250,
        card: None,
    };
    let merchant = |name: &str, coupons| Merchant { name: name.to_owned(), coupons };
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        database: folder.join("shop.db"),
        secret: SECRET.to_owned(),
        merchants: vec![
            merchant("a", Coupons::Own { prefix: "SHOP".to_owned() }),
            merchant("b", Coupons::WeChatPay),
        ],
        members: vec![member("a"), member("b")],
        think_ms: 0,
        forgetful: false,
    }
}

pub(crate) async fn ledger() -> Ledger {
    Ledger::open(&config()).await.unwrap()
}

pub(crate) fn body(kind: &str, id: &str, merchant: &str, data: &Value) -> Value {
    json!({
        "type": kind, "version": "1", "id": id, "merchant": merchant, "case": "exchange/R1", "attempt": 1, "data": data,
    })
}

pub(crate) async fn ask(ledger: &Ledger, kind: &str, id: &str, merchant: &str, data: Value) -> Value {
    let question = Question::read(body(kind, id, merchant, &data).to_string().as_bytes()).unwrap();
    ledger.answer(&question).await.unwrap()
}

/// As the relay sends it, with members that the shop does not need.
pub(crate) fn wish(record_id: &str, points: u64) -> Value {
    json!({
        "record_id": record_id, "exchange_coupon_template_id": "T", "brand_id": "1004", "card_id": "C",
        "openid": "oLi", "user_card_code": "1", "deduct_points": points, "stock_id": "S", "new_member": [1],
    })
}

pub(crate) fn settled(record_id: &str, result: &str) -> Value {
    let mut data = json!({ "effect": "confirm", "result": result, "exchange": wish(record_id, 100) });
    match result {
        "issued" => data["coupon_code"] = json!("WX1"),
        _ => data["reason"] = json!("券库存不足"),
    }
    data
}
