//! Payments and refunds of a business circle, cards, product coupons.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_relay::ConfirmShape::B;
use weipay_relay::Effect;
use weipay_relay::hook::{HookError, Settlement};
use weipay_relay::job::{Lane, State};
use weipay_relay::operate::{Command, Role, Who};
use weipay_relay::store::Scope;
use weipay_sandbox::world::ProductCouponState;
use weipay_sandbox::{ExchangePoints, Fault, MallPayment, MallRefund};

use crate::forge;
use crate::stage::{CARD, SYNC, Stage};

const NOTIFY: &str = "businesscircle_points_notify";

#[tokio::test]
async fn l19_a_payment_is_notified_also_when_nobody_says_what_it_earns() {
    let stage = Stage::set(B).await;
    stage.shop.books().fails = Some(HookError::failed("down"));
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    stage.until(&format!("payment/{paid}/points"), |job| job.attempts > 0).await;
    stage.clock.advance(Duration::from_hours(25));
    stage.reaches(&format!("payment/{paid}/points"), State::Settled).await;
    // points_update_time lies a day ahead of the sandbox, which refuses that: its time goes along.
    let job = stage.until(&format!("payment/{paid}/notify"), |job| job.state.is_final()).await;
    let sent = stage.sandbox.journal().for_operation(NOTIFY);
    let body: Value = serde_json::from_slice(&sent[0].request_body).unwrap();
    assert_eq!((&body["earn_points"], &body["increased_points"]), (&json!(false), &json!(0)));
    assert!(body["no_points_remarks"].is_string());
    assert_eq!(job.state, State::Parked, "25 virtual hours are 25 hours ahead of the sandbox's clock");
}

#[tokio::test]
async fn l18_l20_a_payment_earns_points_and_its_refunds_take_them_back() {
    let stage = Stage::set(B).await;
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    stage.reaches(&format!("payment/{paid}/notify"), State::Settled).await;
    assert_eq!(stage.sandbox.increased_points(&paid), Some(100));
    assert_eq!(stage.shop.books().balance, 1100);
    let mut refunds = Vec::new();
    for amount in [3_000, 2_000] {
        let order = MallRefund { transaction_id: paid.clone(), amount };
        refunds.push(stage.sandbox.refund_in_mall(order).await.unwrap());
    }
    for refund in refunds {
        stage.reaches(&format!("refund/{refund}/reverse"), State::Settled).await;
    }
    assert_eq!(stage.shop.books().balance, 1050);
}

#[tokio::test]
async fn the_balance_is_shown_after_a_payment_and_a_refund_of_a_member_whose_card_the_shop_knows() {
    let stage = Stage::set(B).await;
    stage.shop.books().card = Some(serde_json::from_value(forge::holder()).unwrap());
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    stage.reaches(&format!("payment/{paid}/sync"), State::Settled).await;
    assert_eq!(stage.sandbox.point_balance(CARD.0, CARD.1), Some(1100));
    let order = MallRefund { transaction_id: paid, amount: 3_000 };
    let refund = stage.sandbox.refund_in_mall(order).await.unwrap();
    stage.reaches(&format!("refund/{refund}/sync"), State::Settled).await;
    assert_eq!(stage.sandbox.point_balance(CARD.0, CARD.1), Some(1070));
}

#[tokio::test]
async fn of_the_balances_that_the_shop_shows_by_itself_the_newest_is_sent() {
    let stage = Stage::set(B).await;
    let operator = stage.relay().operator();
    let zhang = Who { name: "zhang".to_owned(), role: Role::Operator };
    let scope = Scope::Effects("shop".to_owned());
    operator.run(Command::Hold { scope: scope.clone(), note: None }, &zhang).await.unwrap();
    let mut keys = Vec::new();
    for balance in [1234, 1300] {
        let mut body = forge::holder();
        body["point_balance"] = json!(balance);
        stage.shop.books().effects = vec![Effect::of(SYNC).body(body)];
        let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
        let key = format!("payment/{paid}/points/0");
        let job = stage.until(&key, |job| job.state == State::Ready).await;
        assert!(job.work.absolute && job.work.order.is_some() && job.work.lane == Lane::Sync);
        keys.push(key);
    }
    assert_eq!(stage.job(&keys[0]).await.unwrap().state, State::Superseded);
    operator.run(Command::Release { scope, note: None }, &zhang).await.unwrap();
    stage.reaches(&keys[1], State::Settled).await;
    assert_eq!(stage.sandbox.point_balance(CARD.0, CARD.1), Some(1300));
    assert_eq!(stage.sandbox.journal().for_operation(SYNC).len(), 1);
}

#[tokio::test]
async fn t01_points_notify_is_repeated_with_the_same_time_and_counts_once() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(Fault::new("T01").unwrap().on(NOTIFY).times(1));
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    stage.reaches_in_time(&format!("payment/{paid}/notify"), State::Settled).await;
    let sent = stage.sandbox.journal().for_operation(NOTIFY);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].request_body, sent[1].request_body);
    assert_eq!(stage.sandbox.effects().len(), 1);
}

#[tokio::test]
async fn n04_a_refund_that_comes_before_its_payment_is_asked_about_and_so_is_the_payment() {
    let stage = Stage::set(B).await;
    let refund = json!({
        "mchid": "1234567890", "transaction_id": "4200000001", "refund_id": "5000000001", "appid": "wx1",
        "openid": "o1", "pay_amount": 10_000, "refund_amount": 1_000, "refund_time": "2026-01-01T00:00:00+08:00",
    });
    let payment = json!({
        "mchid": "1234567890", "transaction_id": "4200000001", "appid": "wx1", "openid": "o1",
        "amount": 10_000, "time_end": "2026-01-01T00:00:00+08:00",
    });
    assert_eq!(stage.post(forge::notification("n-1", "MALL_REFUND.SUCCESS", &refund)).await, 204);
    assert_eq!(stage.post(forge::notification("n-2", "MALL_TRANSACTION.SUCCESS", &payment)).await, 204);
    stage.reaches("refund/5000000001/reverse", State::Settled).await;
    stage.reaches("payment/4200000001/points", State::Settled).await;
    assert_eq!(stage.shop.books().balance, 1000 - 10 + 100);
}

#[tokio::test]
async fn l07_a_created_card_is_confirmed_with_the_shops_code_and_a_deleted_one_is_told() {
    let stage = Stage::set(B).await;
    let card = json!({
        "brand_id": "1004", "card_id": "C1", "openid": "o1", "card_type": "NORMAL", "user_card_state": "NOT_EFFECTIVE",
        "create_time": "2026-01-01T00:00:00+08:00", "modify_time": "2026-01-01T00:00:00+08:00",
    });
    let created = forge::notification("n-1", "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE", &card);
    assert_eq!(stage.post(created).await, 204);
    stage.holds("asked", || stage.shop.count("card") == 1).await;
    let operation = "brand_partner_card_member_user_cards_confirm";
    let journal = stage.sandbox.journal();
    stage.holds("confirmed", || !journal.for_operation(operation).is_empty()).await;
    let sent = &journal.for_operation(operation)[0];
    assert!(sent.target.contains("/user-cards/CARD0001/confirm?card_id=C1"), "{}", sent.target);
    let body: Value = serde_json::from_slice(&sent.request_body).unwrap();
    assert_eq!(body["user_card_confirm_state"], "CREATE_CARD_SUCCESS");
    let deleted = forge::notification("n-2", "BRAND_MEMBER_CARD_SP.USER_CARD.DELETE", &card);
    assert_eq!(stage.post(deleted).await, 204);
    stage.holds("told of the end", || stage.shop.count("card") == 2).await;
}

#[tokio::test]
async fn l09_a_given_product_coupon_is_confirmed_under_one_number() {
    let stage = Stage::set(B).await;
    let operation = "marketing_partner_product_coupon_users_coupons_confirm";
    stage.sandbox.inject(Fault::new("T01").unwrap().on(operation));
    let template = "0Flpo7FqTP".to_owned();
    let exchange = ExchangePoints { exchange_coupon_template_id: template, ..ExchangePoints::default() };
    let record = stage.sandbox.exchange_points(exchange).await.unwrap();
    stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
    let code = stage.sandbox.record(&record).unwrap().coupon_code.unwrap();
    let view = || stage.sandbox.product_coupon("1000000013001", &code).unwrap();
    stage.reaches_in_time(&format!("coupon/{code}/coupon-confirm"), State::Settled).await;
    assert_eq!(view().state, ProductCouponState::Effective);
    let sent = stage.sandbox.journal().for_operation(operation);
    assert_eq!(sent.len(), 2, "cut once, then repeated");
    assert_eq!(sent[0].request_body, sent[1].request_body);
}

#[tokio::test]
async fn an_effect_that_is_refused_is_told() {
    let stage = Stage::set(B).await;
    let payment = json!({
        "mchid": "1234567890", "transaction_id": "nobody-knows", "appid": "wx1", "openid": "o1", "amount": 10_000,
    });
    assert_eq!(stage.post(forge::notification("n-1", "MALL_TRANSACTION.SUCCESS", &payment)).await, 204);
    stage.reaches("payment/nobody-knows/notify", State::Parked).await;
    stage.reaches("payment/nobody-knows/notify/parked", State::Settled).await;
    assert!(matches!(stage.shop.told()[..], [Settlement::Parked { .. }]));
}
