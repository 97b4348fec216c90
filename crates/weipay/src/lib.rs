//! WeChat Pay APIv3: every operation, async or blocking, and no answer that was not verified.
//!
//! ```
//! use serde_json::json;
//! use weipay::{Certificate, Client, Outcome, PrivateKey};
//!
//! # async fn example(server: String, private_key: PrivateKey, platform: Certificate) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder()
//!     // Your merchant number, your API certificate's serial, and its key: PrivateKey::from_file("apiclient_key.pem")?
//!     .merchant("1900000001", "3775B6A45ACD588826D15E583A95F5DD11111111", private_key)
//!     // What WeChat Pay signs with; newer merchants have .platform_public_key("PUB_KEY_ID_…", key) instead.
//!     .platform_certificate(platform)
//!     // A server on this machine; without this line, WeChat Pay's.
//!     .base_url(server)
//!     .build()?;
//!
//! let redeemed = client
//!     .chain("v3/marketing/busifavor/coupons/use")
//!     .post(&json!({ "coupon_code": "sxxe34343434", "appid": "wx1234567889999", "use_request_no": "1002600620" }))
//!     .await;
//! match redeemed {
//!     Ok(coupon) => assert_eq!(coupon["stock_id"], "98065001"),
//!     // The question to ask before anything is sent again: may it have happened?
//!     Err(error) => match error.outcome() {
//!         Outcome::NotSent | Outcome::Rejected => panic!("it did not happen: {error}"),
//!         Outcome::Accepted | Outcome::Unknown => panic!("repeat it with the same use_request_no, or query: {error}"),
//!     },
//! }
//! # Ok(())
//! # }
//! #
//! # // What stands for WeChat Pay here: one answer, signed anew for each request.
//! # use base64::{Engine as _, engine::general_purpose::STANDARD};
//! # use weipay_testkit::{vectors, wire::{Action, Answer, Platform, Server}};
//! # let signing = PrivateKey::from_pem(include_str!("../tests/keys/platform.key.pem")).unwrap();
//! # let certificate = Certificate::from_pem(include_str!("../tests/keys/platform.cert.pem")).unwrap();
//! # let platform = Platform::new(certificate.serial(), move |message| STANDARD.encode(signing.sign(message)));
//! # let server = Server::answering(move |_| {
//! #     let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap();
//! #     vec![Action::Write(Answer::json(200, r#"{"stock_id":"98065001"}"#).signed(&platform, now).bytes())]
//! # });
//! # let key = PrivateKey::from_pem(vectors::text("/generated/merchant_key/private_key_pkcs8_pem")).unwrap();
//! # tokio::runtime::Runtime::new().unwrap().block_on(example(server.url(), key, certificate)).unwrap();
//! # assert_eq!(server.requests().len(), 1);
//! ```
//!
//! The same from [`blocking::Client`], with `.call()` in place of `.await`. Where to look next:
//!
//! - [`Client`] and [`blocking::Client`], put together by [`ClientBuilder`] or from the environment;
//! - [`Client::v3`]: the typed chain, `client.v3().marketing().busifavor().coupons().use_().post(&body)`, with the types of
//!   [`api`]: one cargo feature per product area;
//! - [`Client::chain`], and `client["v3/…"]`: a path, its values, a verb;
//! - [`Client::notification`]: from raw bytes and headers to the decrypted resource; `api::events::Event` reads it typed;
//! - `.upload(…)` of an [`UploadFile`], and the [`Download`] that `.download()` gives: files, on the chain, by path and by
//!   index;
//! - [`Error`], whose [`outcome`](Error::outcome) says whether the operation may have happened;
//! - [`Transport`]: bring another HTTP library, or a test double.
//!
//! The protocol itself, without I/O, is `weipay-core`; what a program names of it is re-exported here.

pub mod blocking;
mod builder;
mod client;
mod clock;
mod config_error;
mod download;
mod driver;
mod environment;
mod index;
mod transport;
mod typed;

pub use builder::ClientBuilder;
pub use client::{Client, Sending};
pub use config_error::ConfigError;
pub use download::Download;
pub use index::Route;
pub use transport::{Chunks, Deadlines, Transport, Transporting};

pub use weipay_api as api;
pub use weipay_catalog as catalog;
pub use weipay_core::{
    Answer, ApiV3Key, AsyncHandle, BlockingHandle, BoxError, Call, Certificate, Credential,
    CredentialBuilder, Decode, Envelope, Error, Fetched, Handle, KeyRing, Notification, NotificationError,
    OpenError, Outcome, Path, PlatformKey, PrivateKey, PublicKey, Request, Signature, Signer, SignerFuture,
    Time, TimeError, UnverifiedFile, UploadFile, Verified, VerifiedFile, error, exchange, wire,
};
