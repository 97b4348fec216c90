//! What the forms do. Each leads back to its page.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde_json::{Map, Value};
use weipay_sandbox::control::{Control, FaultOrder, MigrationView, TriggerOrder, parse_duration};

use crate::form::Fields;

type Here = State<Control>;

const JOURNAL: &str = "/";
const NOTIFICATIONS: &str = "/console/notifications";
const FAULTS: &str = "/console/faults";
const WORLD: &str = "/console/world";
const KEYS: &str = "/console/keys";

pub(super) async fn advance(State(control): Here, Form(fields): Form<Fields>) -> Response {
    match parse_duration(fields.get("by").unwrap_or_default()) {
        Ok(by) => {
            control.advance(by).await;
            done::<String>(Ok(()), JOURNAL)
        }
        Err(error) => done(Err(error), JOURNAL),
    }
}

pub(super) async fn skew(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let Some(seconds) = fields.number("seconds") else {
        return done(Err("seconds: a whole number"), JOURNAL);
    };
    control.set_skew(seconds);
    done::<String>(Ok(()), JOURNAL)
}

pub(super) async fn reset(State(control): Here) -> Response {
    done(control.reset(), JOURNAL)
}

pub(super) async fn trigger(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let set = fields.get("set").into_iter().flat_map(|text| text.split(',')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        Some((name.to_owned(), value))
    });
    let order = TriggerOrder {
        event_type: fields.owned("event_type").unwrap_or_default(),
        to: fields.owned("to"),
        at: fields.owned("at"),
        variant: None,
        set: set.collect(),
    };
    done(control.trigger(&order).map(drop), NOTIFICATIONS)
}

pub(super) async fn resend(State(control): Here, Form(fields): Form<Fields>) -> Response {
    done(control.resend(fields.get("id").unwrap_or_default()), NOTIFICATIONS)
}

pub(super) async fn inject(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let order = FaultOrder {
        order: fields.owned("order"),
        matching: fields.owned("match"),
        times: fields.number("times"),
        probability: fields.number("probability"),
        lasting: fields.owned("lasting"),
        ..FaultOrder::default()
    };
    done(control.inject(&order).map(drop), FAULTS)
}

/// On: everywhere, until it is switched off. Off: all that are pending of this id.
pub(super) async fn switch(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let id = fields.get("id").unwrap_or_default();
    if fields.get("on") == Some("true") {
        let (id, variant) = (Some(id.to_owned()), fields.owned("variant"));
        let order = FaultOrder { id, variant, times: Some(u32::MAX), ..FaultOrder::default() };
        return done(control.inject(&order).map(drop), FAULTS);
    }
    let pending = control.faults();
    let mut cleared =
        pending.iter().filter(|fault| fault.id == id).map(|fault| control.clear_fault(fault.number));
    done(cleared.try_for_each(|outcome| outcome), FAULTS)
}

pub(super) async fn clear(State(control): Here, Form(fields): Form<Fields>) -> Response {
    match fields.number("number") {
        Some(number) => done(control.clear_fault(number), FAULTS),
        None => {
            control.clear_faults();
            done::<String>(Ok(()), FAULTS)
        }
    }
}

pub(super) async fn play(State(control): Here, Form(fields): Form<Fields>) -> Response {
    done(control.play(fields.get("name").unwrap_or_default()), FAULTS)
}

pub(super) async fn user(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let said = fields.filled().filter(|(name, _)| *name != "act");
    let said: Map<_, _> = said.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    done(control.user(fields.get("act").unwrap_or_default(), &said).map(drop), WORLD)
}

pub(super) async fn migrate(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let share = |name| fields.number(name).unwrap_or(0.0);
    let migration = MigrationView {
        announced: fields.get("announced").is_some(),
        to_next_certificate: share("to_next_certificate"),
        to_public_key: share("to_public_key"),
    };
    done(control.migrate(migration).map(drop), KEYS)
}

pub(super) async fn certificate(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let field = |name| fields.get(name).unwrap_or_default();
    done(control.set_certificate(field("mchid"), field("serial"), field("state")).map(drop), KEYS)
}

pub(super) async fn notify_url(State(control): Here, Form(fields): Form<Fields>) -> Response {
    let field = |name| fields.get(name).unwrap_or_default();
    done(control.set_notify_url(field("mchid"), field("url")).map(drop), KEYS)
}

/// Back to the page, where a reload does nothing twice; or what went wrong, in plain text.
fn done<E: std::fmt::Display>(outcome: Result<(), E>, page: &str) -> Response {
    match outcome {
        Ok(()) => Redirect::to(page).into_response(),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}
