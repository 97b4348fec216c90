//! The merchant's side: what it is asked, what it answers, what it is told. Version 1 of the contract.
//!
//! [`Hook`] in Rust, or HTTP endpoints as `contract/hook-v1.yaml` describes them ([`HttpHook`]). A question comes at
//! least once, always with the same id: store the id in the transaction in which you decide, and answer a repetition as you
//! answered first. A hook in Rust may decide in the relay's own transaction instead, and is asked once in effect
//! ([`Answer::in_transaction`]).

mod answer;
mod http;
mod question;
mod signature;
mod work;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

pub(crate) use self::http::tls;
pub use self::http::{HookUrlError, HttpHook};
pub use answer::{Balance, CardAnswer, Decision, Heard, HookError, Points, Reply, Settled, Settlement};
pub(crate) use question::Coupon;
pub use question::{Card, CardChange, Exchange, Holder, Other, Payment, Refund};
pub use signature::HookSecret;
pub use work::{Answer, Work};

/// What is the same of every question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// The same on every repetition, unique among all questions: 35 characters.
    pub id: String,
    /// The merchant's name in the relay's configuration.
    pub merchant: String,
    /// The business key, such as `exchange/R1`.
    pub case: String,
    /// Counts from 1.
    pub attempt: u32,
    /// After this the relay goes on without an answer, as it is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// What a merchant's system does. Each method is called at least once per question, with a stable [`About::id`].
#[async_trait]
pub trait Hook: fmt::Debug + Send + Sync + 'static {
    /// May this exchange go ahead? Check the balance, set the points aside (shape A: allot a coupon), store the decision.
    async fn decide(&self, about: &About, exchange: &Exchange) -> Result<Answer<Decision>, HookError>;

    /// What became of an effect.
    async fn settled(&self, about: &About, settled: &Settled) -> Result<Answer<Heard>, HookError>;

    /// What does this payment earn? WeChat Pay is told in any case, because without it there is no notice of refunds.
    async fn points(&self, about: &About, payment: &Payment) -> Result<Answer<Points>, HookError>;

    /// A payment was refunded: take its points back in proportion.
    async fn reverse(&self, about: &About, refund: &Refund) -> Result<Answer<Heard>, HookError>;

    /// How many points does the card have to show?
    async fn balance(&self, about: &About, holder: &Holder) -> Result<Answer<Balance>, HookError>;

    /// A card was created or deleted.
    async fn card(&self, about: &About, card: &Card) -> Result<Answer<CardAnswer>, HookError>;

    /// One of the further events that this merchant listed ([`Merchant::event`](crate::Merchant::event)). A hook that says
    /// nothing about them is asked again and again, so list what it hears.
    async fn event(&self, _about: &About, event: &Other) -> Result<Answer<Heard>, HookError> {
        Err(HookError::failed(format!("this hook does not hear {}", event.event_type)))
    }

    /// Its URL, if it is asked over the network.
    fn url(&self) -> Option<&str> {
        None
    }
}
