//! A judge who finds nothing is worth what he would find.

use weipay_sandbox::{ExchangePoints, MallPayment, Sandbox, TakeCard};
use weipay_shop::{Account, Breach, Coupon, CouponState, Dump, Exchange, ExchangeState, Payment};

use super::{Evidence, NAMES, judge};
use crate::load::{Made, TakenCard};
use crate::stage::world::{self, A};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

struct Case {
    sandbox: Sandbox,
    made: Made,
    books: Dump,
}

impl Case {
    /// One exchange was begun, and nobody answered its notification.
    async fn begun() -> Self {
        let sandbox = Sandbox::builder().world(world::world(&world::both(), 1, 1)).start().await.unwrap();
        let order = ExchangePoints {
            exchange_coupon_template_id: A.template.to_string(),
            user_card_code: world::card_code(0),
        };
        let record = sandbox.exchange_points(order).await.unwrap();
        let made = Made { exchanges: vec![record], ..Made::default() };
        Self { sandbox, made, books: Dump::default() }
    }

    fn names(&self) -> Vec<String> {
        let found = judge(&Evidence::new(&self.sandbox, &self.made, &self.books));
        assert!(found.iter().all(|finding| NAMES.iter().any(|(name, _)| *name == finding.name)), "{found:?}");
        let mut names: Vec<_> = found.into_iter().map(|finding| finding.name).collect();
        names.dedup();
        names
    }

    fn in_books(&mut self, state: ExchangeState) {
        self.books.exchanges = vec![Exchange {
            merchant: A.name.to_string(),
            record_id: self.made.exchanges[0].clone(),
            openid: "o".to_owned(),
            points: 100,
            state,
            coupon_code: Some("C1".to_owned()),
            reason: None,
            parked: false,
            received: String::new(),
            decided: None,
            settled: None,
        }];
    }
}

#[tokio::test]
async fn an_exchange_that_nobody_decided_is_lost() {
    let case = Case::begun().await;
    assert_eq!(case.names(), ["lost-exchange", "never-acknowledged"]);
}

#[tokio::test]
async fn points_that_were_taken_for_nothing_are_found() {
    let mut case = Case::begun().await;
    case.in_books(ExchangeState::Taken);
    assert_eq!(case.names(), ["lost-exchange", "never-acknowledged"], "undecided there, taken here");
    case.books.accounts = vec![Account {
        merchant: A.name.to_string(),
        openid: world::members(&world::both())[0].openid.clone(),
        name: "somebody".to_owned(),
        points: 5,
        reserved: 0,
        debt: 0,
        entries: 5,
        card: world::members(&world::both())[0].card.clone(),
    }];
    assert!(case.names().contains(&"points-mismatch".to_owned()), "{:?}", case.names());
}

#[tokio::test]
async fn two_coupons_for_one_exchange_are_found() {
    let mut case = Case::begun().await;
    case.in_books(ExchangeState::Reserved);
    let coupon = |code: &str| Coupon {
        code: code.to_owned(),
        merchant: A.name.to_string(),
        record_id: case.made.exchanges[0].clone(),
        state: CouponState::Allotted,
    };
    case.books.coupons = vec![coupon("C1"), coupon("C2")];
    case.books.breaches = vec![Breach { name: "settled-twice".to_owned(), detail: "exchange".to_owned() }];
    assert_eq!(case.names(), ["double-coupon", "lost-exchange", "never-acknowledged", "settled-twice"]);
}

#[tokio::test]
async fn a_payment_of_which_nobody_was_told_and_a_coupon_that_is_not_used_are_lost() {
    let mut case = Case::begun().await;
    let order = MallPayment {
        sub_mchid: Some(world::MALL.to_owned()),
        openid: world::customer(0),
        amount: 250,
        ..MallPayment::default()
    };
    let transaction_id = case.sandbox.pay_in_mall(order).await.unwrap();
    case.made.payments.insert(transaction_id.clone(), 250);
    case.made.tills = 1;
    let payment = |points| Payment {
        merchant: A.name.to_string(),
        transaction_id: transaction_id.clone(),
        openid: world::customer(0),
        amount: 250,
        points,
        reversed: 0,
    };
    case.books.payments = vec![payment(2)];
    let names = case.names();
    assert!(
        names.contains(&"lost-payment".to_owned()) && names.contains(&"lost-redemption".to_owned()),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_card_that_was_never_opened_and_a_refund_that_nobody_heard_of_are_lost() {
    let mut case = Case::begun().await;
    let openid = world::newcomer(&A, 0);
    let order = TakeCard { card_id: A.card.to_string(), openid: openid.clone(), ..TakeCard::default() };
    case.sandbox.take_card(order).await.unwrap();
    let card =
        TakenCard { merchant: A.name.to_string(), card_id: A.card.to_string(), openid, deleted: false };
    case.made.cards.push(card);
    case.made.refunds.push(("R1".to_owned(), "T1".to_owned(), 5));
    assert_eq!(case.names(), ["lost-card", "lost-exchange", "lost-notification", "never-acknowledged"]);
}

#[tokio::test]
async fn a_look_at_the_points_that_showed_nothing_is_found() {
    let hears = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hears.local_addr().unwrap();
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = hears.accept().await.unwrap();
        assert!(stream.read(&mut [0; 16 * 1024]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    });
    let mut case = Case::begun().await;
    case.sandbox.set_notify_url(&A.mchid, &format!("http://{address}/")).unwrap();
    case.sandbox.view_points(&A.card, &world::card_code(0)).await.unwrap();
    receiver.await.unwrap();
    case.sandbox.settled().await;
    case.made = Made::default();
    assert!(case.names().contains(&"lost-balance".to_owned()), "{:?}", case.names());
}
