//! Each function compiles as it stands. With `--cfg refused="…"` it is written as it must not be.

use std::future::Future;
use std::pin::Pin;

use weipay_api::brand_card_member::BrandCardMemberUserCardsUpdateByUserCardCodeRequest as Update;
use weipay_api::businesscircle::UserAuthorizationsGetByOpenidQuery as Query;
use weipay_api::chain::trunk::V3;
use weipay_core::json::Sensitive;
use weipay_core::{Answer, AsyncHandle, BlockingHandle, Call, Decode, Download, Error, Fetched, Handle};

fn main() {}

/// A sensitive member is no plain text.
pub fn clear_text() -> Update {
    let update = Update::new("card");
    #[cfg(refused = "clear_text")]
    return update.phone_number("13800000000");
    #[cfg(not(refused = "clear_text"))]
    update.phone_number(Sensitive::from("13800000000"))
}

/// A body with sensitive members cannot be written without the key that encrypts them.
pub fn clear_body(update: &Update) -> usize {
    #[cfg(refused = "clear_body")]
    return serde_json::to_string(update).map_or(0, |text| text.len());
    #[cfg(not(refused = "clear_body"))]
    format!("{update:?}").len()
}

/// A blocking request is called.
pub async fn awaited(client: &Blocking) {
    let request = V3::new(client).businesscircle().user_authorizations().openid("o").get(&Query::new("wx1"));
    #[cfg(refused = "awaited")]
    let _ = request.await;
    #[cfg(not(refused = "awaited"))]
    let _ = request.call();
}

/// An async request is awaited.
pub async fn called(client: &Async) {
    let request = V3::new(client).businesscircle().user_authorizations().openid("o").get(&Query::new("wx1"));
    #[cfg(refused = "called")]
    let _ = request.call();
    #[cfg(not(refused = "called"))]
    let _ = request.await;
}

/// A path has the verbs of its operations.
pub fn missing_verb(client: &Blocking) {
    let notify = V3::new(client).businesscircle().points().notify();
    #[cfg(refused = "missing_verb")]
    let _ = notify.get();
    drop(notify);
}

/// A query that is needed is an argument.
pub fn missing_query(client: &Blocking) {
    let user = V3::new(client).businesscircle().user_authorizations().openid("o");
    #[cfg(refused = "missing_query")]
    let _ = user.get();
    #[cfg(not(refused = "missing_query"))]
    let _ = user.get(&Query::new("wx1"));
}

/// Stands for `weipay::blocking::Client`.
#[derive(Debug)]
pub struct Blocking;

impl Handle for Blocking {
    type Sending<'c, T: Decode + 'c> = Option<T>;
    type Downloading<'c, F: Fetched + 'c> = Option<F>;

    fn download<'c, F: Fetched + 'c>(&'c self, _: Download) -> Option<F> {
        None
    }

    fn send<'c, T: Decode + 'c>(&'c self, _: Call) -> Option<T> {
        None
    }
}

impl BlockingHandle for Blocking {
    fn execute(&self, call: Call) -> Result<Answer, Error> {
        unreachable!("{call:?} is never sent")
    }
}

/// Stands for `weipay::Client`.
#[derive(Debug)]
pub struct Async;

impl Handle for Async {
    type Sending<'c, T: Decode + 'c> = Option<T>;
    type Downloading<'c, F: Fetched + 'c> = Option<F>;

    fn download<'c, F: Fetched + 'c>(&'c self, _: Download) -> Option<F> {
        None
    }

    fn send<'c, T: Decode + 'c>(&'c self, _: Call) -> Option<T> {
        None
    }
}

impl AsyncHandle for Async {
    fn execute(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + '_>> {
        unreachable!("{call:?} is never sent")
    }
}
