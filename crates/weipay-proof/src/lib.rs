//! The proof: relay and shop as processes of their own, joined by the HTTP hook, killed again and again under load; and a
//! judge who compares what WeChat Pay's side saw with what the shop's books say.
//!
//! The sandbox lives in the proof's process and survives everything. The judge trusts neither the relay nor its store: he
//! looks at the sandbox's effects, deliveries and journal, and at the shop's ledger. Every broken promise has a name
//! ([`NAMES`]).

mod error;
mod faults;
mod judge;
mod kill;
mod latency;
mod line;
mod load;
mod loopback;
mod plan;
mod postgres;
mod process;
mod proof;
mod rate;
mod stage;
mod verdict;

pub use error::Error;
pub use judge::NAMES;
pub use latency::{Bound, Delay, Latency, time};
pub use plan::{Backend, Plan, Sabotage};
pub use proof::{Progress, prove};
pub use verdict::{Finding, Kills, Load, Pace, Paces, Verdict};
