//! The effects that ended on a day in China.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use weipay_relay::operate::{Command, Settlements};

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::form::Fields;
use crate::page::Page;

#[derive(Template)]
#[template(path = "relay/settlement.html")]
struct Daily {
    p: Visitor,
    here: &'static str,
    day: Date,
    before: Date,
    after: Date,
    settled: Settlements,
    /// Of the rows shown.
    issued: usize,
    points: u64,
}

pub(super) async fn page(
    State(here): State<Here>,
    p: Visitor,
    Query(fields): Query<Fields>,
) -> Result<Response, Failed> {
    let today = here.operator.now().to_zoned(TimeZone::fixed(Offset::constant(8))).date();
    let day: Date = fields.number("day").unwrap_or(today);
    let command = Command::Export { day, after: fields.number("after"), reveal: false };
    let mut settled: Settlements = here.ask(&p, command).await?;
    settled.rows.reverse();
    let issued = || settled.rows.iter().filter(|row| row.result.as_deref() == Some("issued"));
    let points = issued().filter_map(|row| row.points).fold(0_u64, u64::saturating_add);
    Ok(Page::render(&Daily {
        here: "settlement",
        before: day.saturating_sub(1.day()),
        after: day.saturating_add(1.day()),
        issued: issued().count(),
        day,
        points,
        settled,
        p,
    }))
}
