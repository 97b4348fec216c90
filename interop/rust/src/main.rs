//! wxpay-rs, as published on crates.io, against a running sandbox: `weipay-interop-rust ENV_FILE`.
//! Bodies and paths are those of the documentation pages that this project started from.

mod sandbox;
mod shop;

use serde_json::{Value, json};
use wxpay_rs::WxPayError;
use wxpay_rs::http::HttpMethod;
use wxpay_rs::notify::{PaymentExpectation, RefundExpectation};

use sandbox::{Receiver, Sandbox};
use shop::{Keys, Shop};

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// One fact that has to hold, or what was found instead.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, not {expected:?}").into()) }
}

async fn payment(sandbox: &Sandbox, shop: &Shop, number: &str) -> Outcome {
    let mut receiver = Receiver::start().await?;
    let prepay_id = shop.order(number, 100, &receiver.url).await?;
    let parameters = shop.client.jsapi().build_pay_params(&prepay_id).await?;
    same(
        "package",
        serde_json::to_value(&parameters)?["package"].clone(),
        json!(format!("prepay_id={prepay_id}")),
    )?;
    same("before", shop.client.query().by_out_trade_no(number).await?.trade_state, "NOTPAY".to_owned())?;

    sandbox.pays(&prepay_id).await?;
    let received = receiver.next().await?;
    let verified = shop.client.notify_handler()?.verify_and_parse(received.headers(), &received.body).await?;
    same("event", verified.request().notify_type.as_str(), "TRANSACTION.SUCCESS")?;
    let paid = shop.client.notify_handler()?.handle_verified_payment_notify(&verified).await?;
    let (appid, mchid) = (shop::APPID, shop.mchid.as_str());
    paid.validate_order(PaymentExpectation {
        appid,
        mchid,
        out_trade_no: number,
        total: 100,
        currency: "CNY",
    })?;

    let order = shop.client.query().by_transaction_id(&paid.transaction_id).await?;
    same("after", (order.trade_state, order.out_trade_no), ("SUCCESS".to_owned(), Some(number.to_owned())))
}

async fn refund(sandbox: &Sandbox, shop: &Shop) -> Outcome {
    let (number, back) = ("rust-refund-1", "rust-refund-1-back");
    payment(sandbox, shop, number).await?;
    let mut receiver = Receiver::start().await?;
    let refund = shop.refund(number, back, 30, 100, &receiver.url).await?;
    same("refund", (refund.out_refund_no.as_str(), refund.status.as_str()), (back, "PROCESSING"))?;
    sandbox.advance("24h").await?;
    let received = receiver.next().await?;
    let handler = shop.client.notify_handler()?;
    let verified = handler.verify_and_parse(received.headers(), &received.body).await?;
    let told = handler.handle_verified_refund_notify(&verified).await?;
    let mchid = shop.mchid.as_str();
    told.validate_order(RefundExpectation {
        mchid,
        out_trade_no: number,
        out_refund_no: back,
        total: 100,
        refund: 30,
    })?;
    same("query", shop.client.refund().query_refund(back).await?.status, "SUCCESS".to_owned())
}

async fn confirm(shop: &Shop) -> Outcome {
    let body = json!({
        "record_id": "pbLatjvWOibDc5-TBnbUk1pD12o0", "exchange_coupon_template_id": "0Flpo7FqTQ", "brand_id": "1004",
        "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0", "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA",
        "user_card_code": "478515832665", "state": "POINT_EXCHANGE_COUPON_SUCCESS", "coupon_code": "123446565767",
        "fail_reason": "积分不足",
    });
    let path = "/v3/brand/partner/card-member/user-points/exchange-coupon/confirm";
    let answer: Value =
        shop.transport.request(HttpMethod::Post, path, Some(&body.to_string()), "confirm").await?;
    same("record_id", &answer["record_id"], &body["record_id"])?;
    same("state", &answer["state"], &body["state"])
}

async fn points_notify(shop: &Shop) -> Outcome {
    let body = json!({
        "sub_mchid": "1234567890", "transaction_id": "1217752501201407033233368018", "appid": "wx1234567890abcdef",
        "openid": "oWmnN4xxxxxxxxxxe92NHIGf1xd8", "earn_points": true, "increased_points": 100,
        "points_update_time": "2020-05-20T13:29:35.120+08:00", "no_points_remarks": "商品不参与积分活动",
        "total_points": 888_888,
    });
    shop.empty("/v3/businesscircle/points/notify", &body).await
}

async fn coupons_use(shop: &Shop) -> Outcome {
    let body = json!({
        "coupon_code": "sxxe34343434", "stock_id": "100088", "appid": "wx1234567889999",
        "use_time": "2015-05-20T13:29:35+08:00", "use_request_no": "1002600620019090123143254435",
        "openid": "xsd3434454567676",
    });
    let path = "/v3/marketing/busifavor/coupons/use";
    let answer: Value =
        shop.transport.request(HttpMethod::Post, path, Some(&body.to_string()), "use").await?;
    same("stock_id", &answer["stock_id"], &body["stock_id"])?;
    same("openid", &answer["openid"], &body["openid"])
}

async fn bonus_commit(shop: &Shop) -> Outcome {
    let body = json!({
        "out_trade_no": "1217752501201407033233368018", "mchid": "1230000109", "sub_mchid": "1900000109",
        "bonus_value": 30,
    });
    shop.empty("/v3/marketing/membercard-open/cards/478515832665/codes/478515832665/bonus/commit", &body)
        .await
}

async fn wrong_platform_key(sandbox: &Sandbox) -> Outcome {
    let shop =
        Shop::new(&sandbox.environment, Keys { platform: Some(shop::stranger()?.public), ..Keys::default() })
            .await?;
    match shop.order("rust-wrong-platform", 1, "http://127.0.0.1:1/").await {
        Err(error)
            if matches!(
                *error.downcast_ref().ok_or("another error")?,
                WxPayError::SignatureVerificationFailed
            ) =>
        {
            Ok(())
        }
        other => Err(format!("not refused as it should be: {other:?}").into()),
    }
}

async fn wrong_merchant_key(sandbox: &Sandbox) -> Outcome {
    let shop = Shop::new(
        &sandbox.environment,
        Keys { merchant: Some(shop::stranger()?.private), ..Keys::default() },
    )
    .await?;
    match shop.order("rust-wrong-merchant", 1, "http://127.0.0.1:1/").await {
        Err(error) => match error.downcast_ref() {
            Some(WxPayError::ApiError { code, .. }) => same("code", code.as_str(), "SIGN_ERROR"),
            _ => Err(error),
        },
        Ok(_) => Err("the sandbox took a wrong signature".into()),
    }
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match checks().await {
        Ok(0) => std::process::ExitCode::SUCCESS,
        Ok(_) => std::process::ExitCode::FAILURE,
        Err(error) => {
            println!("FAIL  {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Runs all checks; returns how many failed.
async fn checks() -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let sandbox = Sandbox::of(&std::env::args().nth(1).ok_or("usage: weipay-interop-rust ENV_FILE")?)?;
    let shop = Shop::new(&sandbox.environment, Keys::default()).await?;
    let outcomes = [
        ("POST …/exchange-coupon/confirm: the record", confirm(&shop).await),
        ("POST …/businesscircle/points/notify: empty", points_notify(&shop).await),
        ("POST …/busifavor/coupons/use: stock, user", coupons_use(&shop).await),
        ("POST …/bonus/commit: empty", bonus_commit(&shop).await),
        (
            "a payment: prepay, query, callback verified and decrypted",
            payment(&sandbox, &shop, "rust-pay-1").await,
        ),
        ("a refund: asked for, 24 h later told, query", refund(&sandbox, &shop).await),
        (
            "24 h later: calls and callbacks are accepted as before",
            payment(&sandbox, &shop, "rust-pay-2").await,
        ),
        ("a wrong platform key: the SDK refuses the answer", wrong_platform_key(&sandbox).await),
        ("a wrong merchant key: the sandbox refuses the request", wrong_merchant_key(&sandbox).await),
    ];
    let mut failed = 0;
    for (name, outcome) in &outcomes {
        match outcome {
            Ok(()) => println!("ok    {name}"),
            Err(error) => {
                failed += 1;
                println!("FAIL  {name}: {error}");
            }
        }
    }
    println!("{} passed, {failed} failed", outcomes.len() - failed);
    Ok(failed)
}
