//! Keys by serial, and the change of the platform's.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use weipay_sandbox::control::{Control, KeysView};

use crate::page::Page;

#[derive(Template)]
#[template(path = "sandbox/keys.html")]
struct Listed {
    p: Page,
    here: &'static str,
    keys: KeysView,
}

pub(super) async fn page(State(control): State<Control>, p: Page) -> Response {
    Page::render(&Listed { p, here: "keys", keys: control.keys() })
}
