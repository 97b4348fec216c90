//! The console: pages for people over the control plane of a sandbox, and over the commands of a relay. Rendered on the
//! server, in Chinese and English; they work without scripts, and a few small modules of our own make them live.
//!
//! ```no_run
//! # use weipay_console::Neighbours;
//! # async fn example() -> Result<(), weipay_sandbox::Error> {
//! let sandbox = weipay_sandbox::Sandbox::start().await?;
//! sandbox.mount(weipay_console::sandbox(sandbox.control(), None, Neighbours::default()));
//! println!("open {}", sandbox.url());
//! # Ok(()) }
//! # #[cfg(feature = "relay")]
//! # fn relay(relay: weipay_relay::RelayBuilder, address: std::net::SocketAddr) -> weipay_relay::RelayBuilder {
//! // At the address where a relay takes operators' commands:
//! relay.admin(address, Vec::new()).admin_pages(|operator| weipay_console::relay(operator, Neighbours::default()))
//! # }
//! ```
//!
//! What a journal or a store holds came from outside: every text is escaped, and the policy of the pages allows no script
//! but the console's own files. The features `sandbox` and `relay`, both on by default, choose the pages.

mod asset;
mod choose;
mod form;
mod language;
mod neighbours;
mod page;
#[cfg(feature = "relay")]
mod relay;
#[cfg(feature = "sandbox")]
mod sandbox;
mod site;

pub use neighbours::Neighbours;
#[cfg(feature = "relay")]
pub use relay::relay;
#[cfg(feature = "sandbox")]
pub use sandbox::sandbox;
pub use site::Site;
