//! What users do, what took effect, and the state of each family.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use weipay_sandbox::control::{Control, EffectView, UserAct, WorldView};

use crate::page::Page;

#[derive(Template)]
#[template(path = "sandbox/world.html")]
struct World {
    p: Page,
    here: &'static str,
    acts: Vec<UserAct>,
    effects: Vec<EffectView>,
    /// Name, how many things, and all of them as text.
    families: Vec<(String, usize, String)>,
    worlds: Vec<WorldView>,
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
        acts: control.user_acts(),
        effects,
        families,
        worlds: control.worlds(),
    })
}

/// How many items the lists of a family have.
fn things(family: &Value) -> usize {
    match family {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.values().filter_map(Value::as_array).map(Vec::len).sum(),
        _ => 0,
    }
}
