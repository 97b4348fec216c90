//! `weipay openapi`: the whole description as one OpenAPI 3.1 document, for Apifox, Postman and others.

mod event;
mod operation;
mod schema;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use weipay_catalog::ops::{self, Template};
use weipay_catalog::reference;

use crate::output::{self, Failure};
use schema::Schemas;

/// The text above the options in `weipay openapi --help`.
pub(crate) const ABOUT: &str = "\
The whole description as one OpenAPI 3.1 document in JSON, for Apifox, Postman and others: every operation under its
path, every notification under webhooks, the objects as components named AREA.Title. Members that OpenAPI has no word
for stand in x-… (roles, limits, idempotency, errors, evidence). What is not published is absent.";

/// Prints the document.
pub(crate) fn run() -> Result<bool, Failure> {
    output::result(&serde_json::to_string_pretty(&document())?);
    Ok(true)
}

fn document() -> Value {
    let mut schemas = Schemas::default();
    let paths = paths(&mut schemas);
    let webhooks: Map<String, Value> = reference::events()
        .iter()
        .map(|event| (event.event_type.to_owned(), event::webhook(event, &mut schemas)))
        .collect();
    let tags = ops::areas().iter().map(|area| json!({ "name": area.name, "description": area.title }));
    let common = ops::common_errors().iter().map(operation::error);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "WeChat Pay APIv3 微信支付",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Written by weipay from its catalogue. It is not affiliated with Tencent; what is not published is absent.",
        },
        "servers": [{ "url": "https://api.mch.weixin.qq.com" }],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": schemas.finish(),
            "responses": {
                "Error": {
                    "description": "Refused or failed",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
                    "x-errors": common.collect::<Vec<_>>(),
                },
            },
            "securitySchemes": {
                "merchant": { "type": "http", "scheme": "WECHATPAY2-SHA256-RSA2048" },
                "brand": { "type": "http", "scheme": "WECHATPAY-BRAND-SHA256-RSA2048" },
            },
        },
    })
}

/// The operations by path. `OpenAPI` knows a path by its shape: of templates that differ in the names of parameters
/// only, the first names them for all.
fn paths(schemas: &mut Schemas) -> Map<String, Value> {
    let mut first: BTreeMap<String, &'static str> = BTreeMap::new();
    let mut paths: Map<String, Value> = Map::new();
    for Template { path, operations, .. } in ops::templates() {
        let named = *first.entry(shape(path)).or_insert(path);
        let renamed: Vec<(&str, &str)> = parameters(path).zip(parameters(named)).collect();
        let item = paths.entry(named).or_insert_with(|| json!({}));
        for operation in *operations {
            let method = operation.method.as_str().to_ascii_lowercase();
            // One of two operations that a server cannot tell apart; the first says so in x-same-route.
            if item.get(&method).is_none()
                && let Some(entry) = reference::reference(operation.id)
            {
                item[method] = operation::operation(entry, &renamed, schemas);
            }
        }
    }
    paths
}

fn shape(path: &str) -> String {
    let segment = |segment| if str::starts_with(segment, '{') { "{}" } else { segment };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}
