//! Sandbox, shop, store and relay, put together for one test.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use weipay::{ApiV3Key, Client, Credential, PrivateKey, PublicKey};
use weipay_relay::job::{Job, State};
use weipay_relay::store::{SqliteOptions, SqliteStore, Store};
use weipay_relay::{ConfirmShape, Merchant, Relay, Vault};
use weipay_sandbox::world::ConfirmShape as Accepted;
use weipay_sandbox::{ExchangePoints, Sandbox, World};

use crate::clock::VirtualClock;
use crate::forge::Message;
use crate::shop::Shop;

pub(crate) const PARTNER: &str = "1900000100";
pub(crate) const BRAND: &str = "1004";
pub(crate) const MALL: &str = "1234567890";
pub(crate) const CARD: (&str, &str) = ("pbLatjvWOibDc5-TBnbUk1pD12o0", "478515832665");
pub(crate) const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
pub(crate) const SYNC: &str = "brand_partner_card_member_user_points_sync";
/// Twenty seconds are far more than any of it takes; a machine under load shall not fail a test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes with its test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("weipay-relay-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) shop: Shop,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) relay: Option<Relay>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) shape: ConfirmShape,
    pub(crate) change: fn(Merchant) -> Merchant,
    folder: Folder,
}

impl Stage {
    /// A shop with 1,000 points to a member's name.
    pub(crate) async fn set(shape: ConfirmShape) -> Self {
        Self::with(shape, |_| (), |merchant| merchant).await
    }

    pub(crate) async fn with(
        shape: ConfirmShape,
        world: impl FnOnce(&mut World),
        change: fn(Merchant) -> Merchant,
    ) -> Self {
        let mut documentation = World::documentation();
        world(&mut documentation);
        let sandbox = Sandbox::builder().world(documentation).journal(10_000).start().await.unwrap();
        let folder = Folder::new();
        let store = open(&folder).await;
        let shop = Shop::new(shape, 1000);
        let clock = Arc::new(VirtualClock::default());
        let mut stage = Self { sandbox, shop, clock, relay: None, store, shape, change, folder };
        stage.start().await;
        stage
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.sandbox, |credential| credential)
    }

    /// Starts the relay over the store as it is.
    pub(crate) async fn start(&mut self) {
        let merchant = Merchant::new("shop", self.client(), self.shape, self.shop.clone());
        let merchant = (self.change)(merchant.brand(BRAND).mchid(MALL).appid("wx1").token("till-token"));
        let store: Arc<dyn Store> = self.store.clone();
        let relay = Relay::builder(store, Vault::new(&[7; 32]));
        let relay = relay.merchant(merchant).clock(self.clock.clone()).start().await.unwrap();
        self.sandbox.set_notify_url(PARTNER, &relay.notify_url("shop")).unwrap();
        self.relay = Some(relay);
    }

    /// Drops the relay in the middle of whatever it does, and opens the store again.
    pub(crate) async fn crash(&mut self) {
        drop(self.relay.take());
        self.store.close().await;
        self.store = open(&self.folder).await;
    }

    pub(crate) fn relay(&self) -> &Relay {
        self.relay.as_ref().unwrap()
    }

    pub(crate) async fn exchange(&self) -> String {
        self.sandbox.exchange_points(ExchangePoints::default()).await.unwrap()
    }

    pub(crate) async fn job(&self, key: &str) -> Option<Job> {
        self.store.job("shop", key).await.unwrap()
    }

    /// Waits until the job of this key is in this state.
    pub(crate) async fn reaches(&self, key: &str, state: State) -> Job {
        self.until(key, |job| job.state == state).await
    }

    pub(crate) async fn until(&self, key: &str, holds: impl Fn(&Job) -> bool) -> Job {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let job = self.job(key).await;
            if let Some(job) = &job
                && holds(job)
            {
                return job.clone();
            }
            assert!(Instant::now() < deadline, "{key} stands at {job:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The same while business goes on: due things become due.
    pub(crate) async fn reaches_in_time(&self, key: &str, state: State) -> Job {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let job = self.job(key).await;
            if let Some(job) = &job
                && job.state == state
            {
                return job.clone();
            }
            assert!(Instant::now() < deadline, "{key} stands at {job:?}");
            self.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until something holds.
    pub(crate) async fn holds(&self, what: &str, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < deadline, "{what}: not in time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Posts a notification and gives the status.
    pub(crate) async fn post(&self, message: Message) -> u16 {
        post(&self.relay().notify_url("shop"), message).await.0
    }
}

async fn open(folder: &Folder) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(SqliteOptions::new(folder.0.join("relay.db"))).await.unwrap())
}

pub(crate) fn client(
    sandbox: &Sandbox,
    change: impl FnOnce(weipay::CredentialBuilder) -> weipay::CredentialBuilder,
) -> Client {
    let known = sandbox.credentials();
    let credential = Credential::merchant(known.mchid)
        .private_key(known.merchant_serial, PrivateKey::from_pem(known.private_key_pem).unwrap())
        .platform_public_key(
            known.platform_key_id,
            PublicKey::from_pem(known.platform_public_key_pem).unwrap(),
        )
        .apiv3_key(ApiV3Key::new(known.apiv3_key).unwrap());
    Client::builder().credential(change(credential).build().unwrap()).base_url(sandbox.url()).build().unwrap()
}

/// Only this shape of confirm is accepted.
pub(crate) fn accepts(shape: Accepted) -> impl FnOnce(&mut World) {
    move |world| {
        world.merchants.iter_mut().find(|merchant| merchant.mchid == PARTNER).unwrap().confirm_shape = shape;
    }
}

/// One POST over a connection of its own: status and body.
pub(crate) async fn post(url: &str, message: Message) -> (u16, Vec<u8>) {
    send("POST", url, message).await
}

pub(crate) async fn send(method: &str, url: &str, message: Message) -> (u16, Vec<u8>) {
    use http_body_util::{BodyExt as _, Full};
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in &message.headers {
        request = request.header(name, value);
    }
    let answer =
        client.request(request.body(Full::new(bytes::Bytes::from(message.body))).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}
