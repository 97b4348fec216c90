//! A relay with its console, between a sandbox and a merchant who allows every exchange.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use weipay::{ApiV3Key, Client, Credential, PrivateKey, PublicKey};
use weipay_console::Neighbours;
use weipay_relay::hook::{
    About, Answer, Balance, Card, CardAnswer, Decision, Exchange, Heard, Holder, Hook, HookError, Payment,
    Points, Refund, Settled,
};
use weipay_relay::job::{Job, State};
use weipay_relay::operate::Token;
use weipay_relay::store::{SqliteOptions, SqliteStore, Store as _};
use weipay_relay::{Clock, ConfirmShape, Merchant, Relay, SystemClock, Vault};
use weipay_sandbox::{Credentials, ExchangePoints, Fault, Sandbox};

use crate::send;

pub(crate) const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
pub(crate) const OPENID: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";

#[derive(Debug)]
struct Generous;

#[async_trait]
impl Hook for Generous {
    async fn decide(&self, _: &About, _: &Exchange) -> Result<Answer<Decision>, HookError> {
        Ok(Decision::Allow { coupon_code: None }.into())
    }

    async fn settled(&self, _: &About, _: &Settled) -> Result<Answer<Heard>, HookError> {
        Ok(Heard {}.into())
    }

    async fn points(&self, _: &About, _: &Payment) -> Result<Answer<Points>, HookError> {
        Ok(Points { earn: false, points: 0, total: None, remarks: None }.into())
    }

    async fn reverse(&self, _: &About, _: &Refund) -> Result<Answer<Heard>, HookError> {
        Ok(Heard {}.into())
    }

    async fn balance(&self, _: &About, _: &Holder) -> Result<Answer<Balance>, HookError> {
        Ok(Balance { balance: 0 }.into())
    }

    async fn card(&self, _: &About, _: &Card) -> Result<Answer<CardAnswer>, HookError> {
        Err(HookError::failed("no cards here"))
    }
}

/// The host's clock, and so many seconds more.
#[derive(Debug, Default)]
pub(crate) struct Ahead(AtomicI64);

impl Ahead {
    pub(crate) fn advance(&self, hours: i64) {
        self.0.fetch_add(hours * 3600, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, until: Timestamp) {
        // An early return is allowed, and what a move needs.
        let pause = until.duration_since(self.now()).min(SignedDuration::from_millis(50));
        tokio::time::sleep(pause.try_into().unwrap_or_default()).await;
    }
}

/// Whoever has these credentials.
pub(crate) fn client(sandbox: &Sandbox, known: Credentials) -> Client {
    let credential = Credential::merchant(known.mchid)
        .private_key(known.merchant_serial, PrivateKey::from_pem(known.private_key_pem).unwrap())
        .platform_public_key(
            known.platform_key_id,
            PublicKey::from_pem(known.platform_public_key_pem).unwrap(),
        )
        .apiv3_key(ApiV3Key::new(known.apiv3_key).unwrap())
        .build()
        .unwrap();
    Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap()
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) relay: Relay,
    pub(crate) clock: Arc<Ahead>,
    store: Arc<SqliteStore>,
    _folder: TempDir,
}

impl Stage {
    pub(crate) async fn set(tokens: Vec<Token>) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let known = sandbox.credentials();
        let client = client(&sandbox, known.clone());
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(SqliteOptions::new(folder.path().join("relay.db"))).await.unwrap();
        let (store, clock) = (Arc::new(store), Arc::new(Ahead::default()));
        let relay = Relay::builder(store.clone(), Vault::new(&[7; 32]))
            .merchant(
                Merchant::new("shop", client, ConfirmShape::B, Generous)
                    .brand("1004")
                    .mchid("1234567890")
                    .appid("wx1234567889999"),
            )
            .clock(clock.clone())
            .admin(([127, 0, 0, 1], 0).into(), tokens)
            .admin_pages(|operator| weipay_console::relay(operator, Neighbours::default()))
            .start()
            .await
            .unwrap();
        sandbox.set_notify_url(&known.mchid, &relay.notify_url("shop")).unwrap();
        Self { sandbox, relay, clock, store, _folder: folder }
    }

    /// An exchange whose confirmation parks, because nobody knows what became of it when its time was over: its case.
    pub(crate) async fn parked(&self) -> String {
        self.sandbox.inject(Fault::new("T04").unwrap().on(CONFIRM).times(50));
        let record = self.sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        let case = format!("exchange/{record}");
        let key = format!("{case}/confirm");
        self.until(&key, |job| job.attempts > 0).await;
        self.clock.advance(25);
        self.reaches(&key, State::Parked).await;
        self.sandbox.clear_faults();
        case
    }

    /// Waits until the job of this key is in this state.
    pub(crate) async fn reaches(&self, key: &str, state: State) {
        self.until(key, |job| job.state == state).await;
    }

    async fn until(&self, key: &str, holds: impl Fn(&Job) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let job = self.store.job("shop", key).await.unwrap();
            if job.as_ref().is_some_and(&holds) {
                return;
            }
            assert!(Instant::now() < deadline, "{key} stands at {job:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A request at the admin address: the whole answer.
    pub(crate) async fn ask(&self, line: &str, headers: &str, body: &str) -> String {
        send(self.relay.admin_addr().unwrap(), line, headers, body).await
    }

    /// The audit, as `act who`, newest first.
    pub(crate) async fn audit(&self) -> Vec<String> {
        use weipay_relay::store::Operate as _;
        let acts = self.store.audit(10).await.unwrap();
        acts.into_iter().map(|one| format!("{} {}", one.act, one.by.who)).collect()
    }
}
