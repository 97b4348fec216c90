//! What was done by hand.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use weipay_relay::operate::Command;
use weipay_relay::store::Audited;

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::page::Page;

/// More of it is for the command line.
const SHOWN: u32 = 500;

#[derive(Template)]
#[template(path = "relay/audit.html")]
struct Audit {
    p: Visitor,
    here: &'static str,
    acts: Vec<Audited>,
}

pub(super) async fn page(State(here): State<Here>, p: Visitor) -> Result<Response, Failed> {
    let acts = here.ask(&p, Command::Audit { limit: SHOWN }).await?;
    Ok(Page::render(&Audit { p, here: "audit", acts }))
}

/// Merchant and key of the job or case that an act was about; none for other targets.
fn job(act: &Audited) -> Option<(&str, &str)> {
    let of_a_job = ["redrive", "resolve", "reveal"].contains(&act.act.as_str());
    act.target.split_once(' ').filter(|(_, key)| of_a_job && key.contains('/'))
}
