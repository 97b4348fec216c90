//! Budgets with their pace and what waits for them, and what is held.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use weipay_catalog::ops;
use weipay_relay::operate::{Budget, Command, Overview};
use weipay_relay::store::Scope;

use super::Here;
use super::overview::{drain, held};
use super::visitor::{Failed, Visitor};
use crate::page::Page;

#[derive(Template)]
#[template(path = "relay/limits.html")]
struct Limits {
    p: Visitor,
    here: &'static str,
    now: Overview,
    merchants: Vec<String>,
    /// With work, or held; those with most work first.
    busy: Vec<Row>,
    idle: Vec<Row>,
}

struct Row {
    budget: Budget,
    held: bool,
    /// The operation's official title.
    title: &'static str,
    /// Milliseconds between two slots.
    interval: Option<String>,
    drain: Option<String>,
}

pub(super) async fn page(State(here): State<Here>, p: Visitor) -> Result<Response, Failed> {
    let mut now: Overview = here.ask(&p, Command::Status {}).await?;
    now.budgets.sort_by_key(|budget| std::cmp::Reverse(budget.jobs));
    let rows = std::mem::take(&mut now.budgets).into_iter().map(|budget| {
        let operation = budget.budget.split('/').nth(1).and_then(ops::operation);
        Row {
            held: held(&now, &budget),
            title: operation.map_or("", |operation| operation.title),
            interval: budget.per_second.map(|pace| format!("{:.0}", 1000.0 / pace)),
            drain: drain(&budget, &now.at),
            budget,
        }
    });
    let everything = now.held.iter().any(|held| held.scope == Scope::All);
    let (busy, idle) = rows.partition(|row: &Row| row.budget.jobs > 0 || row.held && !everything);
    let merchants = here.operator.merchants().map(str::to_owned).collect();
    Ok(Page::render(&Limits { p, here: "limits", now, merchants, busy, idle }))
}

/// As the forms say it: `all`, `merchant NAME`, `budget NAME` or `effects NAME`.
fn spelled(scope: &Scope) -> String {
    match scope {
        Scope::All => "all".to_owned(),
        Scope::Merchant(name) => format!("merchant {name}"),
        Scope::Budget(name) => format!("budget {name}"),
        Scope::Effects(name) => format!("effects {name}"),
    }
}
