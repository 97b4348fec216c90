//! The WeChat Pay server that nobody offers: real signatures, real encryption, state, notifications and faults, on
//! loopback.
//!
//! ```no_run
//! # async fn example() -> Result<(), weipay_sandbox::Error> {
//! use weipay_sandbox::{ExchangePoints, Fault, Sandbox};
//!
//! let sandbox = Sandbox::start().await?;
//! println!("point a client at {} as {}", sandbox.url(), sandbox.credentials().mchid);
//! sandbox.inject(Fault::new("T01")?.on("marketing_busifavor_coupons_use"));
//! let record_id = sandbox.exchange_points(ExchangePoints::default()).await?;
//! sandbox.settled().await;
//! # Ok(()) }
//! ```
//!
//! It judges our client, and therefore shares nothing with it but the catalogue: its strings to sign, its header parser
//! and its sealing are its own. Every request is authenticated and checked in the order of the real server; every
//! answer after that is signed; what is not published is assumed and says so, in the documentation of the rule.
//!
//! # What an answer is based on
//!
//! Every answer carries `Weipay-Sandbox-Basis`:
//!
//! - `rule`: by the protocol's own checks or a hand-written rule. [`ledger`] says of each rule what is documented,
//!   observed or assumed, and when it was last compared.
//! - `linked`: what one operation made is seen by the other, because a fact of the catalogue ties the two. A query of
//!   which nothing was made answers 404.
//! - `schema`: valid by the catalogue's schema and otherwise made up; members of the request come back under the same
//!   name. [`Builder::strict`] answers **501** instead.
//!
//! Operations that move money and have no rule answer **501** unless [`Builder::allow_generated`] says otherwise.
//!
//! # Two clocks
//!
//! *Wire time* judges timestamps and stamps messages: the host's clock plus [`RunningWorld::set_wire_skew`]. *Business time*
//! runs retry schedules, validity and expiry: it starts as the host's and is moved by [`RunningWorld::advance`].
//!
//! # Two hosts, and HTTPS
//!
//! [`RunningWorld::backup_url`] is what `api2.mch.weixin.qq.com` is to `api.mch.weixin.qq.com`: the same world at another address,
//! which still serves while fault `T10` has taken the main one away. With [`Builder::tls`] both ports answer HTTPS beside HTTP, by
//! a certificate for these names, and are a proxy to themselves: an SDK that hard-codes the host is pointed here by
//! `HTTPS_PROXY` and needs to trust [`RunningWorld::ca_pem`], nothing else.
//!
//! # What the sandbox does on purpose
//!
//! - A signature that does not match is answered with up to 1,024 bytes of the string that the server holds to be right
//!   (the real server cuts the body after a few characters) and, beside the `issue`, a `likely_cause`.
//! - Notifications go only to `http://` addresses of this machine, unless [`Builder::notify_anywhere`] says otherwise.
//! - Its keys are public and worthless; they are in the repository.

mod agenda;
mod app;
mod builder;
mod call;
mod clock;
mod clockwork;
mod conformance;
pub mod control;
mod courier;
mod credentials;
mod effect;
mod engine;
mod error;
mod fault;
mod ids;
mod journal;
mod json;
mod keys;
mod ledger;
mod limits;
mod linked;
mod migration;
mod mistake;
mod notify;
mod offer;
mod policy;
mod protocol;
mod refusal;
mod replay;
mod rules;
mod running;
mod sandbox;
mod schema;
mod serial;
mod server;
mod shared;
mod snapshot;
mod state;
mod tls;
mod trigger;
mod views;
mod wallet;
pub mod world;
mod worlds;

pub use builder::Builder;
pub use conformance::{Case, Conformance, Report, Verdict};
pub use credentials::Credentials;
pub use effect::{Effect, EffectCount};
pub use engine::ledger;
pub use error::Error;
pub use fault::{Fault, FaultKind};
pub use journal::{Basis, Direction, Entry, Journal};
pub use ledger::{Known, LedgerEntry};
pub use migration::Migration;
pub use mistake::Mistake;
pub use notify::{Attempt, Delivery, DeliveryState};
pub use rules::{
    ExchangePoints, MallMember, MallPayment, MallRefund, TakeCard, TakeMemberCard, TakenMemberCard,
};
pub use running::RunningWorld;
pub use sandbox::Sandbox;
pub use snapshot::Snapshot;
pub use tls::Authority;
pub use trigger::Trigger;
pub use views::{BonusView, CouponView, MemberView, ProductCouponView, RecordView, UserCardView};
pub use world::World;
