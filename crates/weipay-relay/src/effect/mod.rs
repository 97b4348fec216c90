//! Effects: calls to WeChat Pay that are stored before they are sent, with their request number and their body.

mod confirm;
mod named;
mod request;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use confirm::{confirm, settlement};
pub(crate) use named::{card_confirm, coupon_confirm, points_notify, shown, sync};
pub(crate) use request::{Request, Subject, prepare, repeatable};
pub(crate) use verdict::{Observed, Verdict, verdict};

use crate::job::Lane;

/// A call to WeChat Pay that shall happen, once in effect.
///
/// Any operation of the catalogue by its id, such as `marketing_busifavor_coupons_use`. Where the operation has a request
/// number in its body and the body has none, the relay derives one. `Debug` shows no values.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// The operation's id in the catalogue; `weipay ops` finds it.
    pub operation: String,
    /// Values of the template's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub path: BTreeMap<String, String>,
    /// Query parameters, sent in the order of their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// The JSON body. Sensitive members have to be encrypted already, with the key that the client prefers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// What goes first when a budget is short; `bulk` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Effects of the same order happen one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// It carries an absolute value: a later one of the same order and operation takes its place while it waits. A balance
    /// that is shown (`…_user_points_sync`) always does, in the order of its card.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absolute: bool,
    /// After this it is not sent any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

impl Effect {
    /// A call of this operation, without values.
    pub fn of(operation: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            path: BTreeMap::new(),
            query: BTreeMap::new(),
            body: None,
            lane: None,
            order: None,
            absolute: false,
            not_after: None,
        }
    }

    /// With the value of a parameter of the template.
    #[must_use]
    pub fn path(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.path.insert(name.into(), value.into());
        self
    }

    /// With a query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.insert(name.into(), value.into());
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// In this lane.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = Some(lane);
        self
    }

    /// In line with all that have the same order.
    #[must_use]
    pub fn order(mut self, order: impl Into<String>) -> Self {
        self.order = Some(order.into());
        self
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect")
            .field("operation", &self.operation)
            .field("lane", &self.lane)
            .field("absolute", &self.absolute)
            .finish_non_exhaustive()
    }
}
