//! The fluent side of a call: a path, a verb, a request that can be sent.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use weipay_catalog::ops::Method;

use super::{Call, Decode, Download, Fetched, UnverifiedFile, UploadFile, VerifiedFile};
use crate::Answer;
use crate::error::{Error, Outcome, UnfinishedError};

/// What carries out calls: the async client, the blocking client, or a double of either.
pub trait Handle: Sized {
    /// What [`Request::send`] gives: a future, or the result itself.
    type Sending<'c, T: Decode + 'c>
    where
        Self: 'c;

    /// What the download verbs give: something that writes the file where it is told to.
    type Downloading<'c, F: Fetched + 'c>
    where
        Self: 'c;

    /// Starts to send.
    fn send<'c, T: Decode + 'c>(&'c self, call: Call) -> Self::Sending<'c, T>;

    /// Starts to download.
    fn download<'c, F: Fetched + 'c>(&'c self, download: Download) -> Self::Downloading<'c, F>;
}

/// A [`Handle`] whose requests are awaited.
#[diagnostic::on_unimplemented(
    message = "this request belongs to a blocking client and cannot be awaited",
    label = "use `.call()` here, or take `weipay::Client` instead of `weipay::blocking::Client`"
)]
pub trait AsyncHandle: Handle + Sync {
    /// Carries out one call.
    fn execute(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + '_>>;
}

/// A [`Handle`] whose requests are called.
#[diagnostic::on_unimplemented(
    message = "this request belongs to an async client and cannot be called",
    label = "use `.await` here, or take `weipay::blocking::Client` instead of `weipay::Client`"
)]
pub trait BlockingHandle: Handle {
    /// Carries out one call.
    fn execute(&self, call: Call) -> Result<Answer, Error>;
}

/// A path with the values bound so far. Give it a verb.
#[derive(Debug)]
#[must_use = "a path does nothing until a verb is called and the request is sent"]
pub struct Path<'c, C> {
    handle: &'c C,
    call: Call,
}

impl<C> Clone for Path<'_, C> {
    fn clone(&self) -> Self {
        Self { handle: self.handle, call: self.call.clone() }
    }
}

impl<'c, C: Handle> Path<'c, C> {
    /// A path of `template`, carried out by `handle`.
    pub fn new(handle: &'c C, template: impl AsRef<str>) -> Self {
        Self { handle, call: Call::new(Method::Get, template) }
    }

    /// Gives `{name}` its value, percent-encoded once. Empty values, `.`, `..` and backslashes are refused when sent.
    pub fn param(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.call.param(name, value);
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.call.query(name, value);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call.header(name, value);
        self
    }

    /// Bounds the whole call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.timeout(timeout);
        self
    }

    /// `GET`.
    pub fn get(self) -> Request<'c, C> {
        self.verb(Method::Get)
    }

    /// `DELETE`.
    pub fn delete(self) -> Request<'c, C> {
        self.verb(Method::Delete)
    }

    /// `POST` with a JSON body; `&()` sends none.
    pub fn post<B: Serialize + ?Sized>(self, body: &B) -> Request<'c, C> {
        self.verb_with(Method::Post, body)
    }

    /// `PUT` with a JSON body.
    pub fn put<B: Serialize + ?Sized>(self, body: &B) -> Request<'c, C> {
        self.verb_with(Method::Put, body)
    }

    /// `PATCH` with a JSON body.
    pub fn patch<B: Serialize + ?Sized>(self, body: &B) -> Request<'c, C> {
        self.verb_with(Method::Patch, body)
    }

    /// `POST` of a file with its JSON part, of which that part alone is signed. The members of it which the file decides
    /// are filled in, so that `&json!({})` is often enough; see [`Call::upload`].
    pub fn upload<B: Serialize + ?Sized>(self, meta: &B, file: UploadFile) -> Request<'c, C> {
        self.verb_with(Method::Post, meta).upload(file)
    }

    /// The file that the operation answers with or leads to, verified by its published hash. Where none is published,
    /// that is a mistake which says so when the file is fetched.
    pub fn download(self) -> C::Downloading<'c, VerifiedFile> {
        self.handle.download(Download::new::<VerifiedFile>(self.call))
    }

    /// The file that the operation answers with or leads to, where no hash is published for it.
    pub fn download_unverified(self) -> C::Downloading<'c, UnverifiedFile> {
        self.handle.download(Download::new::<UnverifiedFile>(self.call))
    }

    fn verb(mut self, method: Method) -> Request<'c, C> {
        self.call.method = method;
        Request { handle: self.handle, call: self.call, answer: PhantomData }
    }

    fn verb_with<B: Serialize + ?Sized>(mut self, method: Method, body: &B) -> Request<'c, C> {
        self.call.body(body);
        self.verb(method)
    }
}

/// A request that is ready to be sent: `.await` it, or `.call()` it on a blocking client.
#[must_use = "a request is sent by .await, .call() or .send()"]
pub struct Request<'c, C, T = Value> {
    handle: &'c C,
    call: Call,
    answer: PhantomData<fn() -> T>,
}

impl<'c, C: Handle, T: Decode + 'c> Request<'c, C, T> {
    pub(super) fn new(handle: &'c C, call: Call) -> Self {
        Self { handle, call, answer: PhantomData }
    }

    /// Puts a file beside the body; see [`Call::upload`].
    #[doc(hidden)]
    pub fn upload(mut self, file: UploadFile) -> Self {
        self.call.upload(file);
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.call.query(name, value);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call.header(name, value);
        self
    }

    /// Bounds the whole call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.timeout(timeout);
        self
    }

    /// Says that this request repeats one that ended with `earlier`; see [`Call::repeats`].
    pub fn repeats(mut self, earlier: Outcome) -> Self {
        self.call.repeats(earlier);
        self
    }

    /// Sends it and gives the whole verified envelope: status, headers, bytes and value. A future on the async
    /// client, the result itself on the blocking one.
    pub fn send(self) -> C::Sending<'c, T> {
        self.handle.send(self.call)
    }

    /// Sends it and gives the value.
    pub fn call(self) -> Result<T, Error>
    where
        C: BlockingHandle,
    {
        Envelope::decode(self.handle.execute(self.call.clone())?, &self.call)?.finished(&self.call)
    }
}

impl<'c, C: AsyncHandle, T: Decode + 'c> IntoFuture for Request<'c, C, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        let Request { handle, call, .. } = self;
        Box::pin(async move { Envelope::decode(handle.execute(call.clone()).await?, &call)?.finished(&call) })
    }
}

impl<C, T> fmt::Debug for Request<'_, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("call", &self.call).finish_non_exhaustive()
    }
}

/// A verified answer and the value that was read from it. `Debug` shows no value: it may hold personal data.
#[derive(Clone)]
pub struct Envelope<T> {
    answer: Answer,
    value: T,
}

impl<T> fmt::Debug for Envelope<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("answer", &self.answer).finish_non_exhaustive()
    }
}

impl<T: Decode> Envelope<T> {
    /// Reads a verified answer of `call`.
    pub fn decode(answer: Answer, call: &Call) -> Result<Self, Error> {
        let value = T::decode(&answer, call)?;
        Ok(Self { answer, value })
    }

    /// The value of a finished operation; a 202 that the operation does not document as its success is none.
    fn finished(self, call: &Call) -> Result<T, Error> {
        let documented = || call.operation().is_some_and(|operation| operation.success.contains(&202));
        if self.answer.status() == 202 && !documented() {
            return Err(UnfinishedError { operation: call.name(), answer: self.answer }.into());
        }
        Ok(self.value)
    }
}

impl<T> Envelope<T> {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status()
    }

    /// The verified answer: headers, bytes, serial.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Keeps the value alone.
    pub fn into_value(self) -> T {
        self.value
    }
}
