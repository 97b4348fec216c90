//! What WeChat Pay never told: what would be asked about it, and what was asked.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use weipay_relay::operate::{Checked, Command, Missing};

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::form::Fields;
use crate::page::Page;

#[derive(Template)]
#[template(path = "relay/missed.html")]
struct Missed {
    p: Visitor,
    here: &'static str,
    checks: Vec<Checked>,
    /// They are under way; otherwise they would be asked.
    asked: bool,
}

pub(super) async fn page(State(here): State<Here>, p: Visitor) -> Result<Response, Failed> {
    look(&here, p, None).await
}

/// Asks now, and not at the next hour.
pub(super) async fn ask(
    State(here): State<Here>,
    p: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Failed> {
    look(&here, p, Some(fields)).await
}

async fn look(here: &Here, p: Visitor, asked: Option<Fields>) -> Result<Response, Failed> {
    let asks = asked.is_some();
    let note = asked.and_then(|fields| fields.owned("note"));
    let command = Command::MakeGood(Missing { dry_run: !asks, note, ..Missing::default() });
    let checks = here.ask(&p, command).await?;
    Ok(Page::render(&Missed { p, here: "missed", checks, asked: asks }))
}
