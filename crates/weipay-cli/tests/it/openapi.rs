//! `weipay openapi`: one document in which every reference leads somewhere.

use std::collections::BTreeSet;

use serde_json::Value;
use weipay::catalog::ops::operations;
use weipay_catalog::reference::events;

use crate::process::weipay;

fn document() -> Value {
    let output = weipay(&["openapi"]);
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_operation_and_notification_is_in_it_and_every_reference_leads_somewhere() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "twice: {operation}");
            ids.extend(operation["x-same-route"].as_str());
        }
    }
    assert_eq!(ids, operations().iter().map(|operation| operation.id).collect());
    assert_eq!(document["webhooks"].as_object().unwrap().len(), events().len());

    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 1_000);
    for reference in found {
        let target = document.pointer(reference.strip_prefix('#').unwrap());
        assert!(target.is_some_and(Value::is_object), "{reference} leads nowhere");
    }
}

#[test]
fn parameters_of_a_path_are_those_of_its_operations() {
    let document = document();
    let mut shapes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let segments =
            || path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
        assert!(shapes.insert(segments().collect::<Vec<_>>().join("/")), "{path} is another path's shape");
        let named = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        let named: BTreeSet<&str> = named.collect();
        for operation in item.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let own = parameters.filter(|parameter| parameter["in"] == "path");
            let own: BTreeSet<&str> = own.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(own, named, "{path}");
        }
    }
}

#[test]
fn members_keep_their_labels_limits_and_marks() {
    let document = document();
    let confirm =
        &document["paths"]["/v3/brand/partner/card-member/user-points/exchange-coupon/confirm"]["post"];
    assert_eq!(
        confirm["requestBody"]["content"]["application/json"]["schema"]["oneOf"].as_array().unwrap().len(),
        2
    );
    assert_eq!(confirm["x-rate-limit"]["limit"], 5);
    let result = &document["components"]["schemas"]["brand-partner.ConfirmResult"];
    assert_eq!(result["required"].as_array().unwrap().len(), 7);
    let code = &result["properties"]["coupon_code"];
    assert_eq!((&code["title"], &code["x-label-disputed"]), (&"兑券成功的券code".into(), &"积分余额".into()));
    assert_eq!(code["maxLength"], 32);
}
