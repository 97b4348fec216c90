//! Notifications with their attempts, and any event on demand.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use weipay_catalog::reference;

use super::Control;
use crate::{Attempt, Delivery, DeliveryState, Error, Trigger};

/// One notification and how it fared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NotificationView {
    /// `id` of the envelope.
    pub id: String,
    /// `event_type` of the envelope.
    pub event_type: String,
    /// The official Chinese title.
    pub title: Option<String>,
    /// The mchid that gets it.
    pub receiver: String,
    /// The business key.
    pub key: String,
    /// The address; none when the receiver has not set one.
    pub url: Option<String>,
    /// Business time at which the event happened.
    pub created: Timestamp,
    /// `waiting`, `in_flight`, `delivered`, `exhausted` or `undeliverable`.
    pub state: String,
    /// When the next attempt is due, in business time.
    pub next_attempt: Option<Timestamp>,
    /// Why it is undeliverable.
    pub reason: Option<String>,
    /// Every attempt so far.
    pub attempts: Vec<AttemptView>,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttemptView {
    /// The business time that the schedule names.
    pub due: Timestamp,
    /// `Wechatpay-Timestamp`, wire time in Unix seconds.
    pub timestamp: i64,
    /// The answer's status; none when there was no answer in time.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// 200 or 204 in time.
    pub acknowledged: bool,
}

/// An event of the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventView {
    /// Its type.
    pub event_type: String,
    /// The official Chinese title.
    pub title: String,
    /// Its forms; the first is the default.
    pub variants: Vec<String>,
}

/// An event to send.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TriggerOrder {
    /// Such as `REFUND.SUCCESS`.
    pub event_type: String,
    /// To this mchid; the world's default caller if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// To this address instead of the receiver's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// In this form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Members of the resource, by their names with dots between them.
    pub set: Map<String, Value>,
}

impl Control {
    /// Every notification, oldest first.
    pub fn notifications(&self) -> Vec<NotificationView> {
        self.world.deliveries().into_iter().map(NotificationView::of).collect()
    }

    /// Every event of the catalogue.
    pub fn events(&self) -> Vec<EventView> {
        let view = |event: &reference::Event| EventView {
            event_type: event.event_type.to_owned(),
            title: event.title.to_owned(),
            variants: event.variants.iter().map(|variant| variant.name.to_owned()).collect(),
        };
        reference::events().iter().map(view).collect()
    }

    /// Sends an event of the catalogue; returns the notification's id.
    pub fn trigger(&self, order: &TriggerOrder) -> Result<String, Error> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut trigger = Trigger::new(&order.event_type);
        if let Some(mchid) = given(&order.to) {
            trigger = trigger.to(&mchid);
        }
        if let Some(url) = given(&order.at) {
            trigger = trigger.at(&url);
        }
        if let Some(variant) = given(&order.variant) {
            trigger = trigger.variant(&variant);
        }
        for (member, value) in &order.set {
            trigger = trigger.set(member, value.clone());
        }
        self.world.trigger(trigger)
    }

    /// Sends a notification again and begins its schedule anew.
    pub fn resend(&self, id: &str) -> Result<(), Error> {
        self.world.resend(id)
    }
}

impl NotificationView {
    fn of(delivery: Delivery) -> Self {
        let (state, next_attempt, reason) = match delivery.state {
            DeliveryState::Waiting(due) => ("waiting", Some(due), None),
            DeliveryState::InFlight => ("in_flight", None, None),
            DeliveryState::Delivered => ("delivered", None, None),
            DeliveryState::Exhausted => ("exhausted", None, None),
            DeliveryState::Undeliverable(reason) => ("undeliverable", None, Some(reason)),
        };
        Self {
            id: delivery.id,
            event_type: delivery.event_type.to_owned(),
            title: reference::event(delivery.event_type).map(|event| event.title.to_owned()),
            receiver: delivery.receiver,
            key: delivery.key,
            url: delivery.url,
            created: delivery.created,
            state: state.to_owned(),
            next_attempt,
            reason,
            attempts: delivery.attempts.into_iter().map(AttemptView::of).collect(),
        }
    }
}

impl AttemptView {
    fn of(attempt: Attempt) -> Self {
        let Attempt { due, timestamp, status, error, acknowledged } = attempt;
        Self { due, timestamp, status, error, acknowledged }
    }
}
