//! One notification.

use serde_json::{Value, json};
use weipay_catalog::reference::{Document, Event, Variant};

use super::schema::Schemas;

/// Objects of notifications are named as if they were of an area of this name.
const AREA: &str = "webhooks";

pub(super) fn webhook(event: &'static Event, schemas: &mut Schemas) -> Value {
    let done = match event.reply {
        Some(reply) => json!({
            "description": "Stored; the reply is needed",
            "content": { "application/json": { "schema": schemas.schema(AREA, reply) } },
        }),
        None => json!({ "description": "Stored" }),
    };
    let resources: Vec<Value> = event.variants.iter().map(|variant| resource(variant, schemas)).collect();
    let mut post = json!({
        "summary": event.title,
        "tags": [AREA],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Notification" } } },
        },
        "responses": { "200": done },
        "x-resource": resources,
        "x-roles": event.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "x-original-types": event.original_types,
        "x-also-as": event.also_as,
        "x-former-event-types": event.former_event_types,
        "x-brand-event-type": event.brand_event_type,
        "x-reply-signed": event.reply_signed,
        "x-related": event.related,
        "x-doc-urls": event.doc_urls,
        "x-confirmed-by": event.confirmed_by,
    });
    if let Some(url) = event.doc_urls.first() {
        post["externalDocs"] = json!({ "url": url });
    }
    json!({ "post": post })
}

fn resource(variant: &'static Variant, schemas: &mut Schemas) -> Value {
    let conditions = variant.conditions.iter().map(|condition| {
        let document = if condition.document == Document::Envelope { "envelope" } else { "resource" };
        json!({ "document": document, "pointer": condition.pointer, "equals": condition.equals })
    });
    json!({
        "name": variant.name,
        "conditions": conditions.collect::<Vec<_>>(),
        "schema": schemas.reference(AREA, variant.resource),
    })
}
