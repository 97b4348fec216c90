//! The relay: every notification stored before it is acknowledged, every result pushed back, once in effect.
//!
//! The effect at `WeChat` Pay happens at most once per business key; the merchant's hook is called at least once, with a
//! stable id; the merchant's side is once if it stores that id in its own transaction.

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
mod merchant;
pub mod operate;
mod relay;
mod sabotage;
pub mod store;
mod vault;
mod watch;
mod work;

pub use clock::{Clock, SystemClock};
pub use config::{AdminConfig, Config, ConfigProblems, Problem};
pub use effect::Effect;
pub use hook::{Hook, HttpHook};
pub use merchant::{ConfirmShape, Deadline, Deadlines, Limit, Merchant, Then};
pub use relay::{Relay, RelayBuilder, StartError};
pub use vault::{Sealed, Vault};
