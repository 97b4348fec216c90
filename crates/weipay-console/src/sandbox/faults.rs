//! Faults and scenarios as switches.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use weipay_sandbox::control::{Control, FaultKindView, PendingFault, Scenario};

use crate::page::Page;

#[derive(Template)]
#[template(path = "sandbox/faults.html")]
struct Faults {
    p: Page,
    here: &'static str,
    pending: Vec<PendingFault>,
    scenarios: Vec<Scenario>,
    /// With whether it is pending.
    known: Vec<(FaultKindView, bool)>,
}

pub(super) async fn page(State(control): State<Control>, p: Page) -> Response {
    let pending = control.faults();
    let on = |kind: &FaultKindView| pending.iter().any(|fault| fault.id == kind.id);
    let known = control.known_faults().into_iter().map(|kind| (kind.clone(), on(&kind))).collect();
    Page::render(&Faults { p, here: "faults", known, pending, scenarios: control.scenarios() })
}
