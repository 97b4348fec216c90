//! Notifications: sealed, signed, delivered at once and then by the documented schedule, with a log of every attempt.

pub(crate) mod address;
mod envelope;
mod schedule;

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use envelope::{Event, Receiver, Sealed};

use crate::clock::after;
use crate::fault;
use crate::serial::{self, Constant};
use crate::world::SignWith;

/// One notification and how it fared.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Delivery {
    /// `id` of the envelope; the same on every attempt (ASSUME).
    pub id: String,
    /// `event_type` of the envelope.
    #[serde(deserialize_with = "serial::constant")]
    pub event_type: Constant,
    /// The mchid that gets it.
    pub receiver: String,
    /// The business key: `record_id`, `transaction_id`, `refund_id`, …
    pub key: String,
    /// The address; none when the receiver has not set one.
    pub url: Option<String>,
    /// Business time at which the event happened.
    pub created: Timestamp,
    /// Every attempt so far, in order.
    pub attempts: Vec<Attempt>,
    /// How it stands.
    pub state: DeliveryState,
}

/// How a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum DeliveryState {
    /// The next attempt is due at this business time.
    Waiting(Timestamp),
    /// An attempt is under way.
    InFlight,
    /// Acknowledged with 200 or 204 in time.
    Delivered,
    /// The schedule is over without an acknowledgement.
    Exhausted,
    /// Never attempted; says why, such as an address that is not on this machine.
    Undeliverable(String),
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Attempt {
    /// The business time that the schedule names.
    pub due: Timestamp,
    /// `Wechatpay-Timestamp` of this attempt, wire time in Unix seconds.
    pub timestamp: i64,
    /// The answer's status; none when there was no answer in time.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// 200 or 204 in time.
    pub acknowledged: bool,
}

/// All notifications of a run.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outbox {
    parcels: Vec<Parcel>,
    /// The number of the first. Numbers are never used twice, so that a delivery from before a reset finds nothing.
    #[serde(skip)]
    first: usize,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Parcel {
    delivery: Delivery,
    #[serde(with = "serial::base64")]
    body: Bytes,
    sign_with: SignWith,
    /// When the attempt under way was due.
    due: Timestamp,
    /// How far the schedule is.
    repeated: usize,
    /// It goes out so many times more after it was acknowledged.
    again: u32,
    /// The fault that made it what it is.
    #[serde(deserialize_with = "serial::optional_constant")]
    fault: Option<Constant>,
}

/// What the courier needs for one attempt.
pub(crate) struct Errand {
    pub(crate) url: String,
    pub(crate) body: Bytes,
    pub(crate) sign_with: SignWith,
    pub(crate) event_type: &'static str,
    pub(crate) receiver: String,
    pub(crate) fault: Option<&'static str>,
}

impl Parcel {
    fn wait_until(&mut self, due: Timestamp) {
        if let DeliveryState::Waiting(at) = &mut self.delivery.state {
            *at = due;
        }
    }
}

impl Outbox {
    /// Puts a notification up; a fault that strikes it here is part of it from now on.
    pub(crate) fn post(&mut self, sealed: Sealed, fault: Option<(&'static str, fault::Delivery)>) {
        let Sealed { delivery, body, sign_with } = sealed;
        let due = delivery.created;
        let id = fault.map(|(id, _)| id);
        let mut parcel = Parcel { delivery, body, sign_with, due, repeated: 0, again: 0, fault: id };
        match fault {
            Some((_, fault::Delivery::Again)) => parcel.again = 1,
            Some((_, fault::Delivery::Twice)) => self.parcels.push(parcel.clone()),
            Some((_, fault::Delivery::Late(late))) => parcel.wait_until(after(due, late)),
            Some((id, fault::Delivery::Never)) => {
                parcel.delivery.state =
                    DeliveryState::Undeliverable(format!("the fault {id}: it is never sent"));
            }
            _ => {}
        }
        self.parcels.push(parcel);
    }

    /// Puts a notification up once more, under its id; false if there is none of that id or it is under way.
    pub(crate) fn resend(&mut self, id: &str, now: Timestamp) -> bool {
        let mut parcels = self.parcels.iter_mut();
        let Some(parcel) = parcels.find(|parcel| parcel.delivery.id == id) else { return false };
        let sendable =
            !matches!(parcel.delivery.state, DeliveryState::InFlight | DeliveryState::Undeliverable(_));
        if sendable {
            parcel.repeated = 0;
            parcel.delivery.state = DeliveryState::Waiting(now);
        }
        sendable
    }

    /// The number of the next notification.
    pub(crate) fn end(&self) -> usize {
        self.first + self.parcels.len()
    }

    /// Goes on with other numbers. What was under way when it was saved may have arrived or not: it is sent again, as from
    /// the real platform.
    pub(crate) fn begin_at(&mut self, first: usize) {
        self.first = first;
        for parcel in &mut self.parcels {
            if parcel.delivery.state == DeliveryState::InFlight {
                parcel.delivery.state = DeliveryState::Waiting(parcel.due);
            }
        }
    }

    /// Gives a notification up: nothing more of it is sent.
    pub(crate) fn give_up(&mut self, id: &str) {
        for parcel in self.parcels.iter_mut().filter(|parcel| parcel.delivery.id == id) {
            if let DeliveryState::Waiting(_) = parcel.delivery.state {
                parcel.delivery.state = DeliveryState::Exhausted;
            }
        }
    }

    /// The deliveries that are due; each is from now on under way.
    pub(crate) fn claim(&mut self, now: Timestamp) -> Vec<usize> {
        let mut due = Vec::new();
        for (number, parcel) in self.parcels.iter_mut().enumerate() {
            if let DeliveryState::Waiting(at) = parcel.delivery.state
                && at <= now
            {
                parcel.delivery.state = DeliveryState::InFlight;
                parcel.due = at;
                due.push(self.first + number);
            }
        }
        due
    }

    pub(crate) fn errand(&self, number: usize) -> Option<Errand> {
        let parcel = self.parcels.get(number.checked_sub(self.first)?)?;
        Some(Errand {
            url: parcel.delivery.url.clone()?,
            body: parcel.body.clone(),
            sign_with: parcel.sign_with,
            event_type: parcel.delivery.event_type,
            receiver: parcel.delivery.receiver.clone(),
            fault: parcel.fault,
        })
    }

    /// Notes how an attempt ended and when the next one is due.
    pub(crate) fn report(
        &mut self,
        number: usize,
        timestamp: i64,
        status: Option<u16>,
        error: Option<String>,
    ) {
        let at = number.checked_sub(self.first);
        let Some(parcel) = at.and_then(|at| self.parcels.get_mut(at)) else { return };
        let acknowledged = matches!(status, Some(200 | 204));
        let delivery = &mut parcel.delivery;
        delivery.attempts.push(Attempt { due: parcel.due, timestamp, status, error, acknowledged });
        let gap = schedule::repeats(delivery.event_type).get(parcel.repeated);
        parcel.repeated += 1;
        delivery.state = match gap {
            _ if acknowledged && parcel.again > 0 => {
                parcel.again -= 1;
                DeliveryState::Waiting(parcel.due)
            }
            _ if acknowledged => DeliveryState::Delivered,
            Some(seconds) => DeliveryState::Waiting(after(parcel.due, Duration::from_secs(*seconds))),
            None => DeliveryState::Exhausted,
        };
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let waiting = self.parcels.iter().filter_map(|parcel| match parcel.delivery.state {
            DeliveryState::Waiting(due) => Some(due),
            _ => None,
        });
        waiting.min()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.parcels.iter().filter(|parcel| parcel.delivery.state == DeliveryState::InFlight).count()
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.parcels.iter().map(|parcel| parcel.delivery.clone()).collect()
    }
}
