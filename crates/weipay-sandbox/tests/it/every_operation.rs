//! Every operation of the catalogue through the public door: it answers, says on what basis, and refuses what is wrong.

use std::collections::HashMap;

use serde_json::{Value, json};
use weipay_catalog::ops::{self, Operation, Scheme};
use weipay_catalog::reference::{self, Kind, Object, Schema};
use weipay_sandbox::{Basis, LedgerEntry, Sandbox, ledger};

use crate::catalogue;
use crate::client::{Client, Draft, Reply};

/// Signs as the merchant or the brand, as the operation wants it.
struct Callers {
    merchant: Client,
    brand: Client,
}

impl Callers {
    fn new(sandbox: &Sandbox) -> Self {
        Self { merchant: Client::new(sandbox), brand: Client::of_brand(sandbox) }
    }

    fn of(&self, operation: &Operation) -> &Client {
        if operation.scheme == Scheme::Brand { &self.brand } else { &self.merchant }
    }

    fn draft(&self, operation: &Operation, body: Option<&Value>) -> Draft {
        catalogue::draft(operation, self.of(operation), body)
    }

    async fn valid(&self, operation: &Operation) -> Reply {
        let body = catalogue::body(operation, self.of(operation));
        self.of(operation).send(&self.draft(operation, body.as_ref())).await
    }
}

async fn generous() -> (Sandbox, Callers) {
    let now = jiff::Timestamp::now();
    let sandbox = Sandbox::builder().allow_generated().business_time(now).start().await.unwrap();
    let callers = Callers::new(&sandbox);
    (sandbox, callers)
}

/// The ledger's line by operation; of two operations on one route a server knows only one.
fn lines() -> HashMap<&'static str, LedgerEntry> {
    ledger().into_iter().map(|line| (line.operation, line)).collect()
}

#[tokio::test]
async fn every_operation_answers_on_the_basis_that_the_ledger_says() {
    let (sandbox, callers) = generous().await;
    let lines = lines();
    assert_eq!(lines.len(), ops::operations().len());
    let (mut wrong, mut seen) = (Vec::new(), HashMap::<&str, usize>::new());
    for operation in ops::operations() {
        let reply = callers.valid(operation).await;
        let entry = sandbox.journal().last().unwrap();
        let routed = entry.operation.unwrap_or_default();
        if routed != operation.id && Some(routed) != operation.same_route {
            wrong.push(format!("{}: routed to {routed}", operation.id));
            continue;
        }
        let basis = lines[routed].basis;
        *seen.entry(basis.as_str()).or_default() += 1;
        if let Some(problem) = judge(operation, basis, &reply, callers.of(operation)) {
            wrong.push(format!("{} ({}): {problem}", operation.id, basis.as_str()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
    assert!(seen["rule"] >= 84 && seen["linked"] >= 30 && seen["schema"] >= 800, "{seen:?}");
    crate::snapshot::survives(&sandbox).await;
}

/// What is wrong with the answer to a valid request.
fn judge(operation: &Operation, basis: Basis, reply: &Reply, client: &Client) -> Option<String> {
    let body = String::from_utf8_lossy(&reply.body);
    if operation.download {
        return (reply.status != 404).then(|| format!("{} {body}", reply.status));
    }
    if !client.verifies(reply) {
        return Some(format!("not signed: {} {body}", reply.status));
    }
    let said = reply.header("weipay-sandbox-basis").unwrap_or_default();
    match basis {
        // A rule may refuse the samples by its state, but the schema may not.
        Basis::Rule => return (said != "rule").then(|| format!("{said} {} {body}", reply.status)),
        // Nothing was created that a query would find.
        Basis::Linked if reply.status == 404 && operation.query.is_none() => return None,
        _ if said != basis.as_str() => return Some(format!("said {said}: {} {body}", reply.status)),
        _ => {}
    }
    if !operation.success.contains(&reply.status) {
        return Some(format!("{} {body}", reply.status));
    }
    let answers = reference::reference(operation.id)?.bodies.iter().find_map(|body| body.answer);
    match answers.filter(|_| reply.status != 204) {
        Some(schema) => catalogue::wrong(schema, &reply.value(), ""),
        None => (!reply.body.is_empty()).then(|| format!("a body where there is none: {body}")),
    }
}

#[tokio::test]
async fn strict_answers_rules_and_links_only_and_money_needs_to_be_allowed() {
    let strict = Sandbox::builder().strict().allow_generated().start().await.unwrap();
    let usual = Sandbox::builder().start().await.unwrap();
    let (by_strict, by_usual) = (Callers::new(&strict), Callers::new(&usual));
    for (line, operation) in
        ledger().iter().zip(ops::operations()).filter(|(line, _)| line.basis != Basis::Rule)
    {
        if operation.download || operation.same_route.is_some() {
            continue;
        }
        let status = by_strict.valid(operation).await.status;
        assert_eq!(status == 501, line.basis == Basis::Schema, "{} {status}", line.operation);
        if line.withheld {
            let reply = by_usual.valid(operation).await;
            reply.refused(501, "NOT_IMPLEMENTED");
            assert!(reply.message().contains("--allow-generated"), "{}", reply.message());
        }
    }
    for id in [
        "ecommerce_profitsharing_orders_create",
        "transfer_batches_create",
        "fund_app_brand_redpacket_brand_merchant_batches_create",
        "ecommerce_refunds_apply",
    ] {
        assert!(lines()[id].withheld, "{id}");
    }
}

#[tokio::test]
async fn a_create_is_seen_by_the_query_that_a_fact_names_and_by_its_own_caller_only() {
    let sandbox = Sandbox::builder().allow_generated().start().await.unwrap();
    let (client, other) = (Client::new(&sandbox), Client::of(&sandbox, "1230000109"));
    let create = ops::operation("fund_app_mch_transfer_user_confirm_authorization_create");
    let create = create.unwrap_or_else(|| ops::operation("transfer_batches_create").unwrap());
    let query = ops::operation(create.query.unwrap().operation).unwrap();
    let mut body = catalogue::body(create, &client).unwrap();
    let (parameter, place) = create.query.unwrap().bind[0];
    let member = place.strip_prefix("body.").unwrap();
    body[member] = json!("LINKED0001");
    let mut target = query.template.replace(&format!("{{{parameter}}}"), "LINKED0001");
    let fixed =
        create.query.unwrap().bind.iter().filter_map(|(name, place)| Some((name, place.strip_prefix('=')?)));
    for (at, (name, value)) in fixed.enumerate() {
        target = format!("{target}{}{name}={value}", if at == 0 { "?" } else { "&" });
    }
    client.get(&target).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.send(&catalogue::draft(create, &client, Some(&body))).await.is(200);
    let reply = client.get(&target).await;
    reply.is(200);
    assert_eq!(reply.header("weipay-sandbox-basis"), Some("linked"));
    assert!(reply.value().to_string().contains("LINKED0001"), "{}", reply.value());
    other.get(&target).await.refused(404, "RESOURCE_NOT_EXISTS");
    // And still is after the world went through a file.
    let again = Sandbox::builder().snapshot(sandbox.save().unwrap()).start().await.unwrap();
    let reply = Client::new(&again).get(&target).await;
    assert!(reply.value().to_string().contains("LINKED0001"), "{}", reply.value());
}

#[tokio::test]
async fn the_same_seed_and_the_same_requests_give_the_same_bytes() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let start = "2026-05-20T05:29:35Z".parse().unwrap();
        let sandbox = Sandbox::builder().seed(seed).business_time(start).start().await.unwrap();
        let callers = Callers::new(&sandbox);
        let mut bytes = String::new();
        for operation in ops::operations().iter().step_by(9) {
            // Encryption is never twice the same.
            let bodies = reference::reference(operation.id).unwrap().bodies;
            if bodies.iter().all(|body| body.decrypted.is_empty()) {
                let body = String::from_utf8(callers.valid(operation).await.body).unwrap();
                bytes += &body.replace(&sandbox.url(), "");
            }
        }
        runs.push(bytes);
    }
    assert!(runs[0] == runs[1]);
    assert!(runs[0] != runs[2]);
}

#[tokio::test]
async fn every_body_lacking_a_required_member_or_with_a_wrong_type_is_refused_by_its_pointer() {
    let (_sandbox, callers) = generous().await;
    let (mut wrong, mut counted) = (Vec::new(), 0);
    for operation in ops::operations() {
        let (Some(schema), Some(body)) =
            (catalogue::request(operation), catalogue::body(operation, callers.of(operation)))
        else {
            continue;
        };
        for (pointer, damaged) in damages(schema, &body) {
            let reply = callers.of(operation).send(&callers.draft(operation, Some(&damaged))).await;
            counted += 1;
            let field = reply.value()["detail"]["field"].as_str().unwrap_or_default().to_owned();
            if (reply.status, reply.code().as_str(), &field) != (400, "PARAM_ERROR", &pointer) {
                let body = String::from_utf8_lossy(&reply.body);
                wrong.push(format!("{} {pointer}: {} {body}", operation.id, reply.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {counted}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(counted > 900, "{counted}");
}

/// The body without its last required member, and with a wrong type in its first member, deepest first.
fn damages(schema: &Schema, body: &Value) -> Vec<(String, Value)> {
    let Kind::Object(object) = schema.kind else { return Vec::new() };
    let mut damages = Vec::new();
    if let Some(pointer) = last_required(object, "") {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut damaged = body.clone();
        damaged.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(name);
        damages.push((pointer.clone(), damaged));
    }
    let typed = object.properties.iter().find(|property| !matches!(property.schema.kind, Kind::Any));
    if let Some(property) = typed {
        let mut damaged = body.clone();
        damaged[property.name] =
            if matches!(property.schema.kind, Kind::Boolean) { json!("x") } else { json!(true) };
        damages.push((format!("/{}", property.name), damaged));
    }
    damages
}

/// The last required member, inside the last required object if there is one.
fn last_required(object: &Object, pointer: &str) -> Option<String> {
    let property = object.properties.iter().rfind(|property| property.required)?;
    let pointer = format!("{pointer}/{}", property.name);
    let inside = property.schema.object().and_then(|object| last_required(object, &pointer));
    Some(inside.unwrap_or(pointer))
}
