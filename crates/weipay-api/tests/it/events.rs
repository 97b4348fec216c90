//! Every form of every notification is told from the others, and its resource is read member by member.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use weipay_api::events::Event;
use weipay_catalog::ops::Scheme;
use weipay_catalog::reference::{Document, Variant, event};
use weipay_core::Notification;

use crate::catalogue::object;
use crate::generated::events::EVENTS;
use crate::stage::{APIV3_KEY, NOW, credential, signed};

/// A notification as it arrives.
fn notification(event_type: &str, original_type: &str, resource: &Value) -> Notification {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, APIV3_KEY.as_bytes()).unwrap());
    let mut sealed = resource.to_string().into_bytes();
    let nonce = Nonce::assume_unique_for_key(*b"0123456789ab");
    key.seal_in_place_append_tag(nonce, Aad::from("x"), &mut sealed).unwrap();
    let body = json!({
        "id": "EV-1", "create_time": "2025-01-01T08:00:00+08:00", "event_type": event_type, "summary": "s",
        "resource_type": "encrypt-resource",
        "resource": {
            "algorithm": "AEAD_AES_256_GCM", "original_type": original_type, "associated_data": "x",
            "nonce": "0123456789ab", "ciphertext": STANDARD.encode(sealed),
        },
    });
    let arrived = signed(200, body.to_string());
    Notification::open(&credential(Scheme::Merchant), arrived.headers(), arrived.body(), NOW.unix).unwrap()
}

/// The resource of a form with what its conditions ask for, and the `original_type` beside it.
fn sample(variant: &Variant, required: bool) -> (Value, &'static str) {
    let mut resource = object(variant.resource, required);
    let mut original_type = "";
    for condition in variant.conditions {
        match condition.document {
            Document::Envelope => original_type = condition.equals.unwrap_or_default(),
            _ => {
                let name = condition.pointer.trim_start_matches('/');
                let all = object(variant.resource, false);
                resource[name] = condition.equals.map_or_else(|| all[name].clone(), Value::from);
            }
        }
    }
    (resource, original_type)
}

#[test]
fn every_form_is_selected_and_read() {
    for (event_type, name, resource_of) in EVENTS {
        let described = event(event_type).unwrap();
        let variant = described.variants.iter().find(|variant| variant.name == *name).unwrap();
        for required in [true, false] {
            let (resource, original_type) = sample(variant, required);
            let others = described.former_event_types.iter().copied().chain(described.brand_event_type);
            let names = std::iter::once(*event_type).chain(others);
            for named in names {
                let event = Event::read(&notification(named, original_type, &resource)).unwrap();
                let read =
                    resource_of(&event).unwrap_or_else(|| panic!("{named} {name} is read as {event:?}"));
                read.found(&resource, named);
            }
        }
    }
}

#[test]
fn an_unknown_event_keeps_its_resource() {
    let resource = json!({ "new": [1, 2] });
    let event = Event::read(&notification("NEW.EVENT", "new", &resource)).unwrap();
    assert_eq!(event, Event::Other(resource.clone()));
    let formless = Event::read(&notification("TRANSACTION.SUCCESS", "new", &resource)).unwrap();
    assert_eq!(formless, Event::Other(resource));
}

#[test]
fn unknown_members_do_not_break_a_resource() {
    let resource = json!({ "transaction_id": "4200", "new": { "deep": true } });
    let Event::MallTransactionSuccess(paid) =
        Event::read(&notification("MALL_TRANSACTION.SUCCESS", "mall_transaction", &resource)).unwrap()
    else {
        panic!("another event")
    };
    assert_eq!(paid.transaction_id.as_deref(), Some("4200"));
    assert_eq!(format!("{paid:?}"), "MallTransactionSuccessResource { .. }");
}
