//! What the forms do. Each leads back to a page.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;
use weipay_relay::operate::{Command, OperateError, Resolved, Which};
use weipay_relay::store::{Fact, Redriven, Scope};

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::form::{Fields, encoded};
use crate::page::Page;

const LETTERS: &str = "/console/letters";
const LIMITS: &str = "/console/limits";

/// What a redrive would do, before it is done.
#[derive(Template)]
#[template(path = "relay/redrive.html")]
struct Rehearsal {
    p: Visitor,
    here: &'static str,
    jobs: Vec<Redriven>,
}

/// First only tells what would be done; with `sure` the same jobs run again, and no other.
pub(super) async fn redrive(
    State(here): State<Here>,
    p: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let given = |name: &str| {
        let mut values = pairs.iter().filter(|(known, value)| known == name && !value.trim().is_empty());
        values.next().map(|(_, value)| value.trim().to_owned())
    };
    let (sure, note) = (given("sure").is_some(), given("note"));
    let chosen = match given("all") {
        Some(_) => {
            vec![Which { merchant: given("merchant"), name: given("name"), all: true, ..Which::default() }]
        }
        None => chosen(&pairs),
    };
    if chosen.is_empty() {
        let why = p.t("没有选中任何任务", "no job was chosen").to_owned();
        return Err(Failed::of(&p, &OperateError::Misuse(why)));
    }
    let mut jobs: Vec<Redriven> = Vec::new();
    for which in chosen {
        let command = Command::Redrive { which, dry_run: !sure, note: note.clone() };
        jobs.extend(here.ask::<Vec<Redriven>>(&p, command).await?);
    }
    if !sure {
        return Ok(Page::render(&Rehearsal { p, here: "letters", jobs }));
    }
    Ok(match &jobs[..] {
        [job] => Redirect::to(&case(&job.merchant, &job.key)),
        jobs => Redirect::to(&format!("{LETTERS}?redriven={}", jobs.len())),
    }
    .into_response())
}

/// Jobs that were ticked, each `merchant key`.
fn chosen(pairs: &[(String, String)]) -> Vec<Which> {
    let mut keys: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let jobs = pairs.iter().filter(|(name, _)| name == "job");
    for (merchant, key) in jobs.filter_map(|(_, job)| job.split_once(' ')) {
        keys.entry(merchant).or_default().push(key.to_owned());
    }
    let which =
        |(merchant, keys): (&str, _)| Which { merchant: Some(merchant.to_owned()), keys, ..Which::default() };
    keys.into_iter().map(which).collect()
}

pub(super) async fn resolve(
    State(here): State<Here>,
    p: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Failed> {
    let fact = match fields.get("fact") {
        Some("happened") => Fact::Happened,
        Some("not_happened") => Fact::NotHappened,
        _ => {
            let why = p.t("请说明是否发生", "say whether it happened").to_owned();
            return Err(Failed::of(&p, &OperateError::Misuse(why)));
        }
    };
    let resolved: Resolved = here
        .ask(
            &p,
            Command::Resolve {
                merchant: fields.owned("merchant"),
                key: fields.owned("key").unwrap_or_default(),
                fact,
                note: fields.owned("note").unwrap_or_default(),
            },
        )
        .await?;
    Ok(Redirect::to(&case(&resolved.merchant, &resolved.key)).into_response())
}

pub(super) async fn hold(
    State(here): State<Here>,
    p: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Failed> {
    let command = Command::Hold { scope: scope(&p, &fields)?, note: fields.owned("note") };
    here.ask::<Value>(&p, command).await?;
    Ok(Redirect::to(LIMITS).into_response())
}

pub(super) async fn release(
    State(here): State<Here>,
    p: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Failed> {
    let command = Command::Release { scope: scope(&p, &fields)?, note: fields.owned("note") };
    here.ask::<Value>(&p, command).await?;
    Ok(Redirect::to(LIMITS).into_response())
}

/// `all`, `merchant NAME`, `budget NAME` or `effects NAME`.
fn scope(p: &Visitor, fields: &Fields) -> Result<Scope, Failed> {
    match fields.get("scope").map(|scope| scope.split_once(' ').unwrap_or((scope, ""))) {
        Some(("all", "")) => Ok(Scope::All),
        Some(("merchant", name)) => Ok(Scope::Merchant(name.to_owned())),
        Some(("budget", name)) => Ok(Scope::Budget(name.to_owned())),
        Some(("effects", name)) => Ok(Scope::Effects(name.to_owned())),
        _ => {
            let why = p.t("请选择暂停的范围", "say what is to be held").to_owned();
            Err(Failed::of(p, &OperateError::Misuse(why)))
        }
    }
}

/// The page of a job's case.
fn case(merchant: &str, key: &str) -> String {
    format!("/console/case?merchant={}&key={}", encoded(merchant), encoded(key))
}
