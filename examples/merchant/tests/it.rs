//! The shop against the sandbox: whatever breaks, points and coupon agree on both sides, and nothing counts twice.
#![expect(clippy::unwrap_used, reason = "tests")]

use example_merchant::{
    Decision, Exchanged, Ledger, Merchant, PointExchange, Receiver, Refusal, Sale, Shop, Till,
};
use weipay::{ApiV3Key, Client, Credential, Error, Outcome, PrivateKey, PublicKey, Time};
use weipay_sandbox::world::{CouponState, RecordState};
use weipay_sandbox::{ExchangePoints, Fault, Sandbox, World};

const PARTNER: &str = "1900000100";
const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
const USE: &str = "marketing_busifavor_coupons_use";
const STOCK: &str = "100088";

struct Scene {
    sandbox: Sandbox,
    client: Client,
    merchant: Merchant,
    receiver: Receiver,
}

impl Scene {
    async fn set(change: impl FnOnce(&mut World)) -> Self {
        let mut world = World::documentation();
        change(&mut world);
        let sandbox = Sandbox::builder().world(world).start().await.unwrap();
        let known = sandbox.credentials();
        let credential = Credential::merchant(known.mchid)
            .private_key(known.merchant_serial, PrivateKey::from_pem(known.private_key_pem).unwrap())
            .platform_public_key(
                known.platform_key_id,
                PublicKey::from_pem(known.platform_public_key_pem).unwrap(),
            )
            .apiv3_key(ApiV3Key::new(known.apiv3_key).unwrap())
            .build()
            .unwrap();
        let client = Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap();
        let receiver = Receiver::bind("127.0.0.1:0".parse().unwrap(), client.clone()).await.unwrap();
        sandbox.set_notify_url(PARTNER, &receiver.url()).unwrap();
        let shop = Shop { sub_mchid: Some("1234567890".to_owned()), coupon_prefix: "SHOP".to_owned() };
        let merchant = Merchant::new(client.clone(), shop);
        Self { sandbox, client, merchant, receiver }
    }

    /// A member taps "exchange", and the shop hears of it.
    async fn wish(&mut self) -> PointExchange {
        self.sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        self.receiver.next().await.unwrap().decode().unwrap()
    }

    fn points(&self, wish: &PointExchange) -> (u64, u64) {
        let account = self.merchant.account(&wish.openid);
        (account.balance, account.reserved)
    }
}

#[tokio::test]
async fn l02_a_confirm_that_is_cut_keeps_points_and_code_until_the_same_decision_settles() {
    let mut scene = Scene::set(|_| ()).await;
    let wish = scene.wish().await;
    scene.merchant.welcome(&wish.openid, 150);
    scene.sandbox.inject(Fault::new("T01").unwrap().on(CONFIRM).times(1));
    let (open, error) = scene.merchant.exchange(&wish, None).await;
    assert_eq!((open, error.unwrap().outcome()), (Exchanged::Open, Outcome::Unknown));
    assert_eq!(scene.points(&wish), (150, 100));
    let (settled, error) = scene.merchant.exchange(&wish, Some(Outcome::Unknown)).await;
    assert_eq!(settled, Exchanged::Issued("SHOP000001".to_owned()), "{error:?}");
    assert_eq!(scene.points(&wish), (50, 0));
    assert_eq!(scene.sandbox.effects().len(), 1);
    assert_eq!(scene.sandbox.coupon(STOCK, "SHOP000001").unwrap().state, CouponState::Sended);
}

#[tokio::test]
async fn t16_a_refused_repetition_does_not_give_the_points_back() {
    let mut scene = Scene::set(|_| ()).await;
    let wish = scene.wish().await;
    scene.merchant.welcome(&wish.openid, 150);
    scene.sandbox.inject(Fault::new("T01").unwrap().on(CONFIRM).times(1));
    scene.merchant.exchange(&wish, None).await;
    scene.sandbox.inject(Fault::new("T04").unwrap().variant("429").unwrap().on(CONFIRM).times(1));
    let (open, error) = scene.merchant.exchange(&wish, Some(Outcome::Unknown)).await;
    assert_eq!((open, error.unwrap().status()), (Exchanged::Open, Some(429)));
    assert_eq!(scene.points(&wish), (150, 100), "points and code stay set aside");
    let (settled, _) = scene.merchant.exchange(&wish, Some(Outcome::Unknown)).await;
    assert_eq!(settled, Exchanged::Issued("SHOP000001".to_owned()));
    assert_eq!(scene.points(&wish), (50, 0));
}

#[tokio::test]
async fn l28_a_second_notification_gets_the_stored_decision_and_the_same_code() {
    let mut scene = Scene::set(|_| ()).await;
    let wish = scene.wish().await;
    scene.merchant.welcome(&wish.openid, 150);
    let decision = scene.merchant.decide(&wish);
    assert_eq!(decision, Decision::Allow("SHOP000001".to_owned()));
    for _ in 0..3 {
        assert_eq!(scene.merchant.decide(&wish), decision);
        assert_eq!(scene.merchant.exchange(&wish, None).await.0, Exchanged::Issued("SHOP000001".to_owned()));
    }
    assert_eq!(scene.points(&wish), (50, 0));
    assert_eq!(scene.sandbox.effects().len(), 1);
}

#[tokio::test]
async fn a_member_without_enough_points_is_declined_with_a_reason() {
    let mut scene = Scene::set(|_| ()).await;
    let wish = scene.wish().await;
    scene.merchant.welcome(&wish.openid, 99);
    assert_eq!(scene.merchant.exchange(&wish, None).await.0, Exchanged::Declined("积分不足"));
    assert_eq!(scene.points(&wish), (99, 0));
    assert_eq!(scene.sandbox.record(&wish.record_id).unwrap().state, RecordState::Failed);
}

#[tokio::test]
async fn l29_a_definite_refusal_gives_points_and_code_back_once() {
    let mut scene = Scene::set(|_| ()).await;
    let wish = scene.wish().await;
    scene.merchant.welcome(&wish.openid, 150);
    scene.sandbox.advance(std::time::Duration::from_secs(24 * 3600)).await;
    let (refused, error) = scene.merchant.exchange(&wish, None).await;
    assert_eq!((refused, error.unwrap().outcome()), (Exchanged::Refused, Outcome::Rejected));
    assert_eq!(scene.points(&wish), (150, 0));
    let sent = scene.sandbox.journal().count();
    assert_eq!(scene.merchant.exchange(&wish, None).await.0, Exchanged::Refused);
    assert_eq!(
        (scene.points(&wish), scene.sandbox.journal().count()),
        ((150, 0), sent),
        "nothing is sent any more"
    );
}

#[tokio::test]
async fn the_till_repeats_the_number_of_a_sale_and_knows_its_minimum() {
    let scene = Scene::set(|_| ()).await;
    let till = Till::new(scene.client.clone(), [(STOCK.to_owned(), 5_000)]);
    let sale = |amount| Sale {
        number: "TILL7-0001".to_owned(),
        amount,
        openid: "xsd3434454567676".to_owned(),
        appid: "wx1234567889999".to_owned(),
        coupon_code: "sxxe34343434".to_owned(),
        stock_id: STOCK.to_owned(),
    };
    let time = Time::parse("2015-05-20T13:29:35+08:00").unwrap();
    let before = scene.sandbox.journal().count();
    let refusal = till.redeem(&sale(4_999), &time).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the coupon needs a sale of 50.00 yuan, and this one has 49.99; nothing was sent"
    );
    assert_eq!(scene.sandbox.journal().count(), before);
    scene.sandbox.inject(Fault::new("T02").unwrap().on(USE).times(1));
    let Err(Refusal::Call(error)) = till.redeem(&sale(5_000), &time).await else { panic!("500 expected") };
    assert!(
        matches!(&error, Error::Api(error) if error.status() == 500) && error.outcome() == Outcome::Unknown
    );
    till.redeem(&sale(5_000), &time).await.unwrap();
    assert_eq!(scene.sandbox.effects().len(), 1);
}

#[test]
fn debug_shows_no_member() {
    let mut ledger = Ledger::default();
    ledger.earn("payment 1", "oPLANTED", 7);
    let shown = format!("{ledger:?} {:?}", ledger.entries());
    assert!(!shown.contains("oPLANTED"), "{shown}");
}
