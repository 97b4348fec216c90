//! What users do, what took effect, and the state of each family.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use weipay_sandbox::control::{Control, EffectView, UserAct, WorldView};
use weipay_sandbox::world::Order;

use crate::page::Page;

#[derive(Template)]
#[template(path = "sandbox/world.html")]
struct World {
    p: Page,
    here: &'static str,
    unpaid: Vec<Unpaid>,
    acts: Vec<UserAct>,
    effects: Vec<EffectView>,
    /// Name, how many things, and all of them as text.
    families: Vec<(String, usize, String)>,
    worlds: Vec<WorldView>,
}

/// What a user can pay at once: an order, or the parts of a combined one.
struct Unpaid {
    /// What the payer's page is found by.
    session: String,
    fen: i64,
    first: Order,
    parts: usize,
}

pub(super) async fn page(State(control): State<Control>, p: Page) -> Response {
    let mut effects = control.effects();
    effects.reverse();
    let families = control.state().into_iter().map(|(name, value)| {
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        (name, things(&value), text)
    });
    let families = families.collect();
    Page::render(&World {
        p,
        here: "world",
        unpaid: unpaid(control.world().payable()),
        acts: control.user_acts(),
        effects,
        families,
        worlds: control.worlds(),
    })
}

/// Newest first.
fn unpaid(orders: Vec<Order>) -> Vec<Unpaid> {
    let mut found: Vec<Unpaid> = Vec::new();
    for order in orders {
        let session = order.prepay_id.clone().unwrap_or_else(|| order.out_trade_no.clone());
        match found.iter_mut().find(|one| one.session == session) {
            Some(one) => {
                one.fen += order.total;
                one.parts += 1;
            }
            None => found.push(Unpaid { session, fen: order.total, first: order, parts: 1 }),
        }
    }
    found.reverse();
    found
}

impl Unpaid {
    fn yuan(&self) -> String {
        format!("¥{}.{:02}", self.fen / 100, self.fen % 100)
    }
}

/// How many items the lists of a family have.
fn things(family: &Value) -> usize {
    match family {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.values().filter_map(Value::as_array).map(Vec::len).sum(),
        _ => 0,
    }
}
