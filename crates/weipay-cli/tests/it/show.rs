//! `weipay show` tells what is known, and says so where nothing is published.

use serde_json::{Value, json};

use crate::process::weipay;

fn shown(arguments: &[&str]) -> String {
    let output = weipay(&[&["show"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn page(name: &str) -> Value {
    serde_json::from_str(&shown(&[name, "--json"])).unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let output = weipay(&[&["show"], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

/// The four operations of the pages with the bodies that are printed there.
fn pages() -> [(&'static str, Value); 4] {
    [
        (
            "/v3/brand/partner/card-member/user-points/exchange-coupon/confirm",
            json!({
                "record_id": "pbLatjvWOibDc5-TBnbUk1pD12o0", "exchange_coupon_template_id": "0Flpo7FqTQ",
                "brand_id": "1004", "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0",
                "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA", "user_card_code": "478515832665",
                "state": "POINT_EXCHANGE_COUPON_SUCCESS", "coupon_code": "123446565767", "fail_reason": "积分不足",
            }),
        ),
        (
            "/v3/marketing/busifavor/coupons/use",
            json!({
                "coupon_code": "sxxe34343434", "stock_id": "100088", "appid": "wx1234567889999",
                "use_time": "2015-05-20T13:29:35+08:00", "use_request_no": "1002600620019090123143254435",
                "openid": "xsd3434454567676",
            }),
        ),
        (
            "/v3/businesscircle/points/notify",
            json!({
                "sub_mchid": "1234567890", "transaction_id": "1217752501201407033233368018",
                "appid": "wx1234567890abcdef", "openid": "oWmnN4xxxxxxxxxxe92NHIGf1xd8", "earn_points": true,
                "increased_points": 100, "points_update_time": "2020-05-20T13:29:35.120+08:00",
                "no_points_remarks": "商品不参与积分活动", "total_points": 888_888,
            }),
        ),
        (
            "/v3/marketing/membercard-open/cards/{card_id}/codes/{code}/bonus/commit",
            json!({
                "out_trade_no": "1217752501201407033233368018", "mchid": "1230000109", "sub_mchid": "1900000109",
                "bonus_value": 30,
            }),
        ),
    ]
}

#[test]
fn the_sample_bodies_are_those_of_the_pages_in_their_order() {
    for (path, body) in pages() {
        let mut sample = page(path)["shapes"][0]["request"]["sample"].take();
        // Today's official page of coupons/use has three more, at the end.
        let printed = |name: &String| body.get(name).is_some();
        sample.as_object_mut().unwrap().retain(|name, _| printed(name));
        assert_eq!(sample.to_string(), body.to_string(), "{path}");
    }
}

#[test]
fn each_operation_of_the_pages_has_six_styles() {
    for (path, _) in pages() {
        let page = page(path);
        for shape in page["shapes"].as_array().unwrap() {
            let styles = shape["code"]["styles"].as_array().unwrap();
            let names: Vec<&str> = styles.iter().map(|style| style["style"].as_str().unwrap()).collect();
            assert_eq!(
                names,
                [
                    "path template, async",
                    "path template, blocking",
                    "index, async",
                    "index, blocking",
                    "typed chain, async",
                    "typed chain, blocking",
                ],
            );
            for style in styles {
                let (name, code) = (style["style"].as_str().unwrap(), style["code"].as_str().unwrap());
                let send = if name.ends_with("async") { ".await?;" } else { ".call()?;" };
                assert!(code.contains(send) && code.contains("&body"), "{name}: {code}");
            }
        }
    }
}

#[test]
fn each_documented_shape_is_told_apart() {
    let page = page("/v3/brand/partner/card-member/user-points/exchange-coupon/confirm");
    let shapes = page["shapes"].as_array().unwrap();
    let named: Vec<_> = shapes.iter().map(|shape| (&shape["verb"], &shape["shape"])).collect();
    let (post, decision) = (json!("post"), json!("post_decision"));
    assert_eq!(named, [(&post, &json!("ConfirmResult")), (&decision, &json!("ConfirmDecision"))]);
    let typed = shapes[1]["code"]["styles"][4]["code"].as_str().unwrap();
    assert!(typed.contains("ConfirmDecision::new(") && typed.contains(".post_decision(&body)"), "{typed}");
}

#[test]
fn the_text_has_members_marks_labels_limits_and_sources() {
    let text = shown(&["POST", "/v3/brand/partner/card-member/user-points/exchange-coupon/confirm"]);
    for words in [
        "同步积分兑券结果\nPOST /v3/brand/partner/",
        "partner 普通服务商",
        "5 calls a second for each partner mchid",
        "  * record_id                    string  积分兑券ID; at most 64 characters",
        "    coupon_code                  string  兑券成功的券code; another page calls it 积分余额",
        "one of POINT_EXCHANGE_COUPON_SUCCESS | POINT_EXCHANGE_COUPON_FAIL",
        "(assumed: ",
        "ask for it is not published",
        "--- ConfirmDecision: one of 2 documented shapes ---",
        "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON",
        "https://pay.weixin.qq.com/doc/v3/partner/4015897268",
        "confirmed by ",
    ] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
    let commit = shown(&["bonus/commit"]);
    assert!(commit.contains("  * card_id  path string  会员卡模板id"), "{commit}");
    assert!(commit.contains(".param(\"card_id\", \"478515832665\")"), "{commit}");
    assert!(commit.contains("Answer 应答参数\n  no body"), "{commit}");
}

#[test]
fn an_operation_is_found_by_every_name_it_has() {
    let id = |arguments: &[&str]| {
        let shown = shown(&[arguments, &["--json"]].concat());
        let ids: Vec<String> = shown
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
            .collect();
        ids.join(" ")
    };
    let used = "marketing_busifavor_coupons_use";
    for name in
        [used, "/v3/marketing/busifavor/coupons/use", "v3/marketing/busifavor/coupons/use", "coupons/use"]
    {
        assert_eq!(id(&[name]), used, "{name}");
    }
    assert_eq!(id(&["post", "coupons/use"]), used);
    assert_eq!(id(&["POST /v3/marketing/busifavor/coupons/use"]), used);
    assert_eq!(id(&["/v3/pay/transactions/id/1217752501"]), "pay_transactions_get_by_transaction_id");
    // Several methods on one path are all shown.
    assert!(id(&["/v3/marketing/favor/users/{openid}/coupons"]).contains(' '));
}

#[test]
fn a_notification_has_its_page_and_a_receiver() {
    let text = shown(&["MALL_TRANSACTION.SUCCESS"]);
    for words in [
        "商圈会员场内支付结果通知",
        "* openid",
        "client.notification(headers, body)",
        "/v3/businesscircle/points/notify",
    ] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
}

#[test]
fn what_is_unknown_or_ambiguous_is_told_with_what_may_be_meant() {
    let unknown = refused(&["v3/bussinesscircle/points/notify"]);
    assert!(unknown.contains("the nearest is /v3/businesscircle/points/notify"), "{unknown}");
    assert!(refused(&["GET", "coupons/use"]).contains("it has POST"));
    assert!(refused(&["FETCH", "coupons/use"]).contains("'FETCH' is no method"));
    let several = refused(&["exchange-coupon/confirm"]);
    assert!(several.contains(" or /v3/brand/partner/"), "{several}");
    assert!(refused(&["qwertz"]).contains("weipay ops"));
}
