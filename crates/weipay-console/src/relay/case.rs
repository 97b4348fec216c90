//! One case, from its notification to its last act.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::Value;
use weipay_relay::job::State as Stands;
use weipay_relay::operate::{Command, Happening, OperateError, Standing, Timeline};

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::form::Fields;
use crate::page::{Page, rendered};

#[derive(Template)]
#[template(path = "relay/case.html")]
struct Whole {
    p: Visitor,
    here: &'static str,
    merchants: Vec<String>,
    merchant: String,
    case: String,
    /// Other merchants that have a case of the same name.
    others: Vec<String>,
    life: String,
    revealed: bool,
}

#[derive(Template)]
#[template(path = "relay/life.html")]
struct Course<'a> {
    p: &'a Visitor,
    steps: Vec<&'a Standing>,
    life: &'a Timeline,
    begin: Timestamp,
}

pub(super) async fn page(
    State(here): State<Here>,
    p: Visitor,
    Query(fields): Query<Fields>,
) -> Result<Response, Failed> {
    show(&here, p, &fields, false).await
}

/// The same with personal data in clear. A form and no link, because it is an act that is kept.
pub(super) async fn reveal(
    State(here): State<Here>,
    p: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Failed> {
    show(&here, p, &fields, true).await
}

/// What changes of it, for the page that keeps itself fresh.
pub(super) async fn part(
    State(here): State<Here>,
    p: Visitor,
    Query(fields): Query<Fields>,
) -> Result<Response, Failed> {
    let (life, _) = found(&here, &p, &fields, false).await?;
    Ok(Html(lived(&p, &life)).into_response())
}

async fn show(here: &Here, p: Visitor, fields: &Fields, reveal: bool) -> Result<Response, Failed> {
    let (life, others) = found(here, &p, fields, reveal).await?;
    Ok(Page::render(&Whole {
        merchants: here.operator.merchants().map(str::to_owned).collect(),
        life: lived(&p, &life),
        merchant: life.merchant,
        case: life.case,
        here: "",
        others,
        revealed: reveal,
        p,
    }))
}

fn lived(p: &Visitor, life: &Timeline) -> String {
    let steps = life.moments.iter().filter_map(|moment| match &moment.what {
        Happening::Stored { job, .. } => Some(job),
        _ => None,
    });
    let begin = life.moments.first().map_or(Timestamp::UNIX_EPOCH, |moment| moment.at);
    rendered(&Course { p, steps: steps.collect(), life, begin })
}

/// Of the merchant that is named, else of the first that has such a case; with the others that have one.
async fn found(
    here: &Here,
    p: &Visitor,
    fields: &Fields,
    reveal: bool,
) -> Result<(Timeline, Vec<String>), Failed> {
    let key = fields.get("key").unwrap_or_default();
    let show = |merchant: String, reveal| {
        here.run::<Timeline>(p, Command::Show { merchant: Some(merchant), key: key.to_owned(), reveal })
    };
    if let Some(merchant) = fields.owned("merchant") {
        let life = show(merchant, reveal).await.map_err(|error| Failed::of(p, &error))?;
        return Ok((life, Vec::new()));
    }
    let mut found: Option<Timeline> = None;
    let mut others = Vec::new();
    for merchant in here.operator.merchants() {
        match show(merchant.to_owned(), reveal && found.is_none()).await {
            Ok(life) if found.is_none() => found = Some(life),
            Ok(life) => others.push(life.merchant),
            Err(OperateError::NotFound(_)) => {}
            Err(error) => return Err(Failed::of(p, &error)),
        }
    }
    let why = || p.t("没有这样的业务或任务", "there is neither a case nor a job of this key");
    found
        .map(|life| (life, others))
        .ok_or_else(|| Failed::of(p, &OperateError::NotFound(format!("{}: {key}", why()))))
}

impl Course<'_> {
    /// A job's key without its case.
    fn short<'a>(&self, key: &'a str) -> &'a str {
        let inside = key.strip_prefix(self.life.case.as_str()).and_then(|rest| rest.strip_prefix('/'));
        inside.unwrap_or(key)
    }
}

/// What is said of an attempt besides its status.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
fn remark<'a>(note: &'a Option<String>, status: &Option<u16>) -> Option<&'a str> {
    let plain = status.map(|status| format!("HTTP {status}"));
    note.as_deref().filter(|note| plain.as_deref() != Some(note))
}

fn readable(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Whether a person has to look at it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
fn stuck(state: &Stands) -> bool {
    matches!(state, Stands::Parked | Stands::Dead)
}
