//! The relay: every notification stored before it is acknowledged, every result pushed back, once in effect.
//!
//! The effect at `WeChat` Pay happens at most once per business key; the merchant's hook is called at least once, with a
//! stable id; the merchant's side is once if it stores that id in its own transaction, or decides in the relay's
//! ([`hook::Answer::in_transaction`]).
//!
//! ```
//! use std::sync::Arc;
//! use weipay::{ApiV3Key, Client, PrivateKey, PublicKey};
//! use weipay_relay::store::{SqliteOptions, SqliteStore};
//! use weipay_relay::hook::HookSecret;
//! use weipay_relay::{ConfirmShape, HttpHook, Merchant, Relay, SystemClock, Vault};
//!
//! # async fn example(folder: &std::path::Path, seal_key: [u8; 32], client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! let store = SqliteStore::open(SqliteOptions::new(folder.join("relay.db"))).await?;
//! // Your system: endpoints below one URL, as contract/hook-v1.yaml describes them; or your own `Hook` in Rust.
//! let secret = HookSecret::new("a secret that both sides share")?;
//! let hook = HttpHook::new("http://127.0.0.1:8091/weipay", secret, Arc::new(SystemClock))?;
//! // The two published shapes of exchange-coupon/confirm contradict each other: say which one your account takes.
//! let merchant = Merchant::new("shop", client, ConfirmShape::B, hook).brand("1004").mchid("1234567890");
//! let relay = Relay::builder(Arc::new(store), Vault::new(&seal_key)).merchant(merchant).start().await?;
//! println!("let WeChat Pay notify {}", relay.notify_url("shop"));
//! relay.stop().await;
//! # Ok(()) }
//! # let known = tokio::runtime::Runtime::new().unwrap().block_on(async { weipay_sandbox::Sandbox::start().await.unwrap().credentials() });
//! # let client = Client::builder()
//! #     .merchant(known.mchid, known.merchant_serial, PrivateKey::from_pem(known.private_key_pem).unwrap())
//! #     .platform_public_key(known.platform_key_id, PublicKey::from_pem(known.platform_public_key_pem).unwrap())
//! #     .apiv3_key(ApiV3Key::new(known.apiv3_key).unwrap()).build().unwrap();
//! # let folder = tempfile::tempdir().unwrap();
//! # tokio::runtime::Runtime::new().unwrap().block_on(example(folder.path(), [7; 32], client)).unwrap();
//! ```
//!
//! Where to look next: [`Relay`] and [`Merchant`], or [`Config`] for a file; [`Hook`] and [`hook`] for what your system is
//! asked; [`Effect`] and [`Relay::submit`] for what it may ask for; [`store`] for what survives; [`operate`] for
//! who looks after it; [`make_good`] for what was missed; [`hook_test`] for your hook before it meets the relay.
//!
//! Over HTTP: `POST /notify/{merchant}`, `/v1/effects` and `/v1/known` (with the merchant's token), `/healthz`, `/readyz`, `/metrics`; let only
//! `/notify/` be reached from outside. Operators' commands ([`operate`]) are taken at an address of their own.

mod clock;
mod config;
mod context;
pub mod effect;
mod engine;
mod event;
mod failpoint;
pub mod hook;
pub mod hook_test;
mod ingress;
pub mod job;
mod json;
pub mod make_good;
mod merchant;
pub mod operate;
mod relay;
mod sabotage;
pub mod store;
mod submit;
mod upkeep;
mod vault;
mod watch;
mod work;

pub use clock::{Clock, SystemClock};
pub use config::{AdminConfig, Config, ConfigProblems, Problem};
pub use effect::Effect;
pub use hook::{Hook, HttpHook};
pub use merchant::{ConfirmShape, Deadline, Deadlines, Limit, Merchant, Then};
pub use relay::{Relay, RelayBuilder, StartError};
pub use submit::{Progress, SubmitError, Submitted};
pub use upkeep::Keep;
pub use vault::{Sealed, Vault};
