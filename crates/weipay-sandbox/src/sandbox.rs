//! The handle of a running sandbox.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::after;
use crate::keys::Keys;
use crate::rules::{self, ExchangePoints, MallPayment, MallRefund};
use crate::shared::Shared;
use crate::state::State;
use crate::views::{BonusView, CouponView, RecordView};
use crate::world::World;
use crate::{Credentials, Delivery, Effect, Error, Fault, Journal, server};

/// How the sandbox is to be; from [`Sandbox::builder`].
#[derive(Debug)]
pub struct Builder {
    listen: SocketAddr,
    seed: u64,
    world: World,
    journal: usize,
    answer_within: Duration,
    rates: u32,
}

impl Builder {
    /// The address to listen on; 127.0.0.1 and a free port if not said.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The seed of all ids; 0 if not said. The same seed and the same requests give the same ids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What exists at the start; [`World::documentation`] if not said.
    pub fn world(mut self, world: World) -> Self {
        self.world = world;
        self
    }

    /// How many exchanges the journal keeps; 1000 if not said.
    pub fn journal(mut self, entries: usize) -> Self {
        self.journal = entries;
        self
    }

    /// How long a receiver may take to answer a notification, in host time; the documented 5 seconds if not said.
    pub fn notifications_answered_within(mut self, limit: Duration) -> Self {
        self.answer_within = limit;
        self
    }

    /// Grants so many times the documented rates; 1 if not said. For work that is not about speed.
    pub fn rates(mut self, factor: u32) -> Self {
        self.rates = factor;
        self
    }

    /// Starts it. Fails when a key of the world is unusable or the address cannot be bound.
    pub async fn start(self) -> Result<Sandbox, Error> {
        let keys = Keys::parse(&self.world)?;
        let listener = TcpListener::bind(self.listen).await.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let mut state = State::new(self.world, self.seed, self.journal);
        state.limits.grant(self.rates);
        let shared = Arc::new(Shared::new(keys, state, self.answer_within));
        let tasks = [
            tokio::spawn(server::accept(listener, Arc::clone(&shared))),
            tokio::spawn(Arc::clone(&shared).keep_schedule()),
        ];
        Ok(Sandbox { shared, address, tasks })
    }
}

/// A running `WeChat` Pay server. Stops when it is dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl Sandbox {
    /// Starts on a free port of 127.0.0.1, with the world of the documentation pages.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// To start it otherwise.
    pub fn builder() -> Builder {
        Builder {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0,
            world: World::documentation(),
            journal: 1000,
            answer_within: Duration::from_secs(5),
            rates: 1,
        }
    }

    /// Where it listens, such as `http://127.0.0.1:41234`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The credentials of the world's default caller.
    ///
    /// # Panics
    /// If the world's `default_caller` is not one of its merchants with a certificate.
    pub fn credentials(&self) -> Credentials {
        let caller = self.shared.state().world.default_caller.clone();
        match self.credentials_of(&caller) {
            Some(credentials) => credentials,
            None => panic!("the world's default_caller `{caller}` is not a merchant with a certificate"),
        }
    }

    /// The credentials of a merchant; none if the world has no such merchant, or it has no certificate.
    pub fn credentials_of(&self, mchid: &str) -> Option<Credentials> {
        Credentials::of(&self.shared.state().world, &self.shared.keys, mchid)
    }

    /// The environment variables that point a program at this sandbox, for the default caller.
    ///
    /// # Panics
    /// As [`credentials`](Self::credentials).
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let credentials = self.credentials();
        vec![
            ("WEIPAY_BASE_URL", self.url()),
            ("WEIPAY_MCHID", credentials.mchid),
            ("WEIPAY_MERCHANT_SERIAL", credentials.merchant_serial),
            ("WEIPAY_PRIVATE_KEY", credentials.private_key_pem),
            ("WEIPAY_PLATFORM_KEY_ID", credentials.platform_key_id),
            ("WEIPAY_PLATFORM_PUBLIC_KEY", credentials.platform_public_key_pem),
            ("WEIPAY_APIV3_KEY", credentials.apiv3_key),
        ]
    }

    /// Every exchange so far.
    pub fn journal(&self) -> Journal {
        Journal(Arc::clone(&self.shared))
    }

    /// Moves business time ahead, from due event to due event, and waits for the deliveries of each.
    pub async fn advance(&self, passed: Duration) {
        self.shared.settled().await;
        let goal = after(self.business_time(), passed);
        self.shared.advance(goal).await;
    }

    /// Business time: runs along with the host's clock and is moved by [`advance`](Self::advance).
    pub fn business_time(&self) -> Timestamp {
        self.shared.state().clock.business()
    }

    /// Makes this server's wire clock so many seconds later than the host's (negative: earlier).
    pub fn set_wire_skew(&self, seconds: i64) {
        self.shared.state().clock.set_skew(seconds);
    }

    /// Injects a fault. Those injected first strike first.
    pub fn inject(&self, fault: Fault) {
        self.shared.state().faults.inject(fault);
    }

    /// Forgets all faults that have not struck.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Sends the notifications of this merchant to this `http://` loopback address from now on.
    pub fn set_notify_url(&self, mchid: &str, url: &str) -> Result<(), Error> {
        let mut state = self.shared.state();
        let merchant = state.world.merchant_mut(mchid);
        let merchant = merchant.ok_or_else(|| Error::Unknown { what: "mchid", name: mchid.to_owned() })?;
        merchant.notify_url = Some(url.to_owned());
        Ok(())
    }

    /// A user exchanges points: begins a record and notifies the partner. Returns its `record_id` at once.
    #[expect(
        clippy::unused_async,
        reason = "part of the published interface, which may wait for storage later"
    )]
    pub async fn exchange_points(&self, order: ExchangePoints) -> Result<String, Error> {
        self.act(|state| rules::exchange_points(state, &order))
    }

    /// A user pays in the mall. Returns the `transaction_id` at once.
    #[expect(
        clippy::unused_async,
        reason = "part of the published interface, which may wait for storage later"
    )]
    pub async fn pay_in_mall(&self, order: MallPayment) -> Result<String, Error> {
        self.act(|state| rules::pay_in_mall(state, &order))
    }

    /// A payment in the mall is given back. Returns the `refund_id` at once.
    #[expect(
        clippy::unused_async,
        reason = "part of the published interface, which may wait for storage later"
    )]
    pub async fn refund_in_mall(&self, order: MallRefund) -> Result<String, Error> {
        self.act(|state| rules::refund_in_mall(state, &order))
    }

    /// Changes the state and starts the deliveries that it caused.
    fn act<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        let outcome = action(&mut self.shared.state());
        self.shared.dispatch();
        outcome
    }

    /// Every notification with its attempts, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.state().outbox.deliveries()
    }

    /// Waits until no delivery is under way. Deliveries that wait for their next attempt are not under way.
    pub async fn settled(&self) {
        self.shared.settled().await;
    }

    /// What took effect, oldest first.
    pub fn effects(&self) -> Vec<Effect> {
        self.shared.state().effects.clone()
    }

    /// A merchant coupon.
    pub fn coupon(&self, stock_id: &str, coupon_code: &str) -> Option<CouponView> {
        let state = self.shared.state();
        let mut coupons = state.world.coupons.iter();
        let coupon =
            coupons.find(|coupon| coupon.stock_id == stock_id && coupon.coupon_code == coupon_code)?;
        Some(CouponView {
            openid: coupon.openid.clone(),
            state: state.coupon_state(coupon, state.clock.business()),
            use_request_no: coupon.use_request_no.clone(),
        })
    }

    /// A points exchange.
    pub fn record(&self, record_id: &str) -> Option<RecordView> {
        let state = self.shared.state();
        let record = state.world.exchange_records.iter().find(|record| record.record_id == record_id)?;
        Some(RecordView { state: record.state, coupon_code: record.coupon_code.clone() })
    }

    /// The balance that `WeChat` shows on a brand membership card.
    pub fn point_balance(&self, card_id: &str, user_card_code: &str) -> Option<i64> {
        let state = self.shared.state();
        let mut cards = state.world.brand_user_cards.iter();
        let card = cards.find(|card| card.card_id == card_id && card.user_card_code == user_card_code)?;
        Some(card.point_balance)
    }

    /// The points on a member card.
    pub fn bonus_value(&self, card_id: &str, code: &str) -> Option<i64> {
        let state = self.shared.state();
        let member =
            state.world.members.iter().find(|member| member.card_id == card_id && member.code == code)?;
        Some(member.bonus_value)
    }

    /// The points shown after the payment of an order.
    pub fn bonus(&self, trade_mchid: &str, out_trade_no: &str) -> Option<BonusView> {
        let state = self.shared.state();
        let mut bonuses = state.world.bonuses.iter();
        let bonus =
            bonuses.find(|bonus| bonus.trade_mchid == trade_mchid && bonus.out_trade_no == out_trade_no)?;
        Some(BonusView { bonus_value: bonus.bonus_value, state: bonus.state })
    }

    /// The points that points/notify reported for a payment in the mall; none before it did.
    pub fn increased_points(&self, transaction_id: &str) -> Option<i64> {
        let state = self.shared.state();
        let mut orders = state.world.mall_orders.iter();
        orders.find(|order| order.transaction_id == transaction_id)?.increased_points
    }

    /// Stops listening, ends all connections and deliveries, and returns when that is done.
    pub async fn stop(mut self) {
        self.abort();
        for task in &mut self.tasks {
            let _ = task.await;
        }
    }

    fn abort(&self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.abort();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.abort();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}
