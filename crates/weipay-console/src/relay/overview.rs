//! How the relay stands.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use weipay_relay::job::{Kind, State as Stands};
use weipay_relay::operate::{Budget, Command, Overview};
use weipay_relay::store::{Count, Scope};

use super::Here;
use super::visitor::{Failed, Visitor};
use crate::form::Fields;
use crate::page::{Page, rendered};

#[derive(Template)]
#[template(path = "relay/overview.html")]
struct Whole {
    p: Visitor,
    here: &'static str,
    pulse: String,
    merchants: Vec<String>,
}

#[derive(Template)]
#[template(path = "relay/pulse.html")]
struct Pulse<'a> {
    p: &'a Visitor,
    now: Overview,
    merchants: Vec<Merchant>,
}

/// The jobs of one merchant.
struct Merchant {
    name: String,
    works: Vec<Work>,
}

/// The jobs of one kind and name, by where they stand.
struct Work {
    kind: Kind,
    name: String,
    states: Vec<(Stands, u64)>,
}

pub(super) async fn page(State(here): State<Here>, p: Visitor) -> Result<Response, Failed> {
    let pulse = pulse(&here, &p).await?;
    let merchants = here.operator.merchants().map(str::to_owned).collect();
    Ok(Page::render(&Whole { p, here: "overview", pulse, merchants }))
}

/// The figures alone, for the page that keeps itself fresh.
pub(super) async fn part(
    State(here): State<Here>,
    p: Visitor,
    Query(_): Query<Fields>,
) -> Result<Response, Failed> {
    Ok(Html(pulse(&here, &p).await?).into_response())
}

async fn pulse(here: &Here, p: &Visitor) -> Result<String, Failed> {
    let mut now: Overview = here.ask(p, Command::Status {}).await?;
    now.budgets.retain(|budget| budget.jobs > 0);
    // What the relay does by itself stands in one line of its own.
    now.counts.retain(|count| count.kind != Kind::Upkeep);
    let merchants = grouped(&now.counts);
    Ok(rendered(&Pulse { p, now, merchants }))
}

/// The counts come in the order of merchant, kind and name.
fn grouped(counts: &[Count]) -> Vec<Merchant> {
    let mut merchants: Vec<Merchant> = Vec::new();
    for count in counts {
        if merchants.last().is_none_or(|last| last.name != count.merchant) {
            merchants.push(Merchant { name: count.merchant.clone(), works: Vec::new() });
        }
        let Some(merchant) = merchants.last_mut() else { continue };
        if merchant.works.last().is_none_or(|last| (last.kind, &last.name) != (count.kind, &count.name)) {
            merchant.works.push(Work { kind: count.kind, name: count.name.clone(), states: Vec::new() });
        }
        if let Some(work) = merchant.works.last_mut() {
            work.states.push((count.state, count.jobs));
        }
    }
    merchants
}

/// Whether nothing of it is handed out: then its pace says nothing about when it is through.
pub(super) fn held(now: &Overview, budget: &Budget) -> bool {
    let of = |scope: &Scope| match scope {
        Scope::All => true,
        Scope::Budget(name) => *name == budget.budget,
        Scope::Merchant(_) | Scope::Effects(_) => false,
    };
    now.held.iter().any(|held| of(&held.scope))
}

/// The time that the backlog needs, drawn against the first deadline; none where there is no limit or no deadline.
pub(super) fn drain(budget: &Budget, now: &jiff::Timestamp) -> Option<String> {
    let seconds = |until: &jiff::Timestamp| until.duration_since(*now).as_secs().max(0);
    let (needs, has) = (seconds(&budget.drained?), seconds(&budget.first_not_after?));
    let whole = needs.max(has).max(1);
    let (needs, has) = (needs.saturating_mul(1000) / whole, has.saturating_mul(1000) / whole);
    let class = if budget.late { "bad" } else { "good" };
    // A backlog of a moment is seen, too; the mark of the deadline stays inside.
    let (needs, has) = (needs.max(4), has.min(996));
    Some(format!(
        "<svg class=\"drain\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"{class}\" width=\"{needs}\" height=\"10\"/><rect class=\"end\" x=\"{has}\" width=\"4\" height=\"10\"/></svg>"
    ))
}
