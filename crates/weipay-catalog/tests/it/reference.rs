use std::collections::BTreeSet;

use serde_json::{Value, json};
use weipay_catalog::ops::{Evidence, Scheme, operation, operations};
use weipay_catalog::reference::{
    Body, Document, Kind, Object, ParameterLocation, Schema, Variant, event, events, reference,
};

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
    let of_brand = "brand_card_member_user_points_exchange_coupon_confirm";
    let expected = [(of_brand, "state"), (of_brand, "result"), (CONFIRM, "state"), (CONFIRM, "result")];
    assert_eq!(closed, expected);
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
    for variant in events().iter().flat_map(|event| event.variants) {
        examples += variant.resource.properties.iter().map(|of| check(&of.schema, of.name)).sum::<usize>();
    }
    assert!(examples > 15_000, "only {examples} examples were looked at");
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

/// The resource of a notification of one form.
fn resource(event_type: &str) -> &'static Object {
    let variants = event(event_type).map_or(&[][..], |event| event.variants);
    let [variant] = variants else { panic!("{event_type} has not one form but {}", variants.len()) };
    variant.resource
}

#[test]
fn there_are_102_notifications_of_109_forms() {
    assert_eq!(events().len(), 102);
    assert!(events().is_sorted_by(|a, b| a.event_type < b.event_type));
    assert_eq!(events().iter().map(|event| event.variants.len()).sum::<usize>(), 109);
    for event in events() {
        assert!(event.related.iter().all(|id| operation(id).is_some()), "{}", event.event_type);
        assert!(event.also_as.iter().all(|other| ![event.event_type, ""].contains(&today(other))));
        assert!(event.variants.len() > 1 || event.variants[0].conditions.is_empty(), "{}", event.event_type);
    }
    let merchant_coupon_used = event("COUPON.USE").unwrap().related;
    assert_eq!(
        merchant_coupon_used,
        ["marketing_favor_callbacks_create"],
        "that one is of cash coupons only"
    );
}

/// What an event type is called today; empty where there is none.
fn today(event_type: &str) -> &'static str {
    event(event_type).map_or("", |event| event.event_type)
}

#[test]
fn former_names_lead_to_those_of_today() {
    for (former, now) in [
        ("DELIVERY_PLAN_STATE.DELIVER", "DELIVERY_PLAN.CHANGE"),
        ("MEMBERCARDSP.USER_CARD.CREATE", "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE"),
        ("MEMBERCARDSP.USER_CARD.DELETE", "BRAND_MEMBER_CARD_SP.USER_CARD.DELETE"),
    ] {
        assert_eq!(today(former), now);
    }
    assert!(event("MEMBERCARDSP.USER_CARD").is_none());
}

/// A resource of this form: its required members, and those that its conditions speak of.
fn smallest(variant: &Variant) -> Value {
    let mut resource = required(variant.resource, &mut Vec::new());
    for condition in variant.conditions.iter().filter(|condition| condition.document == Document::Resource) {
        let mut place = &mut resource;
        for name in condition.pointer.split('/').skip(1) {
            place = &mut place[name];
        }
        if let Some(text) = condition.equals {
            *place = text.into();
        } else if place.is_null() {
            *place = "there".into();
        }
    }
    resource
}

fn required(object: &'static Object, within: &mut Vec<&'static str>) -> Value {
    let mut members = serde_json::Map::new();
    if within.contains(&object.title) {
        return members.into();
    }
    within.push(object.title);
    for property in object.properties.iter().filter(|property| property.required) {
        let value = match property.schema.kind {
            Kind::Object(inner) => required(inner, within),
            Kind::Array(_) => Value::Array(Vec::new()),
            Kind::Integer | Kind::Number => 1.into(),
            Kind::Boolean => true.into(),
            _ => property.schema.values.first().copied().unwrap_or("text").into(),
        };
        members.insert(property.name.to_owned(), value);
    }
    within.pop();
    members.into()
}

#[test]
fn every_form_of_a_notification_is_selected_by_its_required_members() {
    for event in events() {
        for variant in event.variants {
            let resource = smallest(variant);
            let told = variant.conditions.iter().find(|condition| condition.document == Document::Envelope);
            let original_type =
                told.and_then(|condition| condition.equals).or(event.original_types.first().copied());
            let envelope = json!({"resource": {"original_type": original_type}});
            let selected = event.select(&|condition| {
                let document = if condition.document == Document::Envelope { &envelope } else { &resource };
                document.pointer(condition.pointer).is_some_and(|value| {
                    !value.is_null() && condition.equals.is_none_or(|text| value.as_str() == Some(text))
                })
            });
            assert_eq!(selected.map(|of| of.name), Some(variant.name), "{} {resource}", event.event_type);
        }
    }
}

#[test]
fn a_payment_of_each_kind_is_told_by_its_members() {
    let names: Vec<_> = event("TRANSACTION.SUCCESS").unwrap().variants.iter().map(|of| of.name).collect();
    assert_eq!(names, ["merchant", "partner", "combine", "parking", "global", "profitsharing"]);
    let select = |original_type: &str, resource: Value| {
        let envelope = json!({"resource": {"original_type": original_type}});
        let variant = event("TRANSACTION.SUCCESS").unwrap().select(&|condition| {
            let document = if condition.document == Document::Envelope { &envelope } else { &resource };
            document
                .pointer(condition.pointer)
                .is_some_and(|value| condition.equals.is_none_or(|text| value.as_str() == Some(text)))
        });
        variant.map(|variant| variant.name)
    };
    let order = json!({"out_trade_no": "1", "trade_state": "SUCCESS", "transaction_id": "4", "mchid": "19"});
    assert_eq!(select("transaction", order), Some("merchant"));
    let order =
        json!({"out_trade_no": "1", "trade_state": "SUCCESS", "transaction_id": "4", "sp_mchid": "19"});
    assert_eq!(select("transaction", order), Some("partner"));
    let order =
        json!({"out_trade_no": "1", "trade_state": "SUCCESS", "sp_mchid": "19", "trade_scene": "PARKING"});
    assert_eq!(select("transaction", order), Some("parking"));
    let order = json!({"out_trade_no": "1", "trade_state": "SUCCESS", "sp_mchid": "19", "id": "4"});
    assert_eq!(select("transaction", order.clone()), Some("global"), "an institution abroad");
    let order = json!({"out_trade_no": "1", "trade_state": "SUCCESS", "mchid": "19", "id": "4"});
    assert_eq!(select("transaction", order), Some("global"), "a merchant abroad");
    let order = json!({"mchid": "19", "order_id": "3", "transaction_id": "4"});
    assert_eq!(select("profitsharing", order), Some("profitsharing"));
    assert_eq!(select("transaction", json!({"something": "else"})), None);
}

#[test]
fn some_notifications_want_a_reply_with_data() {
    let wanting: Vec<_> = events().iter().filter(|event| event.reply.is_some()).collect();
    assert_eq!(
        wanting.iter().map(|event| event.event_type).collect::<Vec<_>>(),
        [
            "CROSS_BORDER_PAY.GET_MCH_INFO",
            "CROSS_BORDER_PAY.PUSH_ORDER_INFO",
            "ENTRUST.TERMINATE_RETENTION",
            "PARKING_FEE.QUERY_TRANS_INFO"
        ]
    );
    assert_eq!(wanting.iter().filter(|event| event.reply_signed).count(), 2);
    assert!(events().iter().all(|event| !event.reply_signed || event.reply.is_some()));
}

#[test]
fn an_exchange_of_points_names_its_record_and_price() {
    let event = event("BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON").unwrap();
    assert_eq!(event.original_types, ["point_coupon"]);
    assert_eq!(event.related, [CONFIRM]);
    let resource = resource(event.event_type);
    assert_eq!(resource.property("deduct_points").unwrap().schema.format, Some("uint64"));
    assert_eq!(names(resource, false), ["appid", "product_coupon_id", "product_coupon_stock_type"]);
}

#[test]
fn members_to_encrypt_and_to_decrypt_are_marked() {
    let echo = request("security_echo");
    assert!(echo.property("encrypted_echo_message").unwrap().schema.encrypted);
    assert!(!echo.property("echo_message").unwrap().schema.encrypted);
    assert_eq!(bodies("security_echo")[0].encrypted, ["/encrypted_echo_message"]);
    let accept = &event("MEMBERCARD.ACCEPT_CARD").unwrap().variants[0];
    assert!(accept.resource.property("phone_number").unwrap().schema.decrypted);
    assert_eq!(accept.decrypted, ["/phone_number"]);
}

#[test]
fn ciphers_are_pointed_at_through_arrays() {
    assert_eq!(bodies("profitsharing_orders_create")[0].encrypted, ["/receivers/*/name"]);
    let pointers = ["/transfer_detail_list/*/user_name", "/transfer_detail_list/*/user_id_card"];
    assert_eq!(bodies("transfer_batches_create")[0].encrypted, pointers);
    let encrypting = |id: &str| {
        let reference = reference(id).unwrap();
        reference.bodies.iter().any(|body| !body.encrypted.is_empty())
            || reference.parameters.iter().any(|parameter| parameter.schema.encrypted)
    };
    let ids: Vec<_> = operations().iter().filter(|operation| encrypting(operation.id)).collect();
    assert_eq!(ids.iter().filter(|operation| !operation.requires_serial).count(), 0);
    assert_eq!(ids.len(), 122);
}

#[test]
fn what_a_brand_sends_does_not_repeat_the_brand() {
    let brands = operations().iter().filter(|operation| operation.scheme == Scheme::Brand);
    for operation in brands.clone() {
        let reference = reference(operation.id).unwrap();
        assert!(
            reference.parameters.iter().all(|parameter| parameter.name != "brand_id"),
            "{}",
            operation.id
        );
        for body in reference.bodies {
            let properties =
                body.request.and_then(Schema::object).map_or(&[][..], |object| object.properties);
            assert!(properties.iter().all(|property| property.name != "brand_id"), "{}", operation.id);
            assert!(body.source.len() > 20, "{} says where it is known from", operation.id);
        }
    }
    let [result, decision] = bodies("brand_card_member_user_points_exchange_coupon_confirm") else {
        panic!("two bodies")
    };
    assert_eq!((result.name, result.evidence), ("post", Evidence::Assumed));
    assert_eq!((decision.name, decision.evidence), ("post_decision", Evidence::Documented));
    let of_partner = bodies(CONFIRM)[1].request.and_then(Schema::object).unwrap();
    let mut members = names(of_partner, true);
    members.retain(|name| *name != "brand_id");
    assert_eq!(names(decision.request.and_then(Schema::object).unwrap(), true), members);
}

#[test]
fn an_uncommon_name_in_the_chain_is_told() {
    let named: Vec<_> = operations()
        .iter()
        .filter_map(|operation| reference(operation.id))
        .filter(|reference| !reference.chain_names.is_empty())
        .map(|reference| (reference.operation.id, reference.chain_names))
        .collect();
    let (id, names) = named[0];
    assert_eq!(named.len(), 1);
    assert_eq!(id, "papay_insurance_sign_policy_periods_plan_id_get_by_out_contract_code");
    assert_eq!(names, [("policy_periods", "policy_periods_underscored")]);
}
