//! A scripted HTTP server on a real socket: what a network and a server can do to a client, on command.
//!
//! ```
//! use weipay_testkit::wire::{Action, Answer, Server};
//!
//! // The first connection gets an answer, the second one is reset after its request was read.
//! let server = Server::start([
//!     vec![Action::Read, Action::Write(Answer::new(404).bytes())],
//!     vec![Action::Read, Action::Reset],
//! ]);
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! ```

mod answer;
mod received;
mod server;

pub use answer::{Answer, Platform};
pub use received::Received;
pub use server::{Action, Server};
