//! The client for programs without an async runtime.
//!
//! The same transport and driver as the async client's. Calls run on the thread that makes them; one background
//! thread, started with the first blocking client and shared by all of the process, watches sockets and timers. That
//! makes it safe inside async code as well: it blocks the thread that it is called on, and never panics there.

use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Index;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use http::HeaderMap;
use tokio::runtime::{Builder, Handle as Runtime};
use tokio::task::unconstrained;
use weipay_core::{
    Answer, BlockingHandle, Call, Certificate, Credential, Decode, Envelope, Error, Fetched, Handle,
    Notification, NotificationError, Path, VerifiedFile,
};

use crate::client::Core;
use crate::index::Routes;
use crate::{ClientBuilder, ConfigError, Download};

/// A template of the catalogue, reached by index.
pub type Route = crate::Route<Client>;

/// The blocking client of one merchant, partner or brand.
///
/// Cloning is cheap, and clones share everything. [`with_credential`](Client::with_credential) gives the handle of
/// another merchant over the same connections: a handle is two pointers, so thousands of them cost nothing.
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

    /// A path, such as `v3/marketing/busifavor/stocks/{stock_id}`; see [`Client::chain`](crate::Client::chain).
    pub fn chain(&self, template: impl AsRef<str>) -> Path<'_, Self> {
        Path::new(self, template)
    }

    /// Fetches the platform certificates now; see [`Client::certificates`](crate::Client::certificates).
    pub fn certificates(&self) -> Result<Vec<Certificate>, Error> {
        wait(self.core.certificates())
    }

    /// The file at `address`, verified by its hash; see [`Client::file`](crate::Client::file).
    pub fn file(&self, address: &str, hash_type: &str, hash_value: &str) -> Download<'_, VerifiedFile, Self> {
        Download::new(&self.core, weipay_core::Download::address(address, hash_type, hash_value))
    }

    /// Verifies and decrypts a notification with the keys at hand; see
    /// [`Client::open_notification`](crate::Client::open_notification).
    pub fn open_notification(
        &self,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Notification, NotificationError> {
        self.core.open_notification(headers, body)
    }

    /// Verifies and decrypts a notification, fetching an unknown platform certificate once; see
    /// [`Client::notification`](crate::Client::notification).
    pub fn notification(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, NotificationError> {
        wait(self.core.notification(headers, body))
    }
}

impl Handle for Client {
    type Sending<'c, T: Decode + 'c> = Result<Envelope<T>, Error>;
    type Downloading<'c, F: Fetched + 'c> = Download<'c, F, Client>;

    fn send<'c, T: Decode + 'c>(&'c self, call: Call) -> Self::Sending<'c, T> {
        wait(self.core.send(call))
    }

    fn download<'c, F: Fetched + 'c>(&'c self, download: weipay_core::Download) -> Self::Downloading<'c, F> {
        Download::new(&self.core, download)
    }
}

impl BlockingHandle for Client {
    fn execute(&self, call: Call) -> Result<Answer, Error> {
        wait(self.core.execute(call))
    }
}

impl Index<&str> for Client {
    type Output = Route;

    /// The route of a template of the catalogue: `client["v3/marketing/busifavor/coupons/use"]`.
    ///
    /// # Panics
    ///
    /// When the catalogue has no such template; the message names the nearest one. Paths that are not literals of the
    /// program belong to [`chain`](Client::chain), which never panics.
    fn index(&self, template: &str) -> &Route {
        self.routes.get(&self.core, template)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("blocking::Client").field("credential", &self.core.credential).finish_non_exhaustive()
    }
}

/// The background thread's runtime, once there is one.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Starts the background thread, unless it runs.
pub(crate) fn start() -> io::Result<&'static Runtime> {
    static STARTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = RUNTIME.get() {
        return Ok(running);
    }
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("weipay-blocking".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(RUNTIME.get_or_init(|| handle))
}

/// Polls `future` on this thread until it is ready, with the background thread's sockets and timers.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let runtime = RUNTIME.get().expect("building a blocking client starts its runtime");
    let _entered = runtime.enter();
    let parked = Arc::new(Parked { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&parked));
    let mut context = Context::from_waker(&waker);
    // Inside somebody's async task its budget would run out here and never be filled again.
    let mut future = pin!(unconstrained(future));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !parked.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

struct Parked {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}
