//! The protocol of WeChat Pay APIv3 without I/O.
//!
//! - [`Credential`] and the keys in it ([`PrivateKey`], [`PublicKey`], [`Certificate`], [`ApiV3Key`], [`Signer`]), and
//!   the [`KeyRing`] of those that WeChat Pay signs with;
//! - [`wire`]: the strings to sign and the `Authorization` header;
//! - [`Call`], and its fluent side [`Path`] and [`Request`];
//! - [`exchange`]: one call from its values to a verified [`Answer`], as a state machine that a driver feeds;
//! - [`Notification`]: from raw bytes and headers to the decrypted resource;
//! - [`Error`], whose [`Outcome`] says whether the operation may have happened.
//!
//! Programs use the crate `weipay`, which drives this one over HTTP.

mod answer;
mod call;
mod credential;
pub mod error;
pub mod exchange;
pub mod json;
mod key;
mod notification;
mod ring;
mod time;
pub mod wire;

pub use answer::Answer;
pub use call::{
    AsyncHandle, BlockingHandle, Call, Decode, Download, Envelope, Fetched, Handle, Path, Request,
    UnverifiedFile, UploadFile, VerifiedFile,
};
#[doc(hidden)]
pub use call::{Node, Parameters, decode_object};
pub use credential::{Credential, CredentialBuilder};
pub use error::{Error, Outcome, Verified};
pub use key::{ApiV3Key, Certificate, OpenError, PrivateKey, PublicKey};
pub use notification::{Notification, NotificationError};
pub use ring::{KeyRing, PlatformKey, RefreshFinished, RefreshTicket};
pub use time::{Time, TimeError};
pub use wire::{Signature, Signer, SignerFuture};

#[doc(hidden)]
pub use serde;

/// Any error, as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
