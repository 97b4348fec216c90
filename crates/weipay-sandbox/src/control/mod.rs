//! The control plane: everything that steers and shows a running sandbox, as one API under `/sandbox/v1/…` on the sandbox's own
//! port. [`Control`] is that API inside the process, [`Client`] is it from elsewhere; both give the same types. Its
//! description is `openapi.yaml` in the crate, and `GET /sandbox/v1/openapi.yaml`.
//!
//! Who may use it: programs and pages of this machine. A request has to come from a loopback address to a loopback name, and
//! a browser's request from the sandbox's own pages, so that neither another site nor a rebound name reaches it. With
//! [`Builder::token`](crate::Builder::token) every request needs the token, and may come from anywhere.

mod access;
mod api;
mod client;
mod clock;
mod exchange;
mod export;
mod extract;
mod fault;
mod follow;
mod front;
mod keys;
mod notification;
mod problem;
mod scenario;
mod search;
mod snapshot;
mod state;
mod status;
mod traffic;
mod user;

use std::fmt;
use std::sync::Arc;

use crate::running::RunningWorld;
use crate::worlds::Worlds;

pub(crate) use access::Access;
pub use client::{Client, ClientError, Following};
pub use clock::{ClockView, duration as parse_duration};
pub use exchange::{Content, ExchangeSummary, ExchangeView, MistakeView};
pub use fault::{FaultKindView, FaultOrder, PendingFault};
pub use follow::Follow;
pub(crate) use front::Front;
pub use keys::{CertificateView, KeysView, MerchantView, MigrationView};
pub use notification::{AttemptView, EventView, NotificationView, TriggerOrder};
pub use scenario::Scenario;
pub use search::{JournalPage, Search};
pub use status::{EffectView, StatusView, WorldView};
pub use traffic::{Second, TrafficView};
pub use user::{ActMember, UserAct};

/// The description of the API: OpenAPI 3.1 as YAML.
pub const OPENAPI: &str = include_str!("openapi.yaml");

/// The control plane of one world, inside the process. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    pub(crate) world: RunningWorld,
    pub(crate) worlds: Arc<Worlds>,
}

impl Control {
    /// The world that it steers.
    pub fn world(&self) -> &RunningWorld {
        &self.world
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("world", &self.world).finish_non_exhaustive()
    }
}
