//! The relay as a whole: put together, started, stopped.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::context::{Context, Settings};
use crate::ingress::{Door, router, serve};
use crate::operate::door::{self, Pages};
use crate::operate::{Operator, Token, api};
use crate::store::{Store, StoreError};
use crate::submit::{self, SubmitError, Submitted};
use crate::upkeep::Keep;
use crate::watch::{BUCKETS, begin};
use crate::{Clock, Effect, Merchant, SystemClock, Vault, engine, failpoint};

/// Puts a [`Relay`] together.
#[derive(Debug)]
#[must_use = "a relay runs when start() was awaited"]
pub struct RelayBuilder {
    store: Arc<dyn Store>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    merchants: Vec<Merchant>,
    listen: SocketAddr,
    listener: Option<std::net::TcpListener>,
    admin: Option<Admin>,
    pages: Option<Pages>,
    settings: Settings,
}

/// Where operators' commands are taken, and from whom.
#[derive(Debug)]
struct Admin {
    address: SocketAddr,
    listener: Option<std::net::TcpListener>,
    tokens: Vec<Token>,
}

/// The relay cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Something about the merchants cannot work; the text says what to change.
    Merchant(String),
    /// Commands would be taken from anybody; the text says what to change.
    Admin(String),
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
            Self::Merchant(why) | Self::Admin(why) | Self::Failpoint(why) => f.write_str(why),
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

    /// A socket that somebody else bound and keeps, such as systemd: while this process restarts, connections wait in it
    /// instead of being refused. It takes the place of [`listen`](Self::listen).
    pub fn listener(mut self, listener: std::net::TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Takes operators' commands at `address`. Without tokens this has to be a loopback address.
    pub fn admin(mut self, address: SocketAddr, tokens: Vec<Token>) -> Self {
        self.admin = Some(Admin { address, listener: None, tokens });
        self
    }

    /// A socket for the admin API that somebody else bound and keeps. It takes the place of the address.
    pub fn admin_listener(mut self, listener: std::net::TcpListener) -> Self {
        if let Some(admin) = &mut self.admin {
            admin.listener = Some(listener);
        }
        self
    }

    /// Pages for people at the admin address, beside the commands; `pages` is given what carries commands out. Who sends a
    /// request stands in its extensions as [`Who`](crate::operate::Who): whoever signed in with a token, or, without tokens,
    /// whoever sits at this machine. Where it is missing, nobody signed in: a page then asks for the token with a form to
    /// `/admin/session` (`token`, and in `back` the path to go on to). What another site's page sends never comes so far.
    pub fn admin_pages(mut self, pages: impl FnOnce(Operator) -> Router + Send + 'static) -> Self {
        self.pages = Some(Pages(Box::new(pages)));
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

    /// How many calls to WeChat Pay may be under way at once, and how many questions to hooks beside them; 64 of each if not
    /// said. Neither waits for the other.
    pub fn concurrency(mut self, jobs: u32) -> Self {
        self.settings.concurrency = jobs.max(1);
        self
    }

    /// How many questions one merchant's hook may be asked at once; 16 if not said. The hook of another is asked meanwhile.
    pub fn per_hook(mut self, questions: u32) -> Self {
        self.settings.per_hook = questions.max(1);
        self
    }

    /// How many notifications may be taken in at once; 512 if not said. More are answered 503, and come again.
    pub fn intake(mut self, notifications: usize) -> Self {
        self.settings.intake = notifications.max(1);
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

    /// Removes every day what has been kept long enough; nothing is removed if not said. One process of several does it.
    pub fn keep(mut self, keep: Keep) -> Self {
        self.settings.keep = Some(keep);
        self
    }

    /// What carries commands out over this store, without a relay: nothing listens, and nothing is worked on.
    pub fn operator(self) -> Result<Operator, StartError> {
        let merchants = merchants(self.merchants).map_err(StartError::Merchant)?;
        let ctx = Context::new(self.store, self.clock, self.vault, merchants, self.settings);
        Ok(Operator { ctx: Arc::new(ctx) })
    }

    /// Sets the paces, listens, and begins to work.
    pub async fn start(mut self) -> Result<Relay, StartError> {
        failpoint::check().map_err(StartError::Failpoint)?;
        let (listener, address) = listening(self.listen, self.listener.take()).await?;
        let admin = match self.admin.take() {
            Some(admin) => Some(admin.listening().await?),
            None => None,
        };
        let pages = self.pages.take();
        let ctx = self.operator()?.ctx;
        let now = ctx.clock.now();
        let paces: BTreeMap<_, _> = ctx.merchants.values().flat_map(|merchant| merchant.paces()).collect();
        ctx.store.set_paces(&paces, now).await.map_err(StartError::Store)?;
        let metrics = metrics();
        ctx.merchants.keys().for_each(|merchant| begin(merchant));
        let (stop, stopped) = watch::channel(false);
        let stopping = Arc::new(AtomicBool::new(false));
        let door = Door {
            intake: Arc::new(Semaphore::new(ctx.settings.intake)),
            stopping: Arc::clone(&stopping),
            metrics,
            ctx: Arc::clone(&ctx),
        };
        let drain = ctx.settings.drain;
        let mut tasks = vec![tokio::spawn(serve(listener, router(door), stopped.clone(), drain))];
        let mut admin_address = None;
        if let Some((listener, address, tokens)) = admin {
            admin_address = Some(address);
            let operator = Operator { ctx: Arc::clone(&ctx) };
            let mut routes = api::router(operator.clone(), &tokens);
            if let Some(Pages(pages)) = pages {
                routes = routes.merge(door::router(pages(operator), &tokens, Arc::clone(&ctx.clock)));
            }
            tasks.push(tokio::spawn(serve(listener, routes, stopped.clone(), drain)));
        }
        tasks.push(tokio::spawn(engine::run(Arc::clone(&ctx), stopped)));
        Ok(Relay { address, admin: admin_address, stop, stopping, tasks, ctx })
    }
}

/// A running relay. Dropped without [`stop`](Relay::stop), it ends as a crash would end it: what was under way is taken
/// up again by the next start.
pub struct Relay {
    address: SocketAddr,
    admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    stopping: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
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
            listener: None,
            admin: None,
            pages: None,
            settings: Settings {
                worker: format!("process {}", std::process::id()),
                concurrency: 64,
                per_hook: 16,
                lease: Duration::from_secs(30),
                ahead: Duration::from_millis(250),
                drain: Duration::from_secs(10),
                // A culprit takes four minutes for so many; who only stood beside it gets away before.
                crashes: 12,
                intake: 512,
                refusals: 1000,
                record_life: Duration::from_hours(24),
                keep: None,
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

    /// Where it takes commands; none without an admin API.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// What carries operators' commands out.
    pub fn operator(&self) -> Operator {
        Operator { ctx: Arc::clone(&self.ctx) }
    }

    /// Stores an effect under a key of yours, and waits up to `wait` for its end: what a till or a batch of your own asks for.
    /// The same as `POST /v1/effects`.
    ///
    /// The same key with the same effect is the same effect, however often and after whatever crash it is submitted: derive
    /// the key from what it belongs to, such as the sale's number, and ask again as long as you do not know.
    pub async fn submit(
        &self,
        merchant: &str,
        key: &str,
        effect: &Effect,
        wait: Duration,
    ) -> Result<Submitted, SubmitError> {
        submit::submit(&self.ctx, self.known(merchant)?, key, effect, wait).await
    }

    /// How the effect stands that was submitted under a key, or comes to stand within `wait`; none when there is none.
    pub async fn submitted(
        &self,
        merchant: &str,
        key: &str,
        wait: Duration,
    ) -> Result<Option<Submitted>, SubmitError> {
        submit::show(&self.ctx, self.known(merchant)?, key, wait).await
    }

    fn known(&self, merchant: &str) -> Result<&Merchant, SubmitError> {
        let known = self.ctx.merchants.get(merchant);
        let unknown = || SubmitError::Misuse(format!("no merchant '{merchant}' is configured"));
        known.map(|merchant| &**merchant).ok_or_else(unknown)
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

impl Admin {
    async fn listening(self) -> Result<(TcpListener, SocketAddr, Vec<Token>), StartError> {
        let (listener, address) = listening(self.address, self.listener).await?;
        match self.tokens.is_empty() && !address.ip().is_loopback() {
            true => Err(StartError::Admin(format!(
                "the admin API would take commands from anybody who reaches {address}: give it tokens, or a loopback address"
            ))),
            false => Ok((listener, address, self.tokens)),
        }
    }
}

async fn listening(
    address: SocketAddr,
    given: Option<std::net::TcpListener>,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let cannot = |error| StartError::Listen(address, error);
    let listener = match given {
        Some(listener) => {
            listener.set_nonblocking(true).map_err(cannot)?;
            TcpListener::from_std(listener).map_err(cannot)?
        }
        None => TcpListener::bind(address).await.map_err(cannot)?,
    };
    let address = listener.local_addr().map_err(cannot)?;
    Ok((listener, address))
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
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?;
            builder.install_recorder().ok().map(Arc::new)
        })
        .clone()
}
