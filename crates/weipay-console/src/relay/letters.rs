//! What a person has to look at.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use weipay_relay::operate::{self, Command, Standing, Which};

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::form::Fields;
use crate::page::Page;

#[derive(Template)]
#[template(path = "relay/letters.html")]
struct Letters {
    p: Visitor,
    here: &'static str,
    merchants: Vec<String>,
    merchant: String,
    name: String,
    jobs: Vec<Standing>,
    next: Option<i64>,
    /// How many were just let run again.
    redriven: Option<usize>,
}

pub(super) async fn page(
    State(here): State<Here>,
    p: Visitor,
    Query(fields): Query<Fields>,
) -> Result<Response, Failed> {
    let which = Which {
        merchant: fields.owned("merchant"),
        name: fields.owned("name"),
        after: fields.number("after"),
        ..Which::default()
    };
    let operate::Page { jobs, next } = here.ask(&p, Command::DeadLetters(which)).await?;
    Ok(Page::render(&Letters {
        p,
        here: "letters",
        merchants: here.operator.merchants().map(str::to_owned).collect(),
        merchant: fields.owned("merchant").unwrap_or_default(),
        name: fields.owned("name").unwrap_or_default(),
        jobs,
        next,
        redriven: fields.number("redriven"),
    }))
}
