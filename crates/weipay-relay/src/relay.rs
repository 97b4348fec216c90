//! The relay as a whole: put together, started, stopped.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::try_join_all;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::context::{Context, Settings};
use crate::ingress::{Door, router};
use crate::store::{Store, StoreError};
use crate::{Clock, Merchant, SystemClock, Vault, engine, failpoint};

/// Puts a [`Relay`] together.
#[derive(Debug)]
#[must_use = "a relay runs when start() was awaited"]
pub struct RelayBuilder {
    store: Arc<dyn Store>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    merchants: Vec<Merchant>,
    listen: SocketAddr,
    settings: Settings,
}

/// The relay cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Something about the merchants cannot work; the text says what to change.
    Merchant(String),
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
    /// The store does not answer.
    Store(StoreError),
    /// An environment variable of the proof is misspelt.
    Failpoint(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merchant(why) | Self::Failpoint(why) => f.write_str(why),
            Self::Listen(address, error) => write!(f, "{address} cannot be listened on: {error}"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(_, error) => Some(error),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl RelayBuilder {
    /// A merchant to work for.
    pub fn merchant(mut self, merchant: Merchant) -> Self {
        self.merchants.push(merchant);
        self
    }

    /// The address to listen on; 127.0.0.1 and a free port if not said. TLS ends before the relay.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Another clock than the host's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The name of this process in the timeline; the process number if not said.
    pub fn worker(mut self, name: impl Into<String>) -> Self {
        self.settings.worker = name.into();
        self
    }

    /// How many jobs may be under way at once; 64 if not said.
    pub fn concurrency(mut self, jobs: usize) -> Self {
        self.settings.concurrency = jobs.max(1);
        self
    }

    /// How many notifications may be taken in at once; 512 if not said. More are answered 503, and come again.
    pub fn intake(mut self, notifications: usize) -> Self {
        self.settings.intake = notifications.max(1);
        self
    }

    /// The bearer token that opens `/v1/status` and `/v1/timeline`, which are closed without one.
    pub fn viewer_token(mut self, token: impl Into<String>) -> Self {
        self.settings.viewer = Some(token.into());
        self
    }

    /// How long a job belongs to a process that shows no sign of life; 30 s if not said.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease.max(Duration::from_secs(1));
        self
    }

    /// How long a stop waits for what is under way; 10 s if not said.
    pub fn drain(mut self, patience: Duration) -> Self {
        self.settings.drain = patience;
        self
    }

    /// Sets the paces, listens, and begins to work.
    pub async fn start(self) -> Result<Relay, StartError> {
        failpoint::check().map_err(StartError::Failpoint)?;
        let merchants = merchants(self.merchants).map_err(StartError::Merchant)?;
        let listener =
            TcpListener::bind(self.listen).await.map_err(|error| StartError::Listen(self.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(self.listen, error))?;
        let ctx = Arc::new(Context::new(self.store, self.clock, self.vault, merchants, self.settings));
        let now = ctx.clock.now();
        let paces: BTreeMap<_, _> = ctx.merchants.values().flat_map(|merchant| merchant.paces()).collect();
        try_join_all(paces.iter().map(|(budget, pace)| ctx.store.set_pace(budget, *pace, now)))
            .await
            .map_err(StartError::Store)?;
        let (stop, stopped) = watch::channel(false);
        let stopping = Arc::new(AtomicBool::new(false));
        let door = Door {
            intake: Arc::new(Semaphore::new(ctx.settings.intake)),
            stopping: Arc::clone(&stopping),
            metrics: metrics(),
            ctx: Arc::clone(&ctx),
        };
        let mut ended = stopped.clone();
        let server = axum::serve(listener, router(door)).with_graceful_shutdown(async move {
            let _ = ended.wait_for(|stop| *stop).await;
        });
        let server = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the relay stopped listening");
            }
        });
        let worker = tokio::spawn(engine::run(Arc::clone(&ctx), stopped));
        Ok(Relay { address, stop, stopping, tasks: [server, worker], ctx })
    }
}

/// A running relay. Dropped without [`stop`](Relay::stop), it ends as a crash would end it: what was under way is taken
/// up again by the next start.
pub struct Relay {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    stopping: Arc<AtomicBool>,
    tasks: [JoinHandle<()>; 2],
    ctx: Arc<Context>,
}

impl Relay {
    /// A relay over this store, whose personal data is sealed with this vault.
    pub fn builder(store: Arc<dyn Store>, vault: Vault) -> RelayBuilder {
        RelayBuilder {
            store,
            vault,
            clock: Arc::new(SystemClock),
            merchants: Vec::new(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            settings: Settings {
                worker: format!("process {}", std::process::id()),
                concurrency: 64,
                lease: Duration::from_secs(30),
                ahead: Duration::from_millis(250),
                drain: Duration::from_secs(10),
                crashes: 5,
                intake: 512,
                refusals: 1000,
                record_life: Duration::from_hours(24),
                viewer: None,
            },
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, such as `http://127.0.0.1:8090`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The notify URL of a merchant at this address.
    pub fn notify_url(&self, merchant: &str) -> String {
        format!("{}/notify/{merchant}", self.url())
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.ctx.store
    }

    /// Takes nothing new, finishes what is under way, and returns. What is not due yet stays in the store.
    pub async fn stop(mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.stop.send_replace(true);
        for task in &mut self.tasks {
            let _ = task.await;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A name stands in a URL and at the beginning of keys.
pub(crate) fn usable_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match (1..=32).contains(&name.len()) && name.bytes().all(fits) {
        true => Ok(()),
        false => Err(format!("the merchant's name '{name}' has to have 1 to 32 letters, digits, - or _")),
    }
}

fn merchants(given: Vec<Merchant>) -> Result<BTreeMap<String, Arc<Merchant>>, String> {
    let mut merchants = BTreeMap::new();
    for merchant in given {
        let name = merchant.name.clone();
        usable_name(&name)?;
        if merchants.insert(name.clone(), Arc::new(merchant)).is_some() {
            return Err(format!("two merchants have the name '{name}'"));
        }
    }
    if merchants.is_empty() {
        return Err("no merchant is configured".to_owned());
    }
    Ok(merchants)
}

/// The recorder of this process; none when the program has installed one of its own.
fn metrics() -> Option<Arc<PrometheusHandle>> {
    static HANDLE: OnceLock<Option<Arc<PrometheusHandle>>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok().map(Arc::new)).clone()
}
