use std::collections::BTreeSet;

use serde_json::Value;
use weipay_catalog::ops::{Evidence, operation, operations};
use weipay_catalog::reference::{Body, Kind, Object, ParameterLocation, Schema, event, events, reference};

const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";

fn bodies(id: &str) -> &'static [Body] {
    reference(id).unwrap_or_else(|| panic!("{id} is not there")).bodies
}

fn request(id: &str) -> &'static Object {
    bodies(id)[0].request.and_then(Schema::object).unwrap_or_else(|| panic!("{id} has no request"))
}

fn names(object: &Object, required: bool) -> Vec<&'static str> {
    object
        .properties
        .iter()
        .filter(|property| property.required == required)
        .map(|property| property.name)
        .collect()
}

/// The greatest number of characters of each member that has one.
fn lengths(object: &Object) -> Vec<(&'static str, u32)> {
    let length =
        |property: &weipay_catalog::reference::Property| Some((property.name, property.schema.max_length?));
    object.properties.iter().filter_map(length).collect()
}

#[test]
fn every_operation_has_its_reference() {
    for operation in operations() {
        let reference = reference(operation.id).unwrap();
        assert_eq!(reference.operation, operation);
        assert!(!reference.bodies.is_empty());
        let in_path =
            reference.parameters.iter().filter(|parameter| parameter.location == ParameterLocation::Path);
        let in_path: BTreeSet<String> = in_path.map(|parameter| format!("{{{}}}", parameter.name)).collect();
        let in_template = operation.template.split('/').filter(|segment| segment.starts_with('{'));
        assert_eq!(in_path, in_template.map(str::to_owned).collect(), "{}", operation.id);
    }
    assert!(reference("no_such_operation").is_none());
}

#[test]
fn confirm_has_two_shapes_that_exclude_each_other() {
    let [result, decision] = bodies(CONFIRM) else { panic!("two bodies") };
    assert_eq!((result.name, result.shape), ("post", Some("ConfirmResult")));
    assert_eq!((decision.name, decision.shape), ("post_decision", Some("ConfirmDecision")));
    assert_eq!((result.evidence, decision.evidence), (Evidence::Documented, Evidence::Documented));
    let ids = ["record_id", "exchange_coupon_template_id", "brand_id", "card_id", "openid", "user_card_code"];
    let object = |schema: Option<&'static Schema>| schema.and_then(Schema::object).unwrap();

    let request = object(result.request);
    assert_eq!(names(request, true), [&ids[..], &["state"]].concat());
    assert_eq!(names(request, false), ["coupon_code", "fail_reason"]);
    assert_eq!(names(object(result.answer), true), names(request, true), "the answer repeats the request");
    let state = &request.property("state").unwrap().schema;
    assert_eq!(state.values, ["POINT_EXCHANGE_COUPON_SUCCESS", "POINT_EXCHANGE_COUPON_FAIL"]);
    assert!(state.closed);

    let request = object(decision.request);
    assert_eq!(names(request, true), [&ids[..], &["result"]].concat());
    assert_eq!(names(request, false), ["reject_reason"]);
    let decision_values = &request.property("result").unwrap().schema;
    assert_eq!(decision_values.values, ["POINT_EXCHANGE_COUPON_ALLOW", "POINT_EXCHANGE_COUPON_REJECT"]);
    assert!(decision_values.closed);
    assert_eq!(names(object(decision.answer), false), ["coupon_code", "reject_reason"]);
}

#[test]
fn the_label_of_the_coupon_code_is_told_twice() {
    let schema = &request(CONFIRM).property("coupon_code").unwrap().schema;
    assert_eq!((schema.label, schema.label_disputed), (Some("兑券成功的券code"), Some("积分余额")));
}

#[test]
fn the_lengths_of_the_four_operations_are_those_of_the_pages() {
    let ids = [
        ("record_id", 64),
        ("exchange_coupon_template_id", 32),
        ("brand_id", 16),
        ("card_id", 32),
        ("openid", 128),
        ("user_card_code", 32),
    ];
    assert_eq!(lengths(request(CONFIRM)), [&ids[..], &[("coupon_code", 32)]].concat());
    let decision = bodies(CONFIRM)[1].request.and_then(Schema::object).unwrap();
    assert_eq!(lengths(decision), [&ids[..], &[("reject_reason", 32)]].concat());
    assert_eq!(
        lengths(request("businesscircle_points_notify")),
        [
            ("sub_mchid", 64),
            ("transaction_id", 64),
            ("appid", 128),
            ("openid", 64),
            ("points_update_time", 32),
            ("no_points_remarks", 128)
        ]
    );
    assert_eq!(
        lengths(request("marketing_busifavor_coupons_use")),
        [
            ("coupon_code", 32),
            ("stock_id", 20),
            ("appid", 32),
            ("use_time", 32),
            ("use_request_no", 128),
            ("openid", 128)
        ]
    );
    assert_eq!(
        lengths(request("marketing_membercard_open_cards_codes_bonus_commit")),
        [("out_trade_no", 32), ("mchid", 32), ("sub_mchid", 32)]
    );
    for parameter in reference("marketing_membercard_open_cards_codes_bonus_commit").unwrap().parameters {
        assert_eq!(parameter.schema.max_length, Some(32), "{}", parameter.name);
    }
}

#[test]
fn neither_mchid_is_required_of_everybody() {
    for id in [
        "marketing_membercard_open_cards_codes_bonus_commit",
        "marketing_membercard_open_cards_codes_bonus_prepare",
    ] {
        assert_eq!(names(request(id), true), ["out_trade_no", "bonus_value"]);
        assert_eq!(names(request(id), false), ["mchid", "sub_mchid"]);
        assert_eq!(request(id).property("bonus_value").unwrap().schema.minimum, Some(1));
    }
}

#[test]
fn commit_status_is_pending_or_finished() {
    let answer =
        bodies("businesscircle_users_points_commit_status_get")[0].answer.and_then(Schema::object).unwrap();
    assert_eq!(answer.property("points_commit_status").unwrap().schema.values, ["PENDING", "FINISHED"]);
}

#[test]
fn only_the_decisions_of_confirm_are_closed() {
    let mut closed = Vec::new();
    for operation in operations() {
        for body in bodies(operation.id) {
            let properties =
                body.request.and_then(Schema::object).map_or(&[][..], |object| object.properties);
            let names =
                properties.iter().filter(|property| property.schema.closed).map(|property| property.name);
            closed.extend(names.map(|name| (operation.id, name)));
        }
    }
    assert_eq!(closed, [(CONFIRM, "state"), (CONFIRM, "result")]);
}

#[test]
fn every_example_fits_its_schema() {
    let mut examples = 0;
    for operation in operations() {
        let reference = reference(operation.id).unwrap();
        for parameter in reference.parameters {
            examples += check(&parameter.schema, parameter.name);
        }
        for body in reference.bodies {
            examples += [body.request, body.answer]
                .into_iter()
                .flatten()
                .map(|of| check(of, operation.id))
                .sum::<usize>();
        }
    }
    for event in events() {
        examples += event.resource.properties.iter().map(|of| check(&of.schema, of.name)).sum::<usize>();
    }
    assert!(examples > 900, "only {examples} examples were looked at");
}

/// Checks the examples of a schema and of what it contains, and counts them.
fn check(schema: &Schema, place: &str) -> usize {
    let within = match schema.kind {
        Kind::Object(object) => object.properties.iter().map(|of| check(&of.schema, of.name)).sum(),
        Kind::Array(item) => check(item, place),
        _ => 0,
    };
    for example in schema.examples.iter().chain(&schema.default) {
        let value: Value =
            serde_json::from_str(example).unwrap_or_else(|error| panic!("{place}: {example}: {error}"));
        assert!(fits(schema, &value), "{place}: {example} does not fit {schema:?}");
    }
    within + schema.examples.len()
}

fn fits(schema: &Schema, value: &Value) -> bool {
    let within = |number: i64| {
        schema.minimum.is_none_or(|minimum| number >= minimum)
            && schema.maximum.is_none_or(|maximum| number <= maximum)
    };
    match (schema.kind, value) {
        (Kind::String, Value::String(text)) => {
            let length = text.chars().count();
            schema.min_length.is_none_or(|least| length >= least as usize)
                && schema.max_length.is_none_or(|most| length <= most as usize)
                && (schema.values.is_empty() || schema.values.contains(&text.as_str()))
        }
        (Kind::Integer, Value::Number(number)) => number.as_i64().is_some_and(within),
        (Kind::Array(item), Value::Array(items)) => items.iter().all(|value| fits(item, value)),
        (Kind::Boolean, Value::Bool(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Object(_), Value::Object(_)) => true,
        (Kind::Any, _) => true,
        _ => false,
    }
}

#[test]
fn the_notifications_of_the_families_are_there() {
    let types: Vec<_> = events().iter().map(|event| event.event_type).collect();
    let expected = [
        "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON",
        "BRAND_MEMBER_CARD_SP.SYNC_USER_POINT",
        "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE",
        "BRAND_MEMBER_CARD_SP.USER_CARD.DELETE",
        "COUPON.SEND",
        "MALL_AUTH.ACTIVATE_CARD",
        "MALL_REFUND.SUCCESS",
        "MALL_TRANSACTION.SUCCESS",
        "MEMBERCARD.ACCEPT_CARD",
        "MEMBERCARD.ACTIVATE_CARD",
        "MEMBERCARD.USERCARD_MANAGE",
        "SECURITY_ECHO.SUCCESS",
    ];
    assert_eq!(types, expected);
    for event in events() {
        assert!(event.related.iter().all(|id| operation(id).is_some()), "{}", event.event_type);
    }
    assert!(event("COUPON.USE").is_none(), "that one is of cash coupons, not of merchant coupons");
}

#[test]
fn an_exchange_of_points_names_its_record_and_price() {
    let event = event("BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON").unwrap();
    assert_eq!(event.original_types, ["point_coupon"]);
    assert_eq!(event.related, [CONFIRM]);
    assert_eq!(event.resource.property("deduct_points").unwrap().schema.format, Some("uint64"));
    assert_eq!(names(event.resource, false), ["appid", "product_coupon_id", "product_coupon_stock_type"]);
}

#[test]
fn members_to_encrypt_and_to_decrypt_are_marked() {
    let echo = request("security_echo");
    assert!(echo.property("encrypted_echo_message").unwrap().schema.encrypted);
    assert!(!echo.property("echo_message").unwrap().schema.encrypted);
    let phone = event("MEMBERCARD.ACCEPT_CARD").unwrap().resource.property("phone_number").unwrap();
    assert!(phone.schema.decrypted);
}
