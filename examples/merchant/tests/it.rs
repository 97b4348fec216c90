//! The merchant against the sandbox: whatever breaks, points and coupon agree on both sides, and nothing counts twice.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use example_merchant::{Account, Ledger, NAME, Sale, Shop, Till, Told};
use tempfile::TempDir;
use weipay::{ApiV3Key, Client, PrivateKey, PublicKey};
use weipay_relay::job::State;
use weipay_relay::operate::{Command as Order, Role, Who};
use weipay_relay::store::{Scope, SqliteOptions, SqliteStore};
use weipay_relay::{ConfirmShape, Merchant, Relay, Vault};
use weipay_sandbox::world::{CouponState, RecordState};
use weipay_sandbox::{ExchangePoints, Fault, MallPayment, MallRefund, Sandbox};

const PARTNER: &str = "1900000100";
const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
const USE: &str = "marketing_busifavor_coupons_use";
const STOCK: &str = "100088";
/// Who exchanges points in the sandbox's world, and who pays in the mall.
const MEMBER: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
const PAYER: &str = "oWmnN4xxxxxxxxxxe92NHIGf1xd8";
const PATIENCE: Duration = Duration::from_secs(20);

struct Scene {
    sandbox: Sandbox,
    relay: Arc<Relay>,
    ledger: Ledger,
    till: Till,
    _folder: TempDir,
}

impl Scene {
    /// A member with so many points.
    async fn set(points: i64) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let known = sandbox.credentials();
        let client = Client::builder()
            .merchant(
                known.mchid,
                known.merchant_serial,
                PrivateKey::from_pem(known.private_key_pem).unwrap(),
            )
            .platform_public_key(
                known.platform_key_id,
                PublicKey::from_pem(known.platform_public_key_pem).unwrap(),
            )
            .apiv3_key(ApiV3Key::new(known.apiv3_key).unwrap())
            .base_url(sandbox.url())
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("merchant.db");
        let store = SqliteStore::open(SqliteOptions::new(&database)).await.unwrap();
        let ledger = Ledger::open(&database).await.unwrap();
        ledger.welcome(MEMBER, points).await.unwrap();
        let merchant = Merchant::new(NAME, client, ConfirmShape::A, Shop).brand("1004").mchid("1234567890");
        let relay = Relay::builder(Arc::new(store), Vault::new(&[7; 32])).merchant(merchant);
        let relay = Arc::new(relay.start().await.unwrap());
        sandbox.set_notify_url(PARTNER, &relay.notify_url(NAME)).unwrap();
        let (appid, stock_id) = ("wx1234567889999".to_owned(), STOCK.to_owned());
        let till = Till { relay: Arc::clone(&relay), appid, stock_id, minimum: 5_000 };
        Self { sandbox, relay, ledger, till, _folder: folder }
    }

    async fn exchange(&self) -> String {
        self.sandbox.exchange_points(ExchangePoints::default()).await.unwrap()
    }

    async fn settles(&self, key: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let job = self.relay.store().job(NAME, key).await.unwrap();
            if job.as_ref().is_some_and(|job| job.state == State::Settled) {
                return;
            }
            assert!(Instant::now() < deadline, "{key} stands at {job:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn points(&self, openid: &str) -> (i64, i64) {
        let Account { points, aside } = self.ledger.account(openid).await.unwrap();
        (points, aside)
    }
}

#[tokio::test]
async fn l02_a_confirm_that_is_cut_is_repeated_and_takes_the_points_once() {
    let scene = Scene::set(150).await;
    scene.sandbox.inject(Fault::new("T01").unwrap().on(CONFIRM).times(1));
    let record = scene.exchange().await;
    scene.settles(&format!("exchange/{record}/confirm/settled")).await;
    assert_eq!(scene.points(MEMBER).await, (50, 0));
    assert_eq!(scene.sandbox.journal().for_operation(CONFIRM).len(), 2);
    assert_eq!(scene.sandbox.effects().iter().filter(|effect| effect.key == record).count(), 1);
    assert_eq!(scene.sandbox.coupon(STOCK, "SHOP00000001").unwrap().state, CouponState::Sended);
}

#[tokio::test]
async fn a_member_without_enough_points_gets_no_coupon_and_the_reason() {
    let scene = Scene::set(99).await;
    let record = scene.exchange().await;
    scene.settles(&format!("exchange/{record}/confirm/settled")).await;
    assert_eq!(scene.points(MEMBER).await, (99, 0));
    assert_eq!(scene.sandbox.record(&record).unwrap().state, RecordState::Failed);
}

#[tokio::test]
async fn l29_a_refused_decision_gives_the_points_back_and_its_code_is_never_used_again() {
    let scene = Scene::set(150).await;
    // Decided in time, and sent after the record's end.
    let (confirms, operator) = (Scope::Budget(format!("{PARTNER}/{CONFIRM}")), scene.relay.operator());
    let who = Who { name: "test".to_owned(), role: Role::Operator };
    operator.run(Order::Hold { scope: confirms.clone(), note: None }, &who).await.unwrap();
    let late = scene.exchange().await;
    scene.settles(&format!("exchange/{late}/decide")).await;
    assert_eq!(scene.points(MEMBER).await, (150, 100));
    scene.sandbox.advance(Duration::from_hours(24)).await;
    operator.run(Order::Release { scope: confirms, note: None }, &who).await.unwrap();
    scene.settles(&format!("exchange/{late}/confirm/settled")).await;
    assert_eq!(scene.points(MEMBER).await, (150, 0));
    let next = scene.exchange().await;
    scene.settles(&format!("exchange/{next}/confirm/settled")).await;
    assert_eq!(scene.sandbox.record(&next).unwrap().coupon_code.as_deref(), Some("SHOP00000002"));
    assert_eq!(scene.points(MEMBER).await, (50, 0));
}

#[tokio::test]
async fn a_payment_earns_points_and_each_refund_takes_its_part_back() {
    let scene = Scene::set(0).await;
    let paid =
        scene.sandbox.pay_in_mall(MallPayment { amount: 12_850, ..MallPayment::default() }).await.unwrap();
    scene.settles(&format!("payment/{paid}/notify")).await;
    assert_eq!(scene.sandbox.increased_points(&paid), Some(128));
    assert_eq!(scene.points(PAYER).await, (128, 0));
    for (amount, left) in [(3_000, 98), (9_850, 0)] {
        let order = MallRefund { transaction_id: paid.clone(), amount };
        let refund = scene.sandbox.refund_in_mall(order).await.unwrap();
        scene.settles(&format!("refund/{refund}/reverse")).await;
        assert_eq!(scene.points(PAYER).await, (left, 0));
    }
}

#[tokio::test]
async fn l11_a_till_asks_again_with_the_same_sale_and_redeems_once() {
    let scene = Scene::set(0).await;
    let sale = |amount| Sale {
        number: "TILL7-0001",
        amount,
        time: "2026-01-01T12:00:00+08:00",
        openid: "xsd3434454567676",
        coupon_code: "sxxe34343434",
    };
    assert_eq!(scene.till.redeem(sale(4_999)).await.unwrap(), Told::BelowMinimum(5_000));
    assert!(scene.sandbox.journal().for_operation(USE).is_empty());
    scene.sandbox.inject(Fault::new("T01").unwrap().on(USE).times(1));
    let first = scene.till.redeem(sale(5_000)).await.unwrap();
    assert!(matches!(&first, Told::Done(at) if !at.is_empty()), "{first:?}");
    assert_eq!(scene.till.redeem(sale(5_000)).await.unwrap(), first);
    assert_eq!(scene.sandbox.effects().len(), 1);
    let code = scene.sandbox.coupon(STOCK, "sxxe34343434").unwrap();
    assert_eq!(code.state, CouponState::Used);
    assert!(matches!(scene.till.give_back(sale(5_000)).await.unwrap(), Told::Done(_)));
    assert_eq!(scene.sandbox.coupon(STOCK, "sxxe34343434").unwrap().state, CouponState::Sended);
}

/// The program itself; it ends with its test.
struct Process(Child);

impl Process {
    /// Starts it, armed to die at `point`, and tells the sandbox where it is.
    fn start(sandbox: &Sandbox, folder: &TempDir, point: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_example-merchant"));
        command.arg(folder.path()).envs(sandbox.environment()).env("WEIPAY_RELAY_FAIL", point);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if point.is_empty() {
            command.env_remove("WEIPAY_RELAY_FAIL");
        }
        let mut process = Self(command.spawn().unwrap());
        let told = process.line();
        sandbox.set_notify_url(PARTNER, told.strip_prefix("let WeChat Pay notify ").unwrap()).unwrap();
        process
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        // Nothing is ahead of what was asked for, so what this reader buffers is no more than the line.
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn points(&mut self) -> String {
        writeln!(self.0.stdin.as_mut().unwrap(), "points {MEMBER}").unwrap();
        self.line()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l28_whenever_the_process_dies_the_decision_is_there_with_what_follows_or_not_at_all() {
    // The transaction's last moment, and the first one after it.
    for point in ["before-finish:1", "after-finish:1"] {
        let sandbox = Sandbox::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("seal.key"), [7; 32]).unwrap();
        let mut killed = Process::start(&sandbox, &folder, point);
        Ledger::open(&folder.path().join("merchant.db")).await.unwrap().welcome(MEMBER, 150).await.unwrap();
        let record = sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        assert!(!killed.0.wait().unwrap().success(), "{point}: it should have died");
        let mut alive = Process::start(&sandbox, &folder, "");
        let deadline = Instant::now() + PATIENCE;
        while alive.points() != "50 points, 0 of them set aside" {
            assert!(Instant::now() < deadline, "{point}: {}", alive.points());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(sandbox.record(&record).unwrap().coupon_code.as_deref(), Some("SHOP00000001"), "{point}");
        assert_eq!(sandbox.effects().iter().filter(|effect| effect.key == record).count(), 1, "{point}");
    }
}
