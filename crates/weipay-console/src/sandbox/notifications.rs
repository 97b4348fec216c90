//! Notifications with their attempts.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use weipay_sandbox::control::{Control, EventView, NotificationView};

use crate::page::Page;

#[derive(Template)]
#[template(path = "sandbox/notifications.html")]
struct Log {
    p: Page,
    here: &'static str,
    events: Vec<EventView>,
    notifications: Vec<NotificationView>,
    caller: String,
}

pub(super) async fn page(State(control): State<Control>, p: Page) -> Response {
    let mut notifications = control.notifications();
    notifications.reverse();
    let caller = control.status().default_caller;
    Page::render(&Log { p, here: "notifications", events: control.events(), notifications, caller })
}

impl Page {
    /// How a notification stands.
    fn state(&self, state: &str) -> &'static str {
        match state {
            "waiting" => self.t("等待", "waiting"),
            "in_flight" => self.t("发送中", "in flight"),
            "delivered" => self.t("已送达", "delivered"),
            "exhausted" => self.t("已放弃", "given up"),
            _ => self.t("无法发送", "undeliverable"),
        }
    }
}
