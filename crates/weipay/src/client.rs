//! The async client.

use std::fmt;
use std::future::Future;
use std::ops::Index;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use weipay_core::error::VerifyReason;
use weipay_core::{
    Answer, AsyncHandle, Call, Certificate, Credential, Decode, Envelope, Error, Fetched, Handle,
    Notification, NotificationError, Path,
};

use crate::driver::{self, Engine};
use crate::index::Routes;
use crate::{ClientBuilder, ConfigError, Download, Route};

/// The async client of one merchant, partner or brand.
///
/// Cloning is cheap, and clones share everything. [`with_credential`](Client::with_credential) gives the handle of
/// another merchant over the same connections: a handle is two pointers, so thousands of them cost nothing.
///
/// Needs a tokio runtime with I/O and time enabled; without one, take [`blocking::Client`](crate::blocking::Client).
/// Dropping a request's future ends it at once.
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
    routes: Arc<Routes<Client>>,
}

impl Client {
    /// Starts to build a client.
    pub fn builder() -> ClientBuilder<Client> {
        ClientBuilder::new()
    }

    /// A client as the environment describes it; see [`ClientBuilder::environment`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().environment()?.build()
    }

    /// The handle of another merchant, partner or brand, which shares this client's connections and settings.
    pub fn with_credential(&self, credential: impl Into<Arc<Credential>>) -> Self {
        Self::from_core(self.core.with_credential(credential.into()))
    }

    pub(crate) fn from_core(core: Core) -> Self {
        Self { core: Arc::new(core), routes: Arc::default() }
    }

    /// Who calls, and whom it trusts.
    pub fn credential(&self) -> &Arc<Credential> {
        &self.core.credential
    }

    /// A path, such as `v3/marketing/busifavor/stocks/{stock_id}`; the leading slash is optional.
    ///
    /// Any path will do, in the catalogue or not. Values go into `{…}` by `.param(name, value)`. Mistakes surface when
    /// the request is sent, as [`Error::Build`].
    pub fn chain(&self, template: impl AsRef<str>) -> Path<'_, Self> {
        Path::new(self, template)
    }

    /// Fetches the platform certificates now, puts them into the key ring and gives them.
    ///
    /// With [`download_certificates`](ClientBuilder::download_certificates) that happens by itself where it is needed.
    /// Call it twice a day to know a new certificate before the first answer is signed by it.
    ///
    /// # Errors
    ///
    /// 404 `RESOURCE_NOT_EXISTS` means that this merchant has no platform certificates and needs the WeChat Pay public key.
    pub async fn certificates(&self) -> Result<Vec<Certificate>, Error> {
        self.core.certificates().await
    }

    /// The file at `address`, which an earlier answer gave together with its hash: `SHA1`, `SHA256` or `SM3`, and
    /// hexadecimal digits. Where the catalogue knows the operation, its `.download()` does both steps.
    pub fn file(&self, address: &str, hash_type: &str, hash_value: &str) -> Download<'_> {
        Download::new(&self.core, weipay_core::Download::address(address, hash_type, hash_value))
    }

    /// Verifies and decrypts a notification with the keys at hand: `headers` and `body` exactly as received.
    ///
    /// Answer 200 or 204 only when it is durably stored, and 4xx or 5xx on an error, so that WeChat Pay repeats it.
    pub fn open_notification(
        &self,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Notification, NotificationError> {
        self.core.open_notification(headers, body)
    }

    /// The same as [`open_notification`](Self::open_notification), and fetches the platform certificates once if the
    /// notification is signed by an unknown one and the client may download them.
    pub async fn notification(
        &self,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Notification, NotificationError> {
        self.core.notification(headers, body).await
    }
}

impl Handle for Client {
    type Sending<'c, T: Decode + 'c> = Sending<'c, T>;
    type Downloading<'c, F: Fetched + 'c> = Download<'c, F, Client>;

    fn send<'c, T: Decode + 'c>(&'c self, call: Call) -> Self::Sending<'c, T> {
        self.core.send(call)
    }

    fn download<'c, F: Fetched + 'c>(&'c self, download: weipay_core::Download) -> Self::Downloading<'c, F> {
        Download::new(&self.core, download)
    }
}

impl AsyncHandle for Client {
    fn execute(&self, call: Call) -> Executing<'_> {
        self.core.boxed(call)
    }
}

impl Index<&str> for Client {
    type Output = Route<Client>;

    /// The route of a template of the catalogue: `client["v3/marketing/busifavor/coupons/use"]`.
    ///
    /// # Panics
    ///
    /// When the catalogue has no such template; the message names the nearest one. Paths that are not literals of the
    /// program belong to [`chain`](Client::chain), which never panics.
    fn index(&self, template: &str) -> &Route<Client> {
        self.routes.get(&self.core, template)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("credential", &self.core.credential).finish_non_exhaustive()
    }
}

/// What an async [`Request::send`](weipay_core::Request::send) gives.
pub type Sending<'c, T> = Pin<Box<dyn Future<Output = Result<Envelope<T>, Error>> + Send + 'c>>;

/// A call under way.
pub(crate) type Executing<'c> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'c>>;

/// A credential and the engine that works for it: what both clients are made of.
pub(crate) struct Core {
    pub(crate) credential: Arc<Credential>,
    pub(crate) engine: Arc<Engine>,
}

impl Core {
    pub(crate) fn with_credential(&self, credential: Arc<Credential>) -> Self {
        Self { credential, engine: Arc::clone(&self.engine) }
    }

    pub(crate) async fn execute(&self, call: Call) -> Result<Answer, Error> {
        driver::run(&self.engine, &self.credential, call).await
    }

    pub(crate) fn boxed(&self, call: Call) -> Executing<'_> {
        Box::pin(self.execute(call))
    }

    pub(crate) fn send<'c, T: Decode + 'c>(&'c self, call: Call) -> Sending<'c, T> {
        Box::pin(async move { Envelope::decode(self.execute(call.clone()).await?, &call) })
    }

    pub(crate) async fn certificates(&self) -> Result<Vec<Certificate>, Error> {
        Ok(self.execute(Call::certificates()).await?.certificates().to_vec())
    }

    pub(crate) fn open_notification(
        &self,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Notification, NotificationError> {
        Notification::open(&self.credential, headers, body, self.engine.clock.unix())
    }

    pub(crate) async fn notification(
        &self,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Notification, NotificationError> {
        let opened = self.open_notification(headers, body);
        let ring = self.credential.key_ring();
        let Err(NotificationError::Verify(VerifyReason::UnknownSerial(serial))) = &opened else {
            return opened;
        };
        if !ring.may_download(serial) {
            return opened;
        }
        let now: Duration = self.engine.clock.now().mono;
        let Some(ticket) = ring.begin_refresh(serial, now) else { return opened };
        let deadline = now.saturating_add(self.engine.settings.total_timeout);
        driver::refresh(&self.engine, &self.credential, ticket, deadline).await;
        self.open_notification(headers, body)
    }
}
