//! Notifications that failed verification.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use weipay_relay::operate::{Command, Kept, Reverified};

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::form::Fields;
use crate::page::Page;

#[derive(Template)]
#[template(path = "relay/refused.html")]
struct Refused {
    p: Visitor,
    here: &'static str,
    kept: Vec<Kept>,
    /// What verifying them again just gave.
    tried: Vec<Reverified>,
}

pub(super) async fn page(State(here): State<Here>, p: Visitor) -> Result<Response, Failed> {
    let kept = here.ask(&p, Command::Refused {}).await?;
    Ok(Page::render(&Refused { p, here: "refused", kept, tried: Vec::new() }))
}

/// Verifies all of them again and shows what came of it.
pub(super) async fn reverify(
    State(here): State<Here>,
    p: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Failed> {
    let tried = here.ask(&p, Command::Reverify { note: fields.owned("note") }).await?;
    let kept = here.ask(&p, Command::Refused {}).await?;
    Ok(Page::render(&Refused { p, here: "refused", kept, tried }))
}
