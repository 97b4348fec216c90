//! The first act: the sample bodies of the documentation pages, in the six styles of those pages.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use serde_json::{Value, from_slice, from_str};
use weipay::catalog::ops::{Operation, operation};
use weipay_catalog::reference::{Kind, reference};

use super::Failure;
use super::clients::{Both, Clients};
use super::report::{Report, Row};
use super::typed::{self, Told};
use crate::stage::Stage;

/// A documentation page: one operation in one shape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    ConfirmResult,
    ConfirmDecision,
    PointsNotify,
    CouponsUse,
    BonusCommit,
}

const PAGES: [Page; 5] =
    [Page::ConfirmResult, Page::ConfirmDecision, Page::PointsNotify, Page::CouponsUse, Page::BonusCommit];

const STYLES: [&str; 6] =
    ["typed, async", "chain, async", "index, async", "typed, blocking", "chain, blocking", "index, blocking"];

impl Page {
    /// The catalogue's id of the operation.
    fn operation(self) -> &'static str {
        match self {
            Page::ConfirmResult | Page::ConfirmDecision => {
                "brand_partner_card_member_user_points_exchange_coupon_confirm"
            }
            Page::PointsNotify => "businesscircle_points_notify",
            Page::CouponsUse => "marketing_busifavor_coupons_use",
            Page::BonusCommit => "marketing_membercard_open_cards_codes_bonus_commit",
        }
    }

    /// The catalogue's name of the body's shape, and how the table tells it from the other one.
    fn shape(self) -> (&'static str, &'static str) {
        match self {
            Page::ConfirmResult => ("post", " (the merchant's own coupon: state, coupon_code)"),
            Page::ConfirmDecision => ("post_decision", " (today's page: result)"),
            _ => ("post", ""),
        }
    }

    fn params(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Page::BonusCommit => &[("card_id", "478515832665"), ("code", "478515832665")],
            _ => &[],
        }
    }

    /// The page's body, byte for byte.
    fn body(self) -> &'static str {
        match self {
            Page::ConfirmResult => include_str!("samples/confirm-result.json"),
            Page::ConfirmDecision => include_str!("samples/confirm-decision.json"),
            Page::PointsNotify => include_str!("samples/points-notify.json"),
            Page::CouponsUse => include_str!("samples/coupons-use.json"),
            Page::BonusCommit => include_str!("samples/bonus-commit.json"),
        }
    }

    fn status(self) -> u16 {
        match self {
            Page::PointsNotify | Page::BonusCommit => 204,
            _ => 200,
        }
    }
}

pub(super) async fn play(stage: &Stage, clients: &Clients, report: &mut Report) -> Result<(), Failure> {
    for page in PAGES {
        let operation = operation(page.operation()).ok_or("the catalogue lacks an operation of the demo")?;
        report.operation(operation.title, page.shape().1);
        // Each partner takes one shape of confirm.
        let both = match page {
            Page::ConfirmDecision => &clients.other_partner,
            _ => &clients.partner,
        };
        for (number, style) in STYLES.into_iter().enumerate() {
            if page.operation() == Page::ConfirmResult.operation() && number == STYLES.len() - 1 {
                // Five confirms a second are allowed, and this is the sixth.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let started = Instant::now();
            let told = send(both, style, operation, page).await?;
            let elapsed = started.elapsed();
            report.row(&judge(stage, style, operation, page, &told, elapsed));
        }
    }
    Ok(())
}

async fn send(
    clients: &Both,
    style: &'static str,
    operation: &'static Operation,
    page: Page,
) -> Result<Told, Failure> {
    let template = operation.template;
    let body: &'static RawValue = from_str(page.body())?;
    macro_rules! path {
        ($path:expr) => {
            page.params().iter().fold($path, |path, (name, value)| path.param(*name, value))
        };
    }
    let client = &clients.client;
    let envelope = match style {
        "typed, async" => return typed::call(client, page).await,
        "chain, async" => path!(client.chain(template)).post(body).send().await?,
        "index, async" => path!(client[template].path()).post(body).send().await?,
        _ => {
            let client = clients.blocking.clone();
            let call = move || -> Result<Told, Failure> {
                let envelope = match style {
                    "typed, blocking" => return typed::call_blocking(&client, page),
                    "chain, blocking" => path!(client.chain(template)).post(body).send()?,
                    _ => path!(client[template].path()).post(body).send()?,
                };
                Ok((envelope.status(), envelope.into_value()))
            };
            return match tokio::task::spawn_blocking(call).await {
                Ok(told) => told,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            };
        }
    };
    Ok((envelope.status(), envelope.into_value()))
}

/// Compares the answer with the catalogue, and what the sandbox saw with the page.
fn judge(
    stage: &Stage,
    style: &'static str,
    operation: &'static Operation,
    page: Page,
    (status, answer): &Told,
    elapsed: Duration,
) -> Row {
    let (returned, required) = members(operation.id, page.shape().0, answer);
    let members = match (required, *status) {
        (0, 204) => "empty".to_owned(),
        _ => format!("{returned} of {required}"),
    };
    let entries = stage.sandbox.journal().for_operation(operation.id);
    let json = |bytes: &[u8]| from_slice::<Value>(bytes).unwrap_or_default();
    let printed = page.body().as_bytes();
    // The dynamic styles send the page's bytes; a type has the same members and values, in an order of its own.
    let seen = entries.last().is_some_and(|entry| match style.starts_with("typed") {
        true => json(&entry.request_body) == json(printed),
        false => entry.request_body == printed,
    });
    Row {
        title: operation.title,
        path: operation.template,
        style,
        status: *status,
        members,
        elapsed,
        ok: *status == page.status() && returned == required && seen,
    }
}

/// How many of the members that the answer must have it has.
fn members(operation: &str, shape: &str, answer: &Value) -> (usize, usize) {
    let body = reference(operation).and_then(|entry| entry.bodies.iter().find(|body| body.name == shape));
    let Some(schema) = body.and_then(|body| body.answer) else { return (0, 0) };
    let Kind::Object(object) = schema.kind else { return (0, 0) };
    let required: Vec<_> = object.properties.iter().filter(|property| property.required).collect();
    (required.iter().filter(|property| answer.get(property.name).is_some()).count(), required.len())
}
