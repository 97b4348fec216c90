//! The first act: the sample bodies of the documentation pages in the four dynamic styles.

use std::time::Instant;

use serde_json::value::RawValue;
use serde_json::{Value, from_str};
use weipay::catalog::ops::{Operation, operation};
use weipay::{Envelope, Error};
use weipay_catalog::reference::{Kind, reference};

use super::Failure;
use super::report::{Report, Row};
use super::stage::{Both, Stage};

/// A sample body and what belongs to it.
struct Sample {
    operation: &'static str,
    /// The catalogue's name of the body's shape.
    shape: &'static str,
    /// Whether the second partner sends it: each partner takes one shape of confirm.
    other_partner: bool,
    params: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
}

const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";

const SAMPLES: [Sample; 5] = [
    Sample {
        operation: CONFIRM,
        shape: "post",
        other_partner: false,
        params: &[],
        body: include_str!("samples/confirm-result.json"),
        status: 200,
    },
    Sample {
        operation: CONFIRM,
        shape: "post_decision",
        other_partner: true,
        params: &[],
        body: include_str!("samples/confirm-decision.json"),
        status: 200,
    },
    Sample {
        operation: "businesscircle_points_notify",
        shape: "post",
        other_partner: false,
        params: &[],
        body: include_str!("samples/points-notify.json"),
        status: 204,
    },
    Sample {
        operation: "marketing_busifavor_coupons_use",
        shape: "post",
        other_partner: false,
        params: &[],
        body: include_str!("samples/coupons-use.json"),
        status: 200,
    },
    Sample {
        operation: "marketing_membercard_open_cards_codes_bonus_commit",
        shape: "post",
        other_partner: false,
        params: &[("card_id", "478515832665"), ("code", "478515832665")],
        body: include_str!("samples/bonus-commit.json"),
        status: 204,
    },
];

pub(super) async fn play(stage: &Stage, report: &mut Report) -> Result<(), Failure> {
    for sample in &SAMPLES {
        let operation = operation(sample.operation).ok_or("the catalogue lacks an operation of the demo")?;
        let shape = match (sample.operation, sample.shape) {
            (CONFIRM, "post") => " (the merchant's own coupon: state, coupon_code)",
            (CONFIRM, _) => " (today's page: result)",
            _ => "",
        };
        report.operation(operation.title, shape);
        let clients = if sample.other_partner { &stage.other_partner } else { &stage.partner };
        for style in ["chain, async", "index, async", "chain, blocking", "index, blocking"] {
            let started = Instant::now();
            let answer = send(clients, style, operation, sample).await;
            let elapsed = started.elapsed();
            let row = judge(stage, style, operation, sample, answer)?;
            report.row(&Row { elapsed, ..row });
        }
    }
    Ok(())
}

async fn send(
    clients: &Both,
    style: &'static str,
    operation: &'static Operation,
    sample: &'static Sample,
) -> Result<Envelope<Value>, Error> {
    let template = operation.template;
    let body: &RawValue = from_str(sample.body).unwrap_or(RawValue::NULL);
    macro_rules! path {
        ($path:expr) => {
            sample.params.iter().fold($path, |path, (name, value)| path.param(*name, value))
        };
    }
    let index = |style: &str| style.starts_with("index");
    if style.ends_with("blocking") {
        let client = clients.blocking.clone();
        let call = move || match index(style) {
            true => path!(client[template].path()).post(body).send(),
            false => path!(client.chain(template)).post(body).send(),
        };
        return match tokio::task::spawn_blocking(call).await {
            Ok(answer) => answer,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
    }
    match index(style) {
        true => path!(clients.client[template].path()).post(body).send().await,
        false => path!(clients.client.chain(template)).post(body).send().await,
    }
}

/// Compares the answer with the catalogue, and what the sandbox saw with the page.
fn judge(
    stage: &Stage,
    style: &'static str,
    operation: &'static Operation,
    sample: &Sample,
    answer: Result<Envelope<Value>, Error>,
) -> Result<Row, Failure> {
    let answer = answer?;
    let (returned, required) = members(operation.id, sample.shape, answer.value());
    let members = match (required, answer.status()) {
        (0, 204) => "empty".to_owned(),
        _ => format!("{returned} of {required}"),
    };
    let entries = stage.sandbox.journal().for_operation(operation.id);
    let seen = entries.last().is_some_and(|entry| entry.request_body == sample.body.as_bytes());
    Ok(Row {
        title: operation.title,
        path: operation.template,
        style,
        status: answer.status(),
        members,
        elapsed: std::time::Duration::ZERO,
        ok: answer.status() == sample.status && returned == required && seen,
    })
}

/// How many of the members that the answer must have it has.
fn members(operation: &str, shape: &str, answer: &Value) -> (usize, usize) {
    let body = reference(operation).and_then(|entry| entry.bodies.iter().find(|body| body.name == shape));
    let Some(schema) = body.and_then(|body| body.answer) else { return (0, 0) };
    let Kind::Object(object) = schema.kind else { return (0, 0) };
    let required: Vec<_> = object.properties.iter().filter(|property| property.required).collect();
    (required.iter().filter(|property| answer.get(property.name).is_some()).count(), required.len())
}
