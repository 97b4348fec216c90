//! Product coupons: the handshake after an exchange, and what becomes of them.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::{ProductCouponCodeMode, ProductCouponState, ProductCouponStockState};
use weipay_sandbox::{Error, ExchangePoints, Sandbox, World};

use crate::client::{CONFIRM, Client, documentation, sandbox, with};
use crate::receiver::{Act, Receiver};
use crate::sensitive::fits;

const ROOT: &str = "/v3/marketing/partner/product-coupon";
const CARD: &str = "pbLatjvWOibDc5-TBnbUk1pD12o0";
const MEMBER: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
const STOCK: &str = "1000000013001";
const APPID: &str = "wx1234567889999";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Exchanges points for the product coupon and decides.
async fn exchange(sandbox: &Sandbox, client: &Client, decision: Value) -> Value {
    let order =
        ExchangePoints { exchange_coupon_template_id: "0Flpo7FqTP".to_owned(), ..ExchangePoints::default() };
    let record_id = sandbox.exchange_points(order).await.unwrap();
    let base = json!({"record_id": record_id, "exchange_coupon_template_id": "0Flpo7FqTP", "brand_id": "1004",
        "card_id": CARD, "openid": MEMBER, "user_card_code": "478515832665"});
    let reply = client.json(CONFIRM, &with(&base, decision)).await;
    reply.is(200);
    reply.value()
}

fn allow() -> Value {
    json!({"result": "POINT_EXCHANGE_COUPON_ALLOW"})
}

fn body(number: &str, changes: Value) -> Value {
    let base = json!({"brand_id": "1004", "product_coupon_id": "1000000013", "stock_id": STOCK, "appid": APPID,
        "out_request_no": number});
    with(&base, changes)
}

fn used(sandbox: &Sandbox, number: &str) -> Value {
    let now = sandbox.business_time().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    body(
        number,
        json!({"use_time": now, "associated_order_info": {"out_trade_no": "T1", "mchid": "1900000109"}}),
    )
}

fn at(code: &str, step: &str) -> String {
    format!("{ROOT}/users/{MEMBER}/coupons/{code}/{step}")
}

fn query(code: &str) -> String {
    format!(
        "{ROOT}/users/{MEMBER}/coupons/{code}?brand_id=1004&product_coupon_id=1000000013&stock_id={STOCK}&appid={APPID}"
    )
}

async fn state(client: &Client, code: &str) -> String {
    client.get(&query(code)).await.value()["coupon_state"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_exchanged_coupon_is_told_and_cannot_be_used_before_it_is_confirmed() {
    let (card, coupons) =
        (Receiver::start(&[Act::Status(204)]).await, Receiver::start(&[Act::Status(204)]).await);
    let sandbox = Sandbox::builder().world(World::documentation().notify(&card.url)).start().await.unwrap();
    let client = Client::new(&sandbox);
    let config = format!("{ROOT}/notify-configs");
    client.get(&config).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.json(&config, &json!({"notify_url": "somewhere"})).await.refused(400, "PARAM_ERROR");
    let reply = client.json(&config, &json!({"notify_url": coupons.url})).await;
    let set = fits(&client, "marketing_partner_product_coupon_notify_configs_create", &reply);
    let reply = client.get(&config).await;
    assert_eq!(fits(&client, "marketing_partner_product_coupon_notify_configs_get", &reply), set);

    let answer = exchange(&sandbox, &client, allow()).await;
    assert_eq!(
        (&answer["state"], &answer["stock_id"]),
        (&json!("POINT_EXCHANGE_COUPON_SUCCESS"), &json!(STOCK))
    );
    let code = answer["coupon_code"].as_str().unwrap();
    sandbox.settled().await;
    assert_eq!((card.received().len(), coupons.received().len()), (1, 1));
    let notification = &coupons.received()[0];
    assert_eq!(notification.envelope()["event_type"], "PRODUCT_COUPON_SP.SEND");
    assert_eq!(notification.envelope()["resource"]["original_type"], "product_coupon");
    let told = notification.open(&client.credentials);
    assert_eq!((&told["coupon_code"], &told["openid"]), (&json!(code), &json!(MEMBER)));
    assert_eq!((&told["send_channel"], &told["send_request_no"]), (&json!("MEMBER"), &answer["record_id"]));
    for name in
        ["brand_id", "product_coupon_id", "stock_id", "appid", "unionid", "receive_time", "valid_end_time"]
    {
        assert!(told[name].is_string(), "{name}");
    }

    assert_eq!(state(&client, code).await, "CONFIRMING");
    client.json(&at(code, "use"), &used(&sandbox, "use-001")).await.refused(400, "INVALID_REQUEST");
    let reply = client.json(&at(code, "confirm"), &body("confirm-1", json!({}))).await;
    let confirmed = fits(&client, "marketing_partner_product_coupon_users_coupons_confirm", &reply);
    assert_eq!(
        (&confirmed["coupon_state"], &confirmed["confirm_request_no"]),
        (&json!("EFFECTIVE"), &json!("confirm-1"))
    );
    assert_eq!(client.json(&at(code, "confirm"), &body("confirm-1", json!({}))).await.value(), confirmed);
    client.json(&at(code, "confirm"), &body("confirm-2", json!({}))).await.refused(400, "INVALID_REQUEST");

    let reply = client.json(&at(code, "use"), &used(&sandbox, "use-001")).await;
    let answer = fits(&client, "marketing_partner_product_coupon_users_coupons_use", &reply);
    assert_eq!(answer["single_usage_detail"]["use_request_no"], "use-001");
    let view = sandbox.product_coupon(STOCK, code).unwrap();
    assert_eq!((view.state, view.use_request_no.as_deref()), (ProductCouponState::Used, Some("use-001")));
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["set", "exchanged", "confirmed", "used"]);
}

#[tokio::test]
async fn a_world_may_give_exchanged_coupons_ready_to_use() {
    let (sandbox, client) = sandbox(|world| world.product_coupon.exchanged_ready = true).await;
    let answer = exchange(&sandbox, &client, allow()).await;
    assert_eq!(state(&client, answer["coupon_code"].as_str().unwrap()).await, "EFFECTIVE");
    assert_eq!(sandbox.deliveries().len(), 1, "the exchange alone was told");
}

#[tokio::test]
async fn shape_a_gives_the_merchants_own_code() {
    let (sandbox, client) =
        sandbox(|world| world.product_coupon.stocks[0].code_mode = ProductCouponCodeMode::ApiAssign).await;
    let decision = json!({"state": "POINT_EXCHANGE_COUPON_SUCCESS", "coupon_code": "OWN-1"});
    exchange(&sandbox, &client, decision).await;
    assert_eq!(state(&client, "OWN-1").await, "CONFIRMING");
    // In today's shape the platform has no code to give from such a stock.
    let answer = exchange(&sandbox, &client, allow()).await;
    assert_eq!(answer["state"], "POINT_EXCHANGE_COUPON_FAIL");
}

#[tokio::test]
async fn l01_a_stock_that_cannot_give_fails_the_exchange() {
    for number in 0..4 {
        let (sandbox, client) = sandbox(|world| {
            let stock = &mut world.product_coupon.stocks[0];
            match number {
                0 => stock.max_count = 0,
                1 => stock.state = ProductCouponStockState::Paused,
                2 => stock.max_count_per_user = Some(0),
                _ => stock.code_mode = ProductCouponCodeMode::Upload,
            }
        })
        .await;
        let answer = exchange(&sandbox, &client, allow()).await;
        assert_eq!(answer["state"], "POINT_EXCHANGE_COUPON_FAIL");
        assert!(answer["reject_reason"].is_string() && answer.get("coupon_code").is_none());
        assert_eq!(sandbox.deliveries().len(), 1);
    }
}

/// A coupon that can be used.
async fn ready(sandbox: &Sandbox, client: &Client) -> String {
    let answer = exchange(sandbox, client, allow()).await;
    let code = answer["coupon_code"].as_str().unwrap().to_owned();
    client.json(&at(&code, "confirm"), &body("confirm-1", json!({}))).await.is(200);
    code
}

#[tokio::test]
async fn a_used_coupon_is_returned_and_used_again_under_a_new_number() {
    let (sandbox, client) = documentation().await;
    let code = ready(&sandbox, &client).await;
    client.json(&at(&code, "return"), &body("return-1", json!({}))).await.refused(400, "INVALID_REQUEST");
    let first = used(&sandbox, "use-001");
    client.json(&at(&code, "use"), &first).await.is(200);
    client.json(&at(&code, "use"), &first).await.is(200);
    client.json(&at(&code, "use"), &used(&sandbox, "use-002")).await.refused(400, "INVALID_REQUEST");
    client
        .json(&at(&code, "use"), &with(&first, json!({"saved_amount": 1})))
        .await
        .refused(400, "INVALID_REQUEST");
    let reply = client.json(&at(&code, "return"), &body("return-1", json!({}))).await;
    let returned = fits(&client, "marketing_partner_product_coupon_users_coupons_return", &reply);
    assert_eq!(
        (&returned["coupon_state"], &returned["single_usage_detail"]["return_request_no"]),
        (&json!("EFFECTIVE"), &json!("return-1"))
    );
    client.json(&at(&code, "return"), &body("return-1", json!({}))).await.is(200);
    client.json(&at(&code, "use"), &used(&sandbox, "use-002")).await.is(200);
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["exchanged", "confirmed", "used", "returned", "used"]);
}

#[tokio::test]
async fn a_coupon_waits_for_its_time_and_expires() {
    let (sandbox, client) = sandbox(|world| world.product_coupon.stocks[0].wait_days_after_receive = 2).await;
    let code = ready(&sandbox, &client).await;
    assert_eq!(state(&client, &code).await, "PENDING");
    client.json(&at(&code, "use"), &used(&sandbox, "use-001")).await.refused(400, "INVALID_REQUEST");
    sandbox.advance(DAY * 3).await;
    assert_eq!(state(&client, &code).await, "EFFECTIVE");
    let early =
        body("use-001", json!({"use_time": "2020-05-20T13:29:35+08:00", "associated_order_info": {}}));
    client.json(&at(&code, "use"), &early).await.refused(400, "INVALID_REQUEST");
    client.json(&at(&code, "use"), &used(&sandbox, "use-001")).await.is(200);
    sandbox.advance(DAY * 40).await;
    client.json(&at(&code, "return"), &body("return-1", json!({}))).await.is(200);
    assert_eq!(state(&client, &code).await, "EXPIRED");
    client
        .json(&at(&code, "deactivate"), &body("deactivate-1", json!({"deactivate_reason": "x"})))
        .await
        .refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn a_coupon_is_deactivated_for_good() {
    let (sandbox, client) = documentation().await;
    let code = ready(&sandbox, &client).await;
    let end = body("deactivate-1", json!({"deactivate_reason": "商品已下线"}));
    let reply = client.json(&at(&code, "deactivate"), &end).await;
    let ended = fits(&client, "marketing_partner_product_coupon_users_coupons_deactivate", &reply);
    assert_eq!(
        (&ended["coupon_state"], &ended["deactivate_reason"]),
        (&json!("DEACTIVATED"), &json!("商品已下线"))
    );
    client.json(&at(&code, "use"), &used(&sandbox, "use-001")).await.refused(400, "INVALID_REQUEST");
    assert!(matches!(sandbox.delete_product_coupon(STOCK, &code).await, Err(Error::State(_))));
}

#[tokio::test]
async fn l10_a_user_deletes_a_coupon_and_nobody_is_told() {
    let (sandbox, client) = documentation().await;
    let code = ready(&sandbox, &client).await;
    let told = sandbox.deliveries().len();
    sandbox.delete_product_coupon(STOCK, &code).await.unwrap();
    assert_eq!(sandbox.deliveries().len(), told);
    let reply = client.get(&query(&code)).await;
    let shown = fits(&client, "marketing_partner_product_coupon_users_coupons_get_by_coupon_code", &reply);
    assert_eq!(shown["coupon_state"], "DELETED");
    client.json(&at(&code, "use"), &used(&sandbox, "use-001")).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn l21_names_that_do_not_belong_together_are_refused() {
    let (sandbox, client) = documentation().await;
    let code = ready(&sandbox, &client).await;
    let attempt = async |changes: Value| {
        client.json(&at(&code, "use"), &with(&used(&sandbox, "use-001"), changes)).await
    };
    attempt(json!({"appid": "wx2345678901bcdefa"})).await.refused(400, "INVALID_REQUEST");
    attempt(json!({"stock_id": "100088"})).await.refused(404, "RESOURCE_NOT_EXISTS");
    attempt(json!({"brand_id": "2008"})).await.refused(403, "NO_AUTH");
    for number in ["short", "with blank", &"x".repeat(41)] {
        let reply = attempt(json!({"out_request_no": number})).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], "/out_request_no");
    }
    let ahead = sandbox.business_time() + jiff::SignedDuration::from_mins(6);
    attempt(json!({"use_time": ahead.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()}))
        .await
        .refused(400, "PARAM_ERROR");
    assert_eq!(state(&client, &code).await, "EFFECTIVE");
}

#[tokio::test]
async fn a_merchant_sends_coupons_by_number_and_by_token() {
    let (sandbox, client) =
        sandbox(|world| world.product_coupon.stocks[0].max_count_per_user = Some(2)).await;
    let send = json!({"brand_id": "1004", "product_coupon_id": "1000000013", "stock_id": STOCK, "appid": APPID,
        "send_request_no": "send-01", "attach": "x"});
    let target = format!("{ROOT}/users/{MEMBER}/coupons");
    let reply = client.json(&target, &send).await;
    let sent = fits(&client, "marketing_partner_product_coupon_users_coupons_create", &reply);
    assert_eq!((&sent["coupon_state"], &sent["attach"]), (&json!("CONFIRMING"), &json!("x")));
    assert_eq!(client.json(&target, &send).await.value(), sent);
    let with_code = with(&send, json!({"send_request_no": "send-02", "coupon_code": "OWN-1"}));
    client.json(&target, &with_code).await.refused(400, "INVALID_REQUEST");

    let pre = format!("{ROOT}/users/{MEMBER}/pre-send-coupon");
    let reply = client.json(&pre, &with(&send, json!({"send_request_no": "send-03"}))).await;
    let answer = fits(&client, "marketing_partner_product_coupon_users_pre_send_coupon", &reply);
    let token = answer["token"].as_str().unwrap();
    let code = sandbox.take_product_coupon(token).await.unwrap();
    assert!(matches!(sandbox.take_product_coupon(token).await, Err(Error::State(_))));
    assert_eq!(client.get(&query(&code)).await.value()["send_channel"], "RECEIVE_COMPONENT");
    client
        .json(&target, &with(&send, json!({"send_request_no": "send-04"})))
        .await
        .refused(400, "INVALID_REQUEST");

    let list = |filter: &str| format!("{target}?appid={APPID}&brand_id=1004{filter}");
    let reply = client.get(&list("&page_size=1")).await;
    let page = fits(&client, "marketing_partner_product_coupon_users_coupons_list", &reply);
    assert_eq!(
        (&page["total_count"], &page["user_coupon_list"][0]["coupon_code"]),
        (&json!(2), &sent["coupon_code"])
    );
    let next = page["next_page_token"].as_str().unwrap();
    let page = client.get(&list(&format!("&page_size=1&page_token={next}"))).await.value();
    assert_eq!(
        (&page["user_coupon_list"][0]["coupon_code"], page.get("next_page_token")),
        (&json!(code), None)
    );
    assert_eq!(client.get(&list("&coupon_state=EFFECTIVE")).await.value()["total_count"], 0);
}

/// A product coupon with a stock of uploaded codes.
fn product() -> Value {
    json!({"brand_id": "1004", "out_request_no": "product-1", "scope": "ALL", "type": "NORMAL", "usage_mode": "SINGLE",
        "single_usage_info": {"normal_coupon": {"threshold": 10000, "discount_amount": 100}},
        "display_info": {"name": "满100减1", "image_url": "https://a/b", "background_url": "https://a/c"},
        "stock": stock("UPLOAD")})
}

fn stock(mode: &str) -> Value {
    json!({"remark": "first", "coupon_code_mode": mode,
        "stock_send_rule": {"max_count": 10, "max_count_per_day": 5, "max_count_per_user": 5},
        "single_usage_rule": {"coupon_available_period": {"available_begin_time": "2020-08-01T00:00:00+08:00",
            "available_end_time": "2098-08-31T23:59:59+08:00", "available_days": 10},
            "normal_coupon": {"threshold": 10000, "discount_amount": 100}},
        "usage_rule_display_info": {"coupon_usage_method_list": ["OFFLINE"], "usage_description": "工作日可用"},
        "coupon_display_info": {"code_display_mode": "QRCODE"}, "notify_config": {"notify_appid": APPID},
        "store_scope": "NONE"})
}

#[tokio::test]
async fn codes_are_uploaded_with_partial_success_and_given_in_order() {
    let (_sandbox, client) = documentation().await;
    let reply = client.json(&format!("{ROOT}/product-coupons"), &product()).await;
    let created = fits(&client, "marketing_partner_product_coupon_product_coupons_create", &reply);
    let id = created["product_coupon_id"].as_str().unwrap();
    let stock_id = created["stock"]["stock_id"].as_str().unwrap();
    assert_eq!(created["stock"]["single_usage_rule"], stock("UPLOAD")["single_usage_rule"]);
    let target = format!("{ROOT}/product-coupons/{id}/stocks/{stock_id}/upload-coupon-codes");
    let upload = |number: &str, codes: Value| json!({"brand_id": "1004", "out_request_no": number, "code_list": codes});
    client.json(&target, &upload("upload-1", json!(["A"]))).await.is(200);
    let reply = client.json(&target, &upload("upload-2", json!(["B", "A", "B", "bad code", "C"]))).await;
    let answer =
        fits(&client, "marketing_partner_product_coupon_product_coupons_stocks_upload_coupon_codes", &reply);
    assert_eq!((&answer["total_count"], &answer["success_code_list"]), (&json!(4), &json!(["B", "C"])));
    assert_eq!(
        (&answer["already_exist_code_list"], &answer["duplicate_code_list"]),
        (&json!(["A"]), &json!(["B"]))
    );
    assert_eq!(answer["failed_code_list"][0]["coupon_code"], "bad code");
    let send = |number: &str, code: Value| {
        let body = json!({"brand_id": "1004", "product_coupon_id": id, "stock_id": stock_id, "appid": APPID,
            "send_request_no": number, "coupon_code": code});
        with(&body, json!({}))
    };
    let users = format!("{ROOT}/users/oAnybody/coupons");
    let first = with(&send("send-01", json!("x")), json!({"coupon_code": null}));
    assert_eq!(client.json(&users, &first).await.value()["coupon_code"], "A");
    assert_eq!(client.json(&users, &send("send-02", json!("C"))).await.value()["coupon_code"], "C");
    client.json(&users, &send("send-03", json!("C"))).await.refused(400, "INVALID_REQUEST");
    let reply = client.get(&format!("{ROOT}/product-coupons/{id}/stocks/{stock_id}?brand_id=1004")).await;
    let shown =
        fits(&client, "marketing_partner_product_coupon_product_coupons_stocks_get_by_stock_id", &reply);
    assert_eq!(shown["coupon_code_count_info"], json!({"total_count": 3, "available_count": 1}));
    assert_eq!(shown["sent_count_info"], json!({"total_count": 2, "today_count": 2}));
}

#[tokio::test]
async fn a_budget_is_changed_by_who_knows_the_present_one() {
    let (_sandbox, client) = documentation().await;
    let target = format!("{ROOT}/product-coupons/1000000013/stocks/{STOCK}/update-budget");
    let budget = |number: &str, current: u64, target: u64| {
        json!({"brand_id": "1004", "out_request_no": number, "update_mode": "MAX_COUNT",
            "current_max_count": current, "target_max_count": target})
    };
    client.json(&target, &budget("budget-1", 5, 10)).await.refused(400, "INVALID_REQUEST");
    let reply = client.json(&target, &budget("budget-1", 1_000_000, 10)).await;
    let answer =
        fits(&client, "marketing_partner_product_coupon_product_coupons_stocks_update_budget", &reply);
    assert_eq!(answer["stock_send_rule"]["max_count"], 10);
    client.json(&target, &budget("budget-1", 1_000_000, 10)).await.is(200);
    client.json(&target, &budget("budget-2", 1_000_000, 20)).await.refused(400, "INVALID_REQUEST");
    let unfit = with(&budget("budget-3", 10, 20), json!({"update_mode": "MAX_COUNT_PER_DAY"}));
    let reply = client.json(&target, &unfit).await;
    assert_eq!(reply.value()["detail"]["field"], "/current_max_count_per_day");
}

#[tokio::test]
async fn product_coupons_and_stocks_are_changed_and_end() {
    let (_sandbox, client) = documentation().await;
    let several = with(&product(), json!({"usage_mode": "SEQUENTIAL"}));
    client.json(&format!("{ROOT}/product-coupons"), &several).await.refused(501, "NOT_IMPLEMENTED");
    let base = format!("{ROOT}/product-coupons/1000000013");
    let create = json!({"brand_id": "1004", "out_request_no": "stock-1", "stock": stock("WECHATPAY")});
    let reply = client.json(&format!("{base}/stocks"), &create).await;
    let created = fits(&client, "marketing_partner_product_coupon_product_coupons_stocks_create", &reply);
    let id = created["stock_id"].as_str().unwrap();
    let change = json!({"brand_id": "1004", "out_request_no": "change-1", "remark": "second"}).to_string();
    let reply = client.send(&client.draft("PATCH", &format!("{base}/stocks/{id}"), &change)).await;
    let changed =
        fits(&client, "marketing_partner_product_coupon_product_coupons_stocks_update_by_stock_id", &reply);
    assert_eq!(changed["remark"], "second");
    let end = json!({"brand_id": "1004", "out_request_no": "end-01", "deactivate_reason": "错误"});
    let reply = client.json(&format!("{base}/stocks/{id}/deactivate"), &end).await;
    let ended = fits(&client, "marketing_partner_product_coupon_product_coupons_stocks_deactivate", &reply);
    assert_eq!(ended["state"], "DEACTIVATED");
    let reply = client.get(&format!("{base}/stocks?brand_id=1004&state=SENDING")).await;
    let listed = fits(&client, "marketing_partner_product_coupon_product_coupons_stocks_list", &reply);
    assert_eq!((&listed["total_count"], &listed["stock_list"][0]["stock_id"]), (&json!(1), &json!(STOCK)));

    let display = json!({"name": "新", "image_url": "https://a/b", "background_url": "https://a/c"});
    let change =
        json!({"brand_id": "1004", "out_request_no": "change-1", "display_info": display}).to_string();
    let reply = client.send(&client.draft("PATCH", &base, &change)).await;
    fits(&client, "marketing_partner_product_coupon_product_coupons_update_by_product_coupon_id", &reply);
    let reply = client.json(&format!("{base}/deactivate"), &end).await;
    let ended = fits(&client, "marketing_partner_product_coupon_product_coupons_deactivate", &reply);
    assert_eq!((&ended["state"], &ended["display_info"]), (&json!("DEACTIVATED"), &display));
    let reply = client.get(&format!("{base}?brand_id=1004")).await;
    fits(&client, "marketing_partner_product_coupon_product_coupons_get_by_product_coupon_id", &reply);
    client
        .json(&format!("{base}/stocks"), &with(&create, json!({"out_request_no": "stock-2"})))
        .await
        .refused(400, "INVALID_REQUEST");
    let send = json!({"brand_id": "1004", "product_coupon_id": "1000000013", "stock_id": STOCK, "appid": APPID,
        "send_request_no": "send-01"});
    client.json(&format!("{ROOT}/users/{MEMBER}/coupons"), &send).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn a_brand_confirms_its_own_coupons_and_has_its_own_address() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, partner) = sandbox(|world| world.product_coupon.stocks[0].partner = None).await;
    let brand = Client::of_brand(&sandbox);
    let config = "/brand/marketing/product-coupon/notify-configs";
    let reply = brand.json(config, &json!({"notify_url": receiver.url})).await;
    fits(&brand, "brand_marketing_product_coupon_notify_configs_create", &reply);
    fits(&brand, "brand_marketing_product_coupon_notify_configs_get", &brand.get(config).await);
    partner.get(&format!("{ROOT}/notify-configs")).await.refused(404, "RESOURCE_NOT_EXISTS");
    let answer = exchange(&sandbox, &partner, allow()).await;
    sandbox.settled().await;
    assert_eq!(receiver.received()[0].envelope()["event_type"], "PRODUCT_COUPON.SEND");
    let code = answer["coupon_code"].as_str().unwrap();
    let path = format!("/brand/marketing/product-coupon/users/{MEMBER}/coupons/{code}/confirm");
    let reply = brand.json(&path, &with(&body("confirm-1", json!({})), json!({"brand_id": null}))).await;
    let confirmed = fits(&brand, "brand_marketing_product_coupon_users_coupons_confirm", &reply);
    assert_eq!(confirmed["coupon_state"], "EFFECTIVE");
}
