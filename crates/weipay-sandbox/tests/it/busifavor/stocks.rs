//! Stocks: created, shown, changed, and their budget.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::StockState;

use super::{SEND, STOCKS, parcel, patch, send, stock, terms};
use crate::catalogue::answers_fit;
use crate::client::{Client, documentation, with};

#[tokio::test]
async fn a_stock_is_created_once_per_number_and_shown_as_it_was_created() {
    let (sandbox, client) = documentation().await;
    let body = with(
        &terms("one"),
        json!({"custom_entrance": {"appid": "wx324345hgfhfghfg", "code_display_mode": "BARCODE"},
            "notify_config": {"notify_appid": "wx1234567889999"}, "subsidy": true}),
    );
    let reply = client.json(STOCKS, &body).await;
    reply.is(200);
    client.verify(&reply);
    client.json(STOCKS, &body).await.refused(400, "RESOURCE_ALREADY_EXISTS");
    let id = reply.value()["stock_id"].as_str().unwrap().to_owned();
    let shown = client.get(&format!("{STOCKS}/{id}")).await.value();
    for name in [
        "stock_name",
        "belong_merchant",
        "comment",
        "goods_name",
        "stock_type",
        "coupon_use_rule",
        "stock_send_rule",
        "custom_entrance",
        "coupon_code_mode",
        "notify_config",
        "subsidy",
    ] {
        assert_eq!(shown[name], body[name], "{name}");
    }
    assert_eq!((&shown["stock_state"], &shown["stock_id"]), (&json!("RUNNING"), &json!(id)));
    send(&client, &id, "s1").await;
    let shown = client.get(&format!("{STOCKS}/{id}")).await.value();
    assert_eq!(
        shown["send_count_information"],
        json!({"total_send_num": 1, "today_send_num": 1, "total_send_amount": 500, "today_send_amount": 500})
    );
    assert_eq!(sandbox.effects().iter().filter(|effect| effect.what == "created").count(), 1);
    answers_fit(&sandbox);
}

#[tokio::test]
async fn a_stock_is_shown_to_its_merchants_only() {
    let (sandbox, client) = documentation().await;
    let id = stock(&client, json!({"belong_merchant": "1234567890"})).await;
    Client::of(&sandbox, "1900000200").get(&format!("{STOCKS}/{id}")).await.refused(403, "NOAUTH");
    client.get(&format!("{STOCKS}/404")).await.refused(404, "RESOURCE_NOT_EXISTS");
    client
        .json(STOCKS, &with(&terms("n1"), json!({"belong_merchant": "1900000200"})))
        .await
        .refused(403, "NOAUTH");
    client
        .json(STOCKS, &with(&terms("n2"), json!({"belong_merchant": "9999999999"})))
        .await
        .refused(400, "MCH_NOT_EXISTS");
}

#[tokio::test]
async fn terms_that_do_not_fit_are_named_by_their_pointer() {
    let (sandbox, client) = documentation().await;
    let rule = |changes: Value| json!({"coupon_use_rule": with(&terms("x")["coupon_use_rule"], changes)});
    let available = |changes: Value| {
        rule(json!({"coupon_available_time":
            with(&terms("x")["coupon_use_rule"]["coupon_available_time"], changes)}))
    };
    let amount = |amount: i64| {
        rule(json!({"fixed_normal_coupon": {"discount_amount": amount, "transaction_minimum": 0}}))
    };
    for (changes, field) in [
        (json!({"stock_type": "DISCOUNT"}), "/coupon_use_rule/discount_coupon"),
        (json!({"stock_type": "EXCHANGE"}), "/coupon_use_rule/exchange_coupon"),
        (amount(0), "/coupon_use_rule/fixed_normal_coupon/discount_amount"),
        (amount(10_000_001), "/coupon_use_rule/fixed_normal_coupon/discount_amount"),
        (rule(json!({"use_method": "MINI_PROGRAMS"})), "/coupon_use_rule/mini_programs_appid"),
        (
            available(json!({"available_end_time": "2015-05-20T13:29:35+08:00"})),
            "/coupon_use_rule/coupon_available_time/available_end_time",
        ),
        (
            available(json!({"available_week": {"week_day": [1, 7]}})),
            "/coupon_use_rule/coupon_available_time/available_week/week_day/1",
        ),
        (
            available(json!({"available_week": {"available_day_time": [{"begin_time": 5, "end_time": 4}]}})),
            "/coupon_use_rule/coupon_available_time/available_week/available_day_time/0",
        ),
        (
            available(json!({"irregulary_avaliable_time": [{"begin_time": "2020-05-20T13:29:35+08:00"}]})),
            "/coupon_use_rule/coupon_available_time/irregulary_avaliable_time/0",
        ),
        (
            json!({"stock_send_rule": {"max_coupons": 1, "max_coupons_per_user": 0}}),
            "/stock_send_rule/max_coupons_per_user",
        ),
        (
            json!({"custom_entrance": {"mini_programs_info": {"mini_programs_appid": "wx1",
                "mini_programs_path": "/p", "entrance_words": "六个字的入口"}}}),
            "/custom_entrance/mini_programs_info/entrance_words",
        ),
    ] {
        let reply = client.json(STOCKS, &with(&terms("wrong"), changes)).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], field);
    }
    assert!(sandbox.effects().is_empty());
    stock(&client, json!({"out_request_no": "wrong"})).await;
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name() {
    let (sandbox, client) = documentation().await;
    let id = stock(&client, json!({})).await;
    let target = format!("{STOCKS}/{id}");
    let change = json!({"out_request_no": "c1", "stock_name": "新名称",
        "coupon_use_rule": {"use_method": "SELF_CONSUME"}, "stock_send_rule": {"prevent_api_abuse": true}});
    patch(&client, &target, &change).await.is(204);
    patch(&client, &target, &change).await.is(204);
    patch(&client, &target, &with(&change, json!({"stock_name": "另一个"})))
        .await
        .refused(400, "INVALID_REQUEST");
    let shown = client.get(&target).await.value();
    assert_eq!((&shown["stock_name"], &shown["comment"]), (&json!("新名称"), &json!("活动使用")));
    assert_eq!(shown["coupon_use_rule"]["use_method"], "SELF_CONSUME");
    assert_eq!(shown["coupon_use_rule"]["fixed_normal_coupon"]["discount_amount"], 500);
    assert_eq!(
        (&shown["stock_send_rule"]["max_coupons"], &shown["stock_send_rule"]["prevent_api_abuse"]),
        (&json!(10), &json!(true))
    );
    answers_fit(&sandbox);
}

#[tokio::test]
async fn l17_a_budget_changes_only_from_its_current_value() {
    let (sandbox, client) = documentation().await;
    let id = stock(&client, json!({})).await;
    let target = format!("{STOCKS}/{id}/budget");
    // As on the page: 0 is no target, and both current values are sent.
    let raise = json!({"target_max_coupons": 30, "target_max_coupons_by_day": 0, "current_max_coupons": 10,
        "current_max_coupons_by_day": 0, "modify_budget_request_no": "b1"});
    let first = patch(&client, &target, &raise).await;
    first.is(200);
    assert_eq!(first.value(), json!({"max_coupons": 30}));
    assert_eq!(
        patch(&client, &target, &raise).await.body,
        first.body,
        "the same number gets the same answer"
    );
    let stale = with(&raise, json!({"target_max_coupons": 40, "modify_budget_request_no": "b2"}));
    patch(&client, &target, &stale).await.refused(400, "INVALID_REQUEST");
    // The client reads again and repeats under the number that was refused.
    let current =
        client.get(&format!("{STOCKS}/{id}")).await.value()["stock_send_rule"]["max_coupons"].clone();
    patch(&client, &target, &with(&stale, json!({"current_max_coupons": current}))).await.is(200);
    let day = json!({"target_max_coupons_by_day": 1, "current_max_coupons_by_day": 0, "modify_budget_request_no": "b3"});
    assert_eq!(
        patch(&client, &target, &day).await.value(),
        json!({"max_coupons": 40, "max_coupons_by_day": 1})
    );
    for (changes, code) in [
        (json!({"target_max_coupons": 50, "current_max_coupons": 40}), "PARAM_ERROR"),
        (json!({"target_max_coupons_by_day": null}), "PARAM_ERROR"),
        (json!({"current_max_coupons_by_day": null}), "PARAM_ERROR"),
        (json!({"target_max_coupons_by_day": -1}), "PARAM_ERROR"),
    ] {
        let body = with(&with(&day, json!({"modify_budget_request_no": "b4"})), changes);
        patch(&client, &target, &body).await.refused(400, code);
    }
    send(&client, &id, "s1").await;
    client.json(SEND, &parcel(&id, "s2")).await.refused(403, "RULELIMIT");
    sandbox.advance(Duration::from_secs(24 * 3600)).await;
    send(&client, &id, "s2").await;
    let less = json!({"target_max_coupons": 1, "current_max_coupons": 40, "modify_budget_request_no": "b5"});
    patch(&client, &target, &less).await.refused(400, "INVALID_REQUEST");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn the_merchant_platform_pauses_and_stops_and_time_ends_a_stock() {
    let (sandbox, client) = documentation().await;
    let id = stock(&client, json!({})).await;
    sandbox.set_stock_state(&id, StockState::Paused).await.unwrap();
    client.json(SEND, &parcel(&id, "s1")).await.refused(403, "RULELIMIT");
    assert!(sandbox.take_coupon(&id, "oAnybody").await.is_err());
    assert_eq!(client.get(&format!("{STOCKS}/{id}")).await.value()["stock_state"], "PAUSED");
    sandbox.set_stock_state(&id, StockState::Running).await.unwrap();
    send(&client, &id, "s1").await;
    sandbox.set_stock_state(&id, StockState::Stoped).await.unwrap();
    assert!(sandbox.set_stock_state(&id, StockState::Running).await.is_err());

    let end = sandbox.business_time() + Duration::from_secs(3600);
    let soon = json!({"coupon_use_rule": with(&terms("x")["coupon_use_rule"], json!({"coupon_available_time":
        {"available_begin_time": "2015-05-20T13:29:35+08:00", "available_end_time": end.to_string()}})),
        "out_request_no": "soon"});
    let id = stock(&client, soon).await;
    sandbox.advance(Duration::from_secs(3602)).await;
    client.json(SEND, &parcel(&id, "s3")).await.refused(403, "RULELIMIT");
    let change = json!({"out_request_no": "late", "stock_name": "新名称"});
    patch(&client, &format!("{STOCKS}/{id}"), &change).await.refused(400, "INVALID_REQUEST");
}
