//! The console: pages for people over the control plane of a sandbox. Rendered on the server, in Chinese and English; they
//! work without scripts, and a few small modules of our own make them live.
//!
//! ```no_run
//! # async fn example() -> Result<(), weipay_sandbox::Error> {
//! let sandbox = weipay_sandbox::Sandbox::start().await?;
//! sandbox.mount(weipay_console::sandbox(sandbox.control(), None));
//! println!("open {}", sandbox.url());
//! # Ok(()) }
//! ```
//!
//! What a journal holds came from outside: every text is escaped, and the policy of the pages allows no script but the
//! console's own files.

mod asset;
mod form;
mod language;
mod page;
mod plot;
mod sandbox;
mod site;

pub use sandbox::sandbox;
pub use site::Site;
