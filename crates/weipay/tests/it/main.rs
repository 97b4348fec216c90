//! What a program sees of the client, over real sockets on the loopback interface.
//!
//! `both!` runs a test through the async and through the blocking client: one suite, two clients.

#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts #[test] functions only, and here most bodies are shared by two"
)]

mod answers;
mod authenticity;
mod building;
mod certificates;
mod clients;
mod connecting;
mod downloads;
mod environment;
mod failover;
mod files;
mod handles;
mod interruptions;
mod notifications;
mod payments;
mod requests;
mod runtimes;
mod secrets;
mod signing;
mod templates;
mod tls_server;
mod typed;
mod uploads;
mod world;
